//! The metrics of a callback. They appear as the state advances, and stay.

use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::user_data::UserData;
use ringback_domain::{Origin, StateName, Timestamp};

use crate::components::key_value::Fact;
use crate::format::{self, Style};
use crate::messages;

/// All metrics up to the state that was reached.
pub(crate) fn advanced(view: &CallbackView, style: Style) -> Vec<Fact> {
    let metrics = &view.metrics;
    let time = |at: Timestamp| format::day_time_seconds(at, style);
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| messages::none().to_owned());
    let mut facts = vec![
        Fact::code(messages::column_id(), view.id.to_string()),
        Fact::new(messages::term_origin(), origin(view.origin)),
        Fact::new(messages::term_created(), time(view.created_at)),
        Fact::new(messages::term_created_by(), or_dash(metrics.created_by.clone())),
        Fact::new(messages::term_rescheduled_by(), or_dash(metrics.rescheduled_by.clone())),
        Fact::new(messages::term_times_rescheduled(), metrics.reschedule_count.to_string()),
        Fact::new(messages::term_language(), or_dash(view.language.clone())),
        Fact::new(messages::term_priority(), view.priority.to_string()),
        Fact::new(messages::term_removed(), format::day_time(view.expires_at, style)),
    ];
    facts.extend(metrics.arrived_at.map(|at| Fact::new(messages::term_arrived(), time(at))));
    facts.extend(view.recreated_from.map(|id| Fact::code(messages::term_recreated_from(), id.to_string())));

    // A completed callback may have skipped states.
    let reached = |state: StateName| view.state >= state && view.state != StateName::Completed;
    let mut after = |state: StateName, term: &'static str, value: Option<String>| {
        if value.is_some() || reached(state) {
            facts.push(Fact::new(term, or_dash(value)));
        }
    };
    let exact = |seconds: Option<i64>| seconds.map(format::exact_duration);
    after(StateName::Queued, messages::term_queued(), metrics.queued_at.map(time));
    if let Some(at) = metrics.retry_at {
        after(StateName::Queued, messages::term_retry(), Some(time(at)));
    }
    after(StateName::Routing, messages::term_agent(), metrics.agent.clone());
    after(StateName::Routing, messages::term_reserved(), metrics.agent_reserved_at.map(time));
    after(StateName::Routing, messages::term_agent_wait(), exact(metrics.wait_for_agent_seconds));
    let yes_or_no = |yes: bool| if yes { messages::yes() } else { messages::no() }.to_owned();
    after(StateName::Routing, messages::term_first_attempt(), metrics.first_attempted_at.map(time));
    let attempted = metrics.attempted_on_time.map(yes_or_no);
    after(StateName::Routing, messages::term_attempted_on_time(), attempted);
    let dials: Vec<&str> = metrics.dial_results.iter().map(|result| result.as_str()).collect();
    after(StateName::Routing, messages::term_dial_results(), (!dials.is_empty()).then(|| dials.join(", ")));
    after(StateName::Processing, messages::term_connected(), metrics.agent_connected_at.map(time));
    let connected = metrics.connected_on_time.map(yes_or_no);
    after(StateName::Processing, messages::term_connected_on_time(), connected);
    after(StateName::Processing, messages::term_establish(), exact(metrics.establish_seconds));
    let punctuality = metrics.punctuality_seconds.map(punctuality);
    after(StateName::Processing, messages::term_punctuality(), punctuality);

    if let Some(result) = view.result {
        facts.extend([
            Fact::new(messages::term_result(), result.as_str()),
            Fact::new(messages::term_completed(), or_dash(metrics.completed_at.map(time))),
            Fact::new(messages::term_cancelled_by(), or_dash(metrics.cancelled_by.clone())),
            Fact::new(messages::term_recreated_by(), or_dash(metrics.recreated_by.clone())),
        ]);
        let again = view.recreated_as.map(|id| Fact::code(messages::term_recreated_as(), id.to_string()));
        facts.extend(again);
        facts.extend(exact(metrics.handling_seconds).map(|text| Fact::new(messages::term_handling(), text)));
        let disposition = metrics.disposition.clone();
        facts.extend(disposition.map(|text| Fact::new(messages::term_disposition(), text)));
    }
    facts
}

/// Position in the queue and estimated wait, or what they were when the callback was
/// in line last.
pub(crate) fn place(view: &CallbackView) -> [String; 2] {
    let metrics = &view.metrics;
    let duration = |seconds: u32| format::duration(i64::from(seconds));
    let now = [
        metrics.position_in_queue.map(|position| position.to_string()),
        metrics.estimated_wait_seconds.map(duration),
    ];
    let last = [
        metrics.last_position_in_queue.map(|position| position.to_string()),
        metrics.last_estimated_wait_seconds.map(duration),
    ];
    let in_line = now[0].is_some();
    let before = last.map(|text| text.filter(|_| !in_line).map(messages::was));
    let mut before = before.into_iter();
    now.map(|text| text.or(before.next().flatten()).unwrap_or_else(|| messages::none().to_owned()))
}

/// The user data of the callback.
pub(crate) fn user_data(view: &CallbackView) -> Vec<Fact> {
    let entries = view.user_data.as_ref().map(UserData::entries).unwrap_or_default();
    entries.into_iter().map(|(name, text)| Fact::new(name, text)).collect()
}

/// The desired time in the time zone of the customer, and the zone, if it is
/// known.
pub(crate) fn customers_time(view: &CallbackView, style: Style) -> Option<(String, String)> {
    let zone = view.customer_time_zone.as_ref()?;
    Some((format::day_time_in(view.desired_time, style, zone)?, zone.clone()))
}

fn punctuality(seconds: i64) -> String {
    match seconds {
        0 => messages::on_time().to_owned(),
        ..0 => messages::early(format::exact_duration(-seconds)),
        _ => messages::late(format::exact_duration(seconds)),
    }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Ui => messages::origin_ui(),
        Origin::Api => messages::origin_api(),
        Origin::Recreate => messages::origin_recreate(),
    }
}
