//! Buttons with a text.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::components::unique_id;

/// How much a button stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Appearance {
    /// What one came for; one of a kind.
    Primary,
    /// Everything else.
    #[default]
    Normal,
    /// What cannot be taken back.
    Danger,
}

/// How large a button is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Size {
    /// 32 px.
    #[default]
    Medium,
    /// 36 px, in dialogs.
    Large,
}

/// A button. It stays in reach while it is inactive, and says why.
#[component]
pub(crate) fn Button(
    /// How much it stands out.
    #[prop(optional)]
    appearance: Appearance,
    /// How large it is.
    #[prop(optional)]
    size: Size,
    /// As wide as what is around it.
    #[prop(optional)]
    wide: bool,
    /// An icon before the text.
    #[prop(optional)]
    icon: Option<&'static str>,
    /// Sends the form around it.
    #[prop(optional)]
    submit: bool,
    /// Works on something: a second press does nothing.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Why it cannot be pressed now.
    #[prop(optional, into)]
    inactive: Signal<Option<String>>,
    /// Further classes.
    #[prop(optional)]
    class: &'static str,
    /// The key that presses it too.
    #[prop(optional)]
    keys: Option<&'static str>,
    /// What it does; nothing if it only sends a form.
    #[prop(optional, into)]
    on_press: Option<Callback<()>>,
    /// The text.
    children: Children,
) -> impl IntoView {
    let mut classes = vec!["btn"];
    classes.extend(match appearance {
        Appearance::Primary => Some("btn-primary"),
        Appearance::Normal => None,
        Appearance::Danger => Some("btn-danger-solid"),
    });
    classes.extend(match size {
        Size::Medium => None,
        Size::Large => Some("btn-lg"),
    });
    classes.extend(wide.then_some("btn-block"));
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
            Some(view! { <span class="vh" id=reason.get_value()>{text}</span> })
        }}
    }
}

/// A button that looks like a link, inside a sentence or a bar.
#[component]
pub(crate) fn LinkButton(
    /// The key that presses it too.
    #[prop(optional)]
    keys: Option<&'static str>,
    /// What it does.
    #[prop(into)]
    on_press: Callback<()>,
    /// The text.
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class="linkbtn" data-keys=keys on:click=move |_| on_press.run(())>
            {children()}
        </button>
    }
}
