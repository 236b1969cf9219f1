//! Short messages at the edge of the page.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use ringback_domain::Timestamp;

use crate::clock;
use crate::components::button::LinkButton;
use crate::components::icon::Icon;
use crate::components::icon_button::IconButton;
use crate::messages;

/// Whether a message reports success or failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Success; the message disappears by itself.
    Success,
    /// Failure; the message stays until it is dismissed.
    Error,
}

/// What a button of a message does. It outlives the dialog that offers it, which no `Callback`
/// would.
pub(crate) type Run = Arc<dyn Fn() + Send + Sync>;

/// An action offered with the message.
#[derive(Clone)]
pub(crate) struct ToastAction {
    /// The label of the button.
    pub(crate) label: String,
    /// The action.
    pub(crate) run: Run,
}

/// A message.
#[derive(Clone)]
pub(crate) struct Toast {
    /// Success or failure.
    pub(crate) tone: Tone,
    /// The main text.
    pub(crate) title: String,
    /// Details.
    pub(crate) detail: Option<String>,
    /// An action offered with the message.
    pub(crate) action: Option<ToastAction>,
    /// How long a message of success stays.
    pub(crate) display_time: Duration,
}

impl Toast {
    /// A message of success without details.
    pub(crate) fn success(title: &str) -> Self {
        Self {
            tone: Tone::Success,
            title: title.to_owned(),
            detail: None,
            action: None,
            display_time: DISPLAY_TIME,
        }
    }

    /// A message of failure with its reason.
    pub(crate) fn error(title: &str, detail: String) -> Self {
        Self { tone: Tone::Error, detail: Some(detail), ..Self::success(title) }
    }

    /// The class and the icon.
    pub(crate) fn class_and_icon(&self) -> (&'static str, &'static str) {
        match self.tone {
            Tone::Success => ("toast--success", "circle-check"),
            Tone::Error => ("toast--error", "circle-x"),
        }
    }
}

/// The visible messages, and those since the page was opened.
#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    shown: RwSignal<Vec<(u32, Toast)>>,
    history: RwSignal<Vec<(Timestamp, Toast)>>,
    next: StoredValue<u32>,
    /// The pointer or the focus is on a message: none disappears.
    paused: RwSignal<bool>,
}

const MAX_SHOWN: usize = 3;
/// The number of messages that are kept for Help.
const MAX_HISTORY: usize = 100;
const DISPLAY_TIME: Duration = Duration::from_secs(10);
/// How long a message whose time is over stays after the pointer has left it, at most.
const LINGER: Duration = Duration::from_secs(2);

impl Toasts {
    /// Gives the messages to the components below.
    pub(crate) fn provide() {
        provide_context(Self {
            shown: RwSignal::new(Vec::new()),
            history: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            paused: RwSignal::new(false),
        });
    }

    /// The messages of the page.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// All messages since the page was opened with their times, newest first.
    pub(crate) fn history(self) -> Vec<(Timestamp, Toast)> {
        self.history.get()
    }

    /// Shows a message.
    pub(crate) fn show(self, toast: Toast) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        let (tone, display_time) = (toast.tone, toast.display_time);
        self.history.update(|history| {
            history.insert(0, (clock::now(), toast.clone()));
            history.truncate(MAX_HISTORY);
        });
        self.shown.update(|shown| {
            shown.insert(0, (id, toast));
            // What is to stay for longer is not pushed out by other messages.
            let mut others = 0;
            shown.retain(|(_, toast)| {
                let stays = toast.display_time > DISPLAY_TIME;
                others += usize::from(!stays);
                stays || others <= MAX_SHOWN
            });
        });
        if tone == Tone::Success {
            self.expire(id, display_time);
        }
    }

    fn expire(self, id: u32, after: Duration) {
        let expire = move || {
            if self.paused.get_untracked() {
                self.expire(id, LINGER);
            } else {
                self.dismiss(id);
            }
        };
        set_timeout(expire, after);
    }

    fn dismiss(self, id: u32) {
        self.shown.update(|shown| shown.retain(|(other, _)| *other != id));
    }
}

/// The region in which messages appear.
#[component]
pub(crate) fn ToastRegion() -> impl IntoView {
    let toasts = Toasts::here();
    let pause = move |paused| toasts.paused.set(paused);
    view! {
        <section
            class="toasts stack"
            aria-label=messages::notifications()
            aria-live="polite"
            on:pointerenter=move |_| pause(true)
            on:pointerleave=move |_| pause(false)
            on:focusin=move |_| pause(true)
            on:focusout=move |_| pause(false)
        >
            <For each=move || toasts.shown.get() key=|(id, _)| *id let((id, toast))>
                <ToastCard toast on_dismiss=move |()| toasts.dismiss(id) />
            </For>
        </section>
    }
}

#[component]
fn ToastCard(toast: Toast, #[prop(into)] on_dismiss: Callback<()>) -> impl IntoView {
    let (class, icon) = toast.class_and_icon();
    let role = if toast.tone == Tone::Success { "status" } else { "alert" };
    view! {
        <div class=format!("toast {class}") role=role>
            <Icon name=icon />
            <b>{toast.title}</b>
            <IconButton icon="x" label=messages::dismiss().to_owned() on_press=on_dismiss />
            {toast.detail.map(|detail| view! { <p>{detail}</p> })}
            {toast.action.map(|action| {
                let press = move |()| {
                    (action.run)();
                    on_dismiss.run(());
                };
                view! { <LinkButton on_press=press>{action.label}</LinkButton> }
            })}
        </div>
    }
}
