//! A list of events, oldest first.

use leptos::prelude::*;
use ringback_domain::Timestamp;

/// The status of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// In the past.
    Past,
    /// The latest event.
    Current,
    /// A failure.
    Failed,
    /// Expected next.
    Next,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The time; `None` if the time of an expected event is unknown.
    pub(crate) at: Option<(Timestamp, String)>,
    /// What happened.
    pub(crate) text: String,
    /// Details; may be empty.
    pub(crate) detail: String,
    /// The status.
    pub(crate) status: Status,
}

/// The list.
#[component]
pub(crate) fn Timeline(
    /// The entries, oldest first.
    entries: Vec<Entry>,
) -> impl IntoView {
    let line = |entry: Entry| {
        let class = match entry.status {
            Status::Past => "",
            Status::Current => "timeline__entry--current",
            Status::Failed => "timeline__entry--failed",
            Status::Next => "timeline__entry--next",
        };
        let (instant, time) =
            entry.at.map_or((None, String::new()), |(at, text)| (Some(at.to_string()), text));
        let detail = (!entry.detail.is_empty()).then(|| view! { " " <small>{entry.detail}</small> });
        view! {
            <li class=class>
                <time class="num" datetime=instant>{time}</time>
                <span>{entry.text}{detail}</span>
            </li>
        }
    };
    view! { <ol class="timeline">{entries.into_iter().map(line).collect_view()}</ol> }
}
