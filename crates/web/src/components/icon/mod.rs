//! Icons of the sprite, and the brand mark.

use leptos::prelude::*;

use crate::browser;
use crate::components::markup::{Markup, markup};

thread_local! {
    static SPRITE: String = browser::meta("icons").unwrap_or_default();
}

/// A decorative icon. The control around it has the accessible name.
#[component]
pub(crate) fn Icon(
    /// The name of the file in `assets/icons`.
    name: &'static str,
    /// A class for another size.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    let href = SPRITE.with(|sprite| format!("{sprite}#{name}"));
    let class = if class.is_empty() { "icon".to_owned() } else { format!("icon {class}") };
    view! { <svg class=class aria-hidden="true"><use_ href=href></use_></svg> }
}

/// An inline icon from one path. Hundreds of references to the sprite would
/// take longer to draw than the rest of the list.
pub(crate) fn inline_icon(path: &str) -> Markup {
    markup!(r#"<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>"#, path)
}

/// The logo of Ringback.
#[component]
pub(crate) fn BrandMark() -> impl IntoView {
    view! {
        <svg viewBox="0 0 24 24" aria-hidden="true">
            <rect class="brand__background" x="1" y="1" width="22" height="22" rx="6.5" />
            <path class="brand__shape" d="M17.6 10.2A6 6 0 1 0 18 12.9" />
            <path class="brand__shape" d="M18.3 6.6v3.8h-3.8" />
            <circle class="brand__dot" cx="12" cy="12.4" r="1.7" />
        </svg>
    }
}
