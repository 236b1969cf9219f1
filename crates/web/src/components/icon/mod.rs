//! Icons of the sprite, and the brand mark.

use leptos::prelude::*;

use crate::browser;
use crate::components::markup::{Markup, markup};

thread_local! {
    static SPRITE: String = browser::meta("icons").unwrap_or_default();
}

/// A picture that says nothing by itself: the control around it has the name.
#[component]
pub(crate) fn Icon(
    /// The file's name in `assets/icons`.
    name: &'static str,
    /// `i-sm` or `i-lg` for other sizes.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    let href = SPRITE.with(|sprite| format!("{sprite}#{name}"));
    let class = if class.is_empty() { "i".to_owned() } else { format!("i {class}") };
    view! { <svg class=class aria-hidden="true"><use_ href=href></use_></svg> }
}

/// An icon with its lines in it, as one path. Where there are hundreds, each
/// reference to the sprite costs more than all else around it.
pub(crate) fn drawn(lines: &str) -> Markup {
    markup!(r#"<svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>"#, lines)
}

/// Ringback's mark.
#[component]
pub(crate) fn BrandMark() -> impl IntoView {
    view! {
        <svg viewBox="0 0 24 24" aria-hidden="true">
            <rect class="brand-mark-bg" x="1" y="1" width="22" height="22" rx="6.5" />
            <path class="brand-mark-fg" d="M17.6 10.2A6 6 0 1 0 18 12.9" />
            <path class="brand-mark-fg" d="M18.3 6.6v3.8h-3.8" />
            <circle class="brand-mark-dot" cx="12" cy="12.4" r="1.7" />
        </svg>
    }
}
