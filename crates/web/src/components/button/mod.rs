//! Buttons with a text.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::components::unique_id;

/// The appearance of a button.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Appearance {
    /// The main action of a page or dialog.
    Primary,
    /// Any other action.
    #[default]
    Normal,
    /// An action that cannot be undone.
    Danger,
}

/// The size of a button.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Size {
    /// 32 px.
    #[default]
    Medium,
    /// 36 px, in dialogs.
    Large,
}

/// A button. It keeps the focus while it is inactive, and describes the reason.
#[component]
pub(crate) fn Button(
    /// Its appearance.
    #[prop(optional)]
    appearance: Appearance,
    /// Its size.
    #[prop(optional)]
    size: Size,
    /// As wide as its container.
    #[prop(optional)]
    wide: bool,
    /// An icon before the text.
    #[prop(optional)]
    icon: Option<&'static str>,
    /// Submits the form.
    #[prop(optional)]
    submit: bool,
    /// Work is in progress: a second press does nothing.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Why it is inactive; `None` while it is active.
    #[prop(optional, into)]
    inactive: Signal<Option<String>>,
    /// Additional classes.
    #[prop(optional)]
    class: &'static str,
    /// The keyboard shortcut.
    #[prop(optional)]
    keys: Option<&'static str>,
    /// The action; not needed for a button that submits a form.
    #[prop(optional, into)]
    on_press: Option<Callback<()>>,
    /// The text.
    children: Children,
) -> impl IntoView {
    let mut classes = vec!["btn"];
    classes.extend(match appearance {
        Appearance::Primary => Some("btn--primary"),
        Appearance::Normal => None,
        Appearance::Danger => Some("btn--danger-solid"),
    });
    classes.extend(match size {
        Size::Medium => None,
        Size::Large => Some("btn--large"),
    });
    classes.extend(wide.then_some("btn--block"));
    classes.extend((!class.is_empty()).then_some(class));
    let reason = StoredValue::new(unique_id("reason"));
    let stopped = move || busy.get() || inactive.with(Option::is_some);
    let press = move |event: leptos::ev::MouseEvent| {
        if stopped() {
            event.prevent_default();
        } else if let Some(on_press) = on_press {
            on_press.run(());
        }
    };
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=classes.join(" ")
            data-keys=keys
            title=move || inactive.get()
            aria-busy=move || busy.get().then_some("true")
            aria-disabled=move || stopped().then_some("true")
            aria-describedby=move || inactive.with(Option::is_some).then(|| reason.get_value())
            on:click=press
        >
            {move || match icon {
                _ if busy.get() => Some(view! { <Icon name="refresh-cw" /> }),
                Some(icon) => Some(view! { <Icon name=icon /> }),
                None => None,
            }}
            {children()}
        </button>
        {move || {
            let text = inactive.get()?;
            Some(view! { <span class="visually-hidden" id=reason.get_value()>{text}</span> })
        }}
    }
}

/// A button that looks like a link, for use in sentences and bars.
#[component]
pub(crate) fn LinkButton(
    /// The keyboard shortcut.
    #[prop(optional)]
    keys: Option<&'static str>,
    /// The action.
    #[prop(into)]
    on_press: Callback<()>,
    /// The text.
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class="link-button" data-keys=keys on:click=move |_| on_press.run(())>
            {children()}
        </button>
    }
}
