//! Short news at the edge of the page.

use std::time::Duration;

use leptos::prelude::*;
use ringback_domain::Timestamp;

use crate::browser;
use crate::components::button::LinkButton;
use crate::components::icon::Icon;
use crate::components::icon_button::IconButton;
use crate::messages;

/// Good or bad news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It was done; goes by itself.
    Done,
    /// It was not; stays until it is dismissed.
    Failed,
}

/// What can be done about it.
#[derive(Clone)]
pub(crate) struct ToastAction {
    /// In words.
    pub(crate) label: String,
    /// By this.
    pub(crate) run: Callback<()>,
}

/// One piece of news.
#[derive(Clone)]
pub(crate) struct Toast {
    /// Good or bad.
    pub(crate) tone: Tone,
    /// What happened.
    pub(crate) title: String,
    /// The rest of it.
    pub(crate) detail: Option<String>,
    /// What can be done about it.
    pub(crate) action: Option<ToastAction>,
}

impl Toast {
    /// Good news that need no more words.
    pub(crate) fn done(title: &str) -> Self {
        Self { tone: Tone::Done, title: title.to_owned(), detail: None, action: None }
    }

    /// Bad news, and why.
    pub(crate) fn failed(title: &str, detail: String) -> Self {
        Self { tone: Tone::Failed, title: title.to_owned(), detail: Some(detail), action: None }
    }

    /// Class and icon.
    pub(crate) fn look(&self) -> (&'static str, &'static str) {
        match self.tone {
            Tone::Done => ("ok", "circle-check"),
            Tone::Failed => ("bad", "circle-x"),
        }
    }
}

/// The news that are shown, and those that were.
#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    shown: RwSignal<Vec<(u32, Toast)>>,
    told: RwSignal<Vec<(Timestamp, Toast)>>,
    next: StoredValue<u32>,
    /// Someone reads or uses them: none goes.
    held: RwSignal<bool>,
}

const AT_MOST: usize = 3;
/// As many are kept to be read later.
const KEPT: usize = 100;
const STAYS: Duration = Duration::from_secs(8);

impl Toasts {
    /// Gives a place for news to the components below.
    pub(crate) fn provide() {
        provide_context(Self {
            shown: RwSignal::new(Vec::new()),
            told: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            held: RwSignal::new(false),
        });
    }

    /// The place of the page.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// What was told since the page was opened, and when; the newest first.
    pub(crate) fn told(self) -> Vec<(Timestamp, Toast)> {
        self.told.get()
    }

    /// Shows something.
    pub(crate) fn show(self, toast: Toast) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        let tone = toast.tone;
        self.told.update(|told| {
            told.insert(0, (browser::now(), toast.clone()));
            told.truncate(KEPT);
        });
        self.shown.update(|shown| {
            shown.insert(0, (id, toast));
            shown.truncate(AT_MOST);
        });
        if tone == Tone::Done {
            self.expire(id);
        }
    }

    fn expire(self, id: u32) {
        let expire = move || {
            if self.held.get_untracked() {
                self.expire(id);
            } else {
                self.dismiss(id);
            }
        };
        set_timeout(expire, STAYS);
    }

    fn dismiss(self, id: u32) {
        self.shown.update(|shown| shown.retain(|(other, _)| *other != id));
    }
}

/// Where the news appear.
#[component]
pub(crate) fn ToastRegion() -> impl IntoView {
    let toasts = Toasts::here();
    let hold = move |held| toasts.held.set(held);
    view! {
        <section
            class="toasts stack"
            aria-label=messages::notifications()
            on:pointerenter=move |_| hold(true)
            on:pointerleave=move |_| hold(false)
            on:focusin=move |_| hold(true)
            on:focusout=move |_| hold(false)
        >
            <For each=move || toasts.shown.get() key=|(id, _)| *id let((id, toast))>
                <ToastCard toast on_dismiss=move |()| toasts.dismiss(id) />
            </For>
        </section>
    }
}

#[component]
fn ToastCard(toast: Toast, #[prop(into)] on_dismiss: Callback<()>) -> impl IntoView {
    let (class, icon) = toast.look();
    let role = if toast.tone == Tone::Done { "status" } else { "alert" };
    view! {
        <div class=format!("toast {class}") role=role>
            <Icon name=icon />
            <b>{toast.title}</b>
            <IconButton icon="x" label=messages::dismiss().to_owned() on_press=on_dismiss />
            {toast.detail.map(|detail| view! { <p>{detail}</p> })}
            {toast.action.map(|action| {
                let press = move |()| {
                    action.run.run(());
                    on_dismiss.run(());
                };
                view! { <LinkButton on_press=press>{action.label}</LinkButton> }
            })}
        </div>
    }
}
