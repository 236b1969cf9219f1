//! The state of a callback with its result.

use leptos::prelude::*;
use ringback_domain::{ResultCategory, ResultCode, StateName};

use crate::components::highlight::{find_text, marked_parts};
use crate::components::markup::{Markup, markup};

/// A ring that fills as the callback advances, and a disc when it is completed.
fn glyph(state: StateName, category: Option<ResultCategory>) -> Markup {
    let filled = |part: &str| {
        markup!(
            r#"<circle cx="7" cy="7" r="5.4" stroke-width="1.6"/><path d="{}" fill="currentColor" stroke="none"/>"#,
            part
        )
    };
    let disc = |mark: &str| {
        markup!(
            r#"<circle cx="7" cy="7" r="6.2" fill="currentColor" stroke="none"/><path class="state-glyph__cut" d="{}"/>"#,
            mark
        )
    };
    match (state, category) {
        (StateName::Scheduled, _) => {
            markup!(r#"<circle cx="7" cy="7" r="5.4" stroke-width="1.6" stroke-dasharray="1.9 1.49"/>"#)
        }
        (StateName::Queued, _) => filled("M7 7V3.6A3.4 3.4 0 0 1 10.4 7Z"),
        (StateName::Routing, _) => filled("M7 3.6a3.4 3.4 0 0 1 0 6.8Z"),
        (StateName::Processing, _) => filled("M7 7V3.6A3.4 3.4 0 1 1 3.6 7Z"),
        (StateName::Completed, Some(ResultCategory::Success) | None) => disc("m4.4 7.2 1.8 1.8 3.4-3.8"),
        (StateName::Completed, Some(ResultCategory::Cancelled)) => disc("M4.4 7h5.2"),
        (StateName::Completed, Some(ResultCategory::Failed)) => disc("m4.9 4.9 4.2 4.2m0-4.2L4.9 9.1"),
    }
}

/// State and result as the list shows them.
pub(crate) fn state_text(state: StateName, result: Option<ResultCode>) -> String {
    result.map_or_else(|| state.to_string(), |result| format!("{state} ({result})"))
}

/// State and result with search matches marked. The text is the state and,
/// after one space, the result in parentheses.
pub(crate) fn badge(state: StateName, result: Option<ResultCode>, search: &str) -> Markup {
    let category = result.map(ResultCode::category);
    let (frame, badge) = match (state, category) {
        (StateName::Scheduled, _) => ("state", "badge state--scheduled"),
        (StateName::Queued, _) => ("state", "badge state--queued"),
        (StateName::Routing, _) => ("state", "badge state--routing"),
        (StateName::Processing, _) => ("state", "badge state--processing"),
        (StateName::Completed, Some(ResultCategory::Success) | None) => {
            ("state is-success", "badge state--completed state--success")
        }
        (StateName::Completed, Some(ResultCategory::Cancelled)) => {
            ("state is-cancelled", "badge state--completed state--cancelled")
        }
        (StateName::Completed, Some(ResultCategory::Failed)) => {
            ("state is-failed", "badge state--completed state--failed")
        }
    };
    let text = state_text(state, result);
    let [shown, result_text] = marked_parts(&text, state.as_str().len(), find_text(&text, search));
    // The tooltip shows a result that does not fit.
    let result = result.map(|result| {
        markup!(r#"<span class="result" title="{}">{}</span>"#, format!("({result})"), result_text)
    });
    markup!(
        r#"<span class="{}"><span class="{}"><svg class="state-glyph" viewBox="0 0 14 14" aria-hidden="true">{}</svg>{}</span>{}</span>"#,
        frame,
        badge,
        glyph(state, category),
        shown,
        result
    )
}

/// State and result as a component.
#[component]
pub(crate) fn StateBadge(
    /// The state.
    state: StateName,
    /// The result of a finished callback.
    #[prop(optional_no_strip)]
    result: Option<ResultCode>,
) -> impl IntoView {
    view! { <span inner_html=badge(state, result, "").as_str().to_owned()></span> }
}
