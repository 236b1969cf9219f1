//! What happened, oldest first.

use leptos::prelude::*;
use ringback_domain::Timestamp;

/// How an entry is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// It happened.
    Past,
    /// The last thing that happened.
    Current,
    /// It failed.
    Failed,
    /// It is expected.
    Next,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When; nothing for what is expected at no certain time.
    pub(crate) at: Option<(Timestamp, String)>,
    /// What.
    pub(crate) text: String,
    /// What else there is to know.
    pub(crate) detail: String,
    /// How it is to be taken.
    pub(crate) status: Status,
}

/// The lines.
#[component]
pub(crate) fn Timeline(
    /// Oldest first.
    entries: Vec<Entry>,
) -> impl IntoView {
    let line = |entry: Entry| {
        let class = match entry.status {
            Status::Past => "",
            Status::Current => "cur",
            Status::Failed => "bad",
            Status::Next => "next",
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
    view! { <ol class="tl">{entries.into_iter().map(line).collect_view()}</ol> }
}
