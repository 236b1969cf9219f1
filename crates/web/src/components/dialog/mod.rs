//! Dialogs: native ones, so that the page behind them is out of reach.

use leptos::html;
use leptos::prelude::*;

use crate::browser;
use crate::components::button::{Appearance, Button, Size};
use crate::components::icon::Icon;
use crate::components::icon_button::IconButton;
use crate::components::unique_id;
use crate::messages;

/// A dialog, for what is in it: closes it, moves its focus, says what is wrong.
#[derive(Clone, Copy)]
pub(crate) struct DialogHandle {
    node: NodeRef<html::Dialog>,
    /// What it is about.
    pub(crate) title: &'static str,
    /// What could not be done, and why.
    pub(crate) problem: RwSignal<Option<String>>,
    /// Its form is on the way: it is not sent again.
    pub(crate) busy: RwSignal<bool>,
}

impl DialogHandle {
    /// For a dialog that is not there yet, and what it is about.
    pub(crate) fn new(title: &'static str) -> Self {
        Self { node: NodeRef::new(), title, problem: RwSignal::new(None), busy: RwSignal::new(false) }
    }

    /// The button that sends the form.
    pub(crate) fn submit(self, text: &'static str) -> Children {
        self.submit_unless(Appearance::Primary, Signal::stored(None), text)
    }

    /// The button that sends the form, unless something stands against it.
    pub(crate) fn submit_unless(
        self,
        appearance: Appearance,
        obstacle: Signal<Option<String>>,
        text: &'static str,
    ) -> Children {
        Box::new(move || {
            view! {
                <Button appearance size=Size::Large submit=true busy=Signal::from(self.busy) inactive=obstacle>
                    {text}
                </Button>
            }
            .into_any()
        })
    }

    /// Closes it; the browser gives the focus back to what opened it.
    pub(crate) fn close(self) {
        if let Some(dialog) = self.node.get_untracked() {
            dialog.close();
        }
    }

    /// Moves the focus to the first field that is wrong, once it is marked.
    pub(crate) fn focus_first_error(self) {
        self.focus("[aria-invalid=\"true\"]");
    }

    /// Moves the focus to the title, as what had it is about to go.
    pub(crate) fn focus_title(self) {
        self.focus("h2");
    }

    /// Moves the focus to the title where what had it went.
    pub(crate) fn keep_focus(self) {
        request_animation_frame(move || {
            if focus_is_lost() {
                self.focus_title();
            }
        });
    }

    fn focus(self, selector: &'static str) {
        request_animation_frame(move || {
            let Some(dialog) = self.node.try_get_untracked().flatten() else { return };
            if let Ok(Some(element)) = dialog.query_selector(selector)
                && let Ok(element) = wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(element)
            {
                let _ = element.focus();
            }
        });
    }
}

/// What had the focus is gone.
fn focus_is_lost() -> bool {
    browser::focused().is_none_or(|element| element.tag_name() == "BODY")
}

/// A dialog with a form. Closing is always called Close, since Cancel is about
/// callbacks here.
#[component]
pub(crate) fn Dialog(
    /// For what is in it.
    handle: DialogHandle,
    /// How wide it is, unless as usual.
    #[prop(optional)]
    class: &'static str,
    /// What stands at the other end of the buttons.
    #[prop(optional)]
    aside: Option<Children>,
    /// Is to be read first: the focus begins on the title.
    #[prop(optional)]
    confirms: bool,
    /// The id of what gets the focus where the opener is gone.
    #[prop(optional, into)]
    fallback_focus: Option<String>,
    /// After it was closed, by whatever means.
    #[prop(into)]
    on_close: Callback<()>,
    /// When the form is sent, unless it is on its way.
    #[prop(optional, into)]
    on_submit: Option<Callback<()>>,
    /// The button that sends the form.
    #[prop(optional)]
    action: Option<Children>,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let DialogHandle { node, title, problem, busy, .. } = handle;
    let title_id = unique_id("dialog");
    let labelled_by = title_id.clone();
    node.on_load(|dialog| {
        // Not before it is in the document.
        request_animation_frame(move || {
            if dialog.is_connected() && !dialog.open() {
                let _ = dialog.show_modal();
            }
        });
    });
    let closed = move |_| {
        if focus_is_lost()
            && let Some(id) = &fallback_focus
        {
            browser::focus(id);
        }
        on_close.run(());
    };
    view! {
        <dialog class=format!("dialog {class}") node_ref=node aria-labelledby=labelled_by on:close=closed>
            <form
                novalidate=true
                on:submit=move |event| {
                    event.prevent_default();
                    if let Some(on_submit) = on_submit
                        && !busy.get_untracked()
                    {
                        problem.set(None);
                        on_submit.run(());
                    }
                }
            >
                <div class="dialog-h">
                    <h2 id=title_id tabindex="-1" autofocus=confirms>{title}</h2>
                    <IconButton
                        icon="x"
                        label=messages::dismiss().to_owned()
                        on_press=move |()| handle.close()
                    />
                </div>
                <div class="dialog-b">
                    {children()}
                    <div role="alert" class="dialog-problem">
                        {move || {
                            let problem = problem.get()?;
                            Some(view! {
                                <div class="note note-danger"><Icon name="circle-alert" /><span>{problem}</span></div>
                            })
                        }}
                    </div>
                </div>
                <footer class="dialog-f">
                    {aside.map(|aside| aside())}
                    <Button size=Size::Large on_press=move |()| handle.close()>{messages::close()}</Button>
                    {action.map(|action| action())}
                </footer>
            </form>
        </dialog>
    }
}
