//! A line across the page that says how things stand.

use leptos::prelude::*;

use crate::components::icon::Icon;

/// How much a banner matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gravity {
    /// Good to know.
    Info,
    /// Something is not as it should be.
    Warning,
    /// Something does not work.
    Danger,
}

/// The line.
#[component]
pub(crate) fn Banner(
    /// How much it matters.
    gravity: Gravity,
    /// An icon before the text.
    icon: &'static str,
    /// Text, and a link button if there is something to do about it.
    children: Children,
) -> impl IntoView {
    let class = match gravity {
        Gravity::Info => "banner banner-info",
        Gravity::Warning => "banner banner-warn",
        Gravity::Danger => "banner banner-danger",
    };
    view! { <div class=class role="status"><Icon name=icon />{children()}</div> }
}
