//! A short guide, in the words of the page.

use leptos::prelude::*;
use ringback_domain::retention::RETENTION_DAYS;
use ringback_domain::{ResultCode, StateName};

use crate::components::state_badge::StateBadge;
use crate::messages;

type Text = fn() -> &'static str;

const STATES: [(StateName, Text); 5] = [
    (StateName::Scheduled, messages::guide_scheduled),
    (StateName::Queued, messages::guide_queued),
    (StateName::Routing, messages::guide_routing),
    (StateName::Processing, messages::guide_processing),
    (StateName::Completed, messages::guide_completed),
];

/// A result of each category.
const RESULTS: [(ResultCode, Text); 3] = [
    (ResultCode::AGENT_CONNECTED, messages::guide_success),
    (ResultCode::CANCELLED_BY_ADMIN, messages::guide_cancelled),
    (ResultCode::FAIL_CALL_TO_CUSTOMER, messages::guide_failed),
];

const TASKS: [(Text, &[Text]); 7] = [
    (
        messages::guide_find,
        &[messages::guide_find_text, messages::guide_search_text, messages::guide_everywhere_text],
    ),
    (messages::guide_create, &[messages::guide_create_text]),
    (messages::guide_edit, &[messages::guide_edit_text]),
    (messages::guide_recreate, &[messages::guide_recreate_text]),
    (messages::guide_many, &[messages::guide_many_text]),
    (messages::guide_live, &[messages::guide_live_text]),
    (messages::guide_own, &[messages::guide_own_text]),
];

/// The guide.
pub(super) fn guide() -> AnyView {
    let explained = |state, result, text: Text| {
        view! { <div><dt><StateBadge state result /></dt><dd>{text()}</dd></div> }
    };
    let states = STATES.map(|(state, text)| explained(state, None, text)).collect_view();
    let results = RESULTS.map(|(result, text)| explained(StateName::Completed, Some(result), text));
    let task = |(title, texts): (Text, &[Text])| {
        let texts = texts.iter().map(|text| view! { <p>{text()}</p> }).collect_view();
        view! { <h3>{title()}</h3>{texts} }
    };
    view! {
        // The guide is longer than most screens; focus makes it scrollable by
        // keyboard.
        <div class="guide" tabindex="0" role="region" aria-label=messages::guide()>
            <h3>{messages::guide_states()}</h3>
            <p>{messages::guide_states_text(RETENTION_DAYS)}</p>
            <dl>{states}</dl>
            <h3>{messages::guide_results()}</h3>
            <dl>{results.collect_view()}</dl>
            {TASKS.map(task).collect_view()}
        </div>
    }
    .into_any()
}
