//! A line across the page that says how things stand.

use leptos::prelude::*;

use crate::components::icon::Icon;

/// How much a banner matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
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
    severity: Severity,
    /// An icon before the text.
    icon: &'static str,
    /// Text, and a link button if there is something to do about it.
    children: Children,
) -> impl IntoView {
    let class = match severity {
        Severity::Info => "banner banner-info",
        Severity::Warning => "banner banner-warn",
        Severity::Danger => "banner banner-danger",
    };
    view! { <div class=class role="status"><Icon name=icon />{children()}</div> }
}
