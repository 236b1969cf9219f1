//! Native dialogs, which make the page behind them inert.

use leptos::html;
use leptos::prelude::*;

use crate::browser;
use crate::components::button::{Appearance, Button, Size};
use crate::components::icon::Icon;
use crate::components::icon_button::IconButton;
use crate::components::unique_id;
use crate::messages;

/// A handle for the content of a dialog: closes it, moves the focus, shows
/// problems.
#[derive(Clone, Copy)]
pub(crate) struct DialogHandle {
    node: NodeRef<html::Dialog>,
    /// The title.
    pub(crate) title: &'static str,
    /// The problem shown above the buttons.
    pub(crate) problem: RwSignal<Option<String>>,
    /// The form is being sent and is not sent again.
    pub(crate) busy: RwSignal<bool>,
}

impl DialogHandle {
    /// A handle for a dialog that is not drawn yet.
    pub(crate) fn new(title: &'static str) -> Self {
        Self { node: NodeRef::new(), title, problem: RwSignal::new(None), busy: RwSignal::new(false) }
    }

    /// The button that submits the form.
    pub(crate) fn submit(self, text: &'static str) -> Children {
        self.submit_unless(Appearance::Primary, Signal::stored(None), text)
    }

    /// The button that submits the form, with the reason why it is inactive, if
    /// it is.
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

    /// Closes the dialog. The browser returns the focus to the element that
    /// opened it.
    pub(crate) fn close(self) {
        if let Some(dialog) = self.node.get_untracked() {
            dialog.close();
        }
    }

    /// Moves the focus to the first invalid field.
    pub(crate) fn focus_first_error(self) {
        self.focus("[aria-invalid=\"true\"]");
    }

    /// Moves the focus to the title, as the focused element is about to
    /// disappear.
    pub(crate) fn focus_title(self) {
        self.focus("h2");
    }

    /// Moves the focus to the title if the focused element has disappeared.
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

/// Whether the focused element has disappeared.
fn focus_is_lost() -> bool {
    browser::focused().is_none_or(|element| element.tag_name() == "BODY")
}

/// A dialog with a form. Its closing button is always called Close, as Cancel
/// means cancelling a callback here.
#[component]
pub(crate) fn Dialog(
    /// The handle for its content.
    handle: DialogHandle,
    /// An additional class, for example for another width.
    #[prop(optional)]
    class: &'static str,
    /// Content at the start of the footer.
    #[prop(optional)]
    aside: Option<Children>,
    /// The dialog is to be read first: the title gets the focus.
    #[prop(optional)]
    confirms: bool,
    /// The id of the element that gets the focus if the opener has disappeared.
    #[prop(optional, into)]
    fallback_focus: Option<String>,
    /// Called after it was closed, in whatever way.
    #[prop(into)]
    on_close: Callback<()>,
    /// Called when the form is submitted, unless it is being sent.
    #[prop(optional, into)]
    on_submit: Option<Callback<()>>,
    /// The button that submits the form.
    #[prop(optional)]
    action: Option<Children>,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let DialogHandle { node, title, problem, busy, .. } = handle;
    let title_id = unique_id("dialog");
    let labelled_by = title_id.clone();
    node.on_load(|dialog| {
        // It has to be in the document first.
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
                <div class="dialog__header">
                    <h2 id=title_id tabindex="-1" autofocus=confirms>{title}</h2>
                    <IconButton
                        icon="x"
                        label=messages::dismiss().to_owned()
                        on_press=move |()| handle.close()
                    />
                </div>
                <div class="dialog__body">
                    {children()}
                    <div role="alert" class="dialog__problem">
                        {move || {
                            let problem = problem.get()?;
                            Some(view! {
                                <div class="note note--danger"><Icon name="circle-alert" /><span>{problem}</span></div>
                            })
                        }}
                    </div>
                </div>
                <footer class="dialog__footer">
                    {aside.map(|aside| aside())}
                    <Button size=Size::Large on_press=move |()| handle.close()>{messages::close()}</Button>
                    {action.map(|action| action())}
                </footer>
            </form>
        </dialog>
    }
}
