//! A message across the page.

use leptos::prelude::*;

use crate::components::icon::Icon;

/// How serious a banner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// Information.
    Info,
    /// Something needs attention.
    Warning,
    /// Something does not work.
    Danger,
}

/// The banner.
#[component]
pub(crate) fn Banner(
    /// How serious it is.
    severity: Severity,
    /// An icon before the text.
    icon: &'static str,
    /// The text, and a link button if there is something to do.
    children: Children,
) -> impl IntoView {
    let class = match severity {
        Severity::Info => "banner banner--info",
        Severity::Warning => "banner banner--warning",
        Severity::Danger => "banner banner--danger",
    };
    view! { <div class=class role="status"><Icon name=icon />{children()}</div> }
}
