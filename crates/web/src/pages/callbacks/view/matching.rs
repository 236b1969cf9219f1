//! Whether a record belongs to the list, for records that arrive in events.

use crate::intl::fold;
use ringback_domain::callback::rules;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::list::{CallbackFilter, SearchField};
use ringback_domain::{StateName, TimeOfDay, Timestamp};

use crate::zones::wall_time;

/// Whether the server would list the callback.
pub(crate) fn matches(view: &CallbackView, filter: &CallbackFilter, now: Timestamp) -> bool {
    let in_range = filter.from.is_none_or(|from| from <= view.desired_time)
        && filter.to.is_none_or(|to| view.desired_time < to);
    let in_state = filter.state.is_empty() || filter.state.contains(&view.state);
    let in_service = filter.service.is_empty() || filter.service.contains(&view.service.id);
    let late = filter.overdue.is_none_or(|overdue| overdue == is_overdue(view, now));
    let found = match &filter.search {
        Some(search) => finds(view, filter.search_field.unwrap_or_default(), search),
        None => true,
    };
    in_range && in_hours(view.desired_time, filter) && in_state && in_service && late && found
}

/// Whether the wall time in the zone of the filter lies within its hours.
fn in_hours(at: Timestamp, filter: &CallbackFilter) -> bool {
    let (Some(from), Some(to)) = (filter.daily_from, filter.daily_to) else { return true };
    let wall = filter.time_zone.as_deref().and_then(|zone| wall_time(at, zone));
    let time = wall.and_then(|(_, time)| time.parse().ok());
    time.is_some_and(|time: TimeOfDay| time.is_within(from, to))
}

/// Whether the callback is still SCHEDULED after its window. It becomes overdue
/// without an event.
pub(crate) fn is_overdue(view: &CallbackView, now: Timestamp) -> bool {
    view.state == StateName::Scheduled
        && (view.overdue
            || rules::is_overdue(view.state, view.desired_time, view.desired_window_seconds, now))
}

/// Whether a search finds the callback.
pub(crate) fn finds(view: &CallbackView, field: SearchField, search: &str) -> bool {
    let search = search.trim();
    search.is_empty() || contains(view, field, search)
}

/// The columns that "any column" searches.
const ANY: [SearchField; 5] = [
    SearchField::CustomerNumber,
    SearchField::Id,
    SearchField::Service,
    SearchField::State,
    SearchField::Agent,
];

/// Whether a search in any column includes this one. Digits with letters are
/// not searched in numbers.
pub(crate) fn in_any(field: SearchField, search: &str) -> bool {
    let (digits, signs): (String, String) = search.chars().partition(char::is_ascii_digit);
    let is_number = !digits.is_empty() && signs.chars().all(|sign| " +-()./".contains(sign));
    ANY.contains(&field) && (field != SearchField::CustomerNumber || is_number)
}

/// Whether the number begins with these digits as people write it in its country:
/// with what is dialled there before a national number.
fn is_national(view: &CallbackView, digits: &str) -> bool {
    let formatted = view.customer_number_formatted.trim_start_matches('+');
    let code = formatted.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
    let trunk = match code {
        "7" => "8",
        "36" => "06",
        _ => "0",
    };
    let number = view.customer_number.trim_start_matches('+');
    let national = number.strip_prefix(code).unwrap_or(number);
    digits.strip_prefix(trunk).is_some_and(|rest| !rest.is_empty() && national.starts_with(rest))
}

fn contains(view: &CallbackView, field: SearchField, search: &str) -> bool {
    let within = |text: &str| fold(text).contains(&fold(search));
    let optional = |text: Option<&str>| text.is_some_and(within);
    let result = || view.result.is_some_and(|result| within(&result.as_str()));
    match field {
        SearchField::CustomerNumber => {
            let digits: String = search.chars().filter(char::is_ascii_digit).collect();
            !digits.is_empty() && (view.customer_number.contains(&digits) || is_national(view, &digits))
        }
        // Dashes are ignored.
        SearchField::Id => {
            let letters = |text: &str| fold(text).replace('-', "");
            let part = letters(search);
            !part.is_empty() && letters(&view.id.to_string()).contains(&part)
        }
        SearchField::Service => within(&view.service.name),
        SearchField::State => within(view.state.as_str()) || result(),
        SearchField::Result => result(),
        SearchField::Agent => optional(view.metrics.agent.as_deref()),
        SearchField::CreatedBy => optional(view.metrics.created_by.as_deref()),
        SearchField::CancelledBy => optional(view.metrics.cancelled_by.as_deref()),
        SearchField::Language => optional(view.language.as_deref()),
        SearchField::Any => {
            ANY.into_iter().any(|field| in_any(field, search) && contains(view, field, search))
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::intl::UTC;

    /// A callback for tests of this page.
    pub(crate) fn example() -> CallbackView {
        serde_json::from_value(serde_json::json!({
            "id": "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2",
            "service": {"id": "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c3", "name": "Billing EN"},
            "customer_number": "+442079460318",
            "customer_number_formatted": "+44 20 7946 0318",
            "callback_type": "scheduled",
            "state": "SCHEDULED",
            "result": null,
            "result_category": null,
            "desired_time": "2026-11-24T14:15:00Z",
            "desired_window_seconds": 120,
            "overdue": false,
            "scheduled_origin": true,
            "can": {"reschedule": true, "cancel": true, "recreate": false, "requeue": false, "close": false},
            "origin": "ui",
            "created_at": "2026-11-24T09:00:00Z",
            "updated_at": "2026-11-24T09:00:00Z",
            "version": 1,
            "expires_at": "2026-12-08T14:15:00Z",
            "priority": 0,
            "language": null,
            "customer_time_zone": null,
            "recreated_from": null,
            "recreated_as": null,
            "metrics": {"position_in_queue": null, "estimated_wait_seconds": null}
        }))
        .unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_range_includes_its_beginning_and_not_its_end() {
        let view = example();
        let range = |from: &str, to: &str| CallbackFilter {
            from: Some(at(from)),
            to: Some(at(to)),
            ..CallbackFilter::default()
        };
        let now = at("2026-11-24T12:00:00Z");
        assert!(matches(&view, &range("2026-11-24T14:15:00Z", "2026-11-25T00:00:00Z"), now));
        assert!(!matches(&view, &range("2026-11-24T00:00:00Z", "2026-11-24T14:15:00Z"), now));
    }

    #[test]
    fn hours_of_every_day_are_those_of_the_clock() {
        let in_hours = |from: &str, to: &str| {
            let filter = CallbackFilter {
                daily_from: Some(from.parse().unwrap()),
                daily_to: Some(to.parse().unwrap()),
                time_zone: Some(UTC.to_owned()),
                ..CallbackFilter::default()
            };
            matches(&example(), &filter, at("2026-11-24T12:00:00Z"))
        };
        for (from, to) in [("14:15", "14:16"), ("08:00", "18:00"), ("22:00", "14:16")] {
            assert!(in_hours(from, to), "{from} {to}");
        }
        for (from, to) in [("14:00", "14:15"), ("14:16", "18:00"), ("22:00", "06:00")] {
            assert!(!in_hours(from, to), "{from} {to}");
        }
    }

    #[test]
    fn of_a_number_only_digits_are_compared() {
        let filter =
            |search: &str| CallbackFilter { search: Some(search.into()), ..CallbackFilter::default() };
        let now = at("2026-11-24T12:00:00Z");
        for found in ["7946 03", "794603", "+44 20 7946 0318", "020 79"] {
            assert!(matches(&example(), &filter(found), now), "{found}");
        }
        for missing in ["7946 09", "billing", "+", "030 79"] {
            assert!(!matches(&example(), &filter(missing), now), "{missing}");
        }
    }

    #[test]
    fn an_id_is_found_with_its_dashes_and_without() {
        for found in ["019AB5C4-7d1e", "5c47d1e", ""] {
            assert!(finds(&example(), SearchField::Id, found), "{found}");
        }
        assert!(!finds(&example(), SearchField::Id, "5c47d2e"));
    }

    #[test]
    fn any_column_has_what_one_of_them_has() {
        for found in ["billing", "scheduled", "7946 03", "5c4-7d1e"] {
            assert!(finds(&example(), SearchField::Any, found), "{found}");
        }
        for missing in ["x0318", "queued", "-"] {
            assert!(!finds(&example(), SearchField::Any, missing), "{missing}");
        }
    }

    #[test]
    fn upper_and_lower_case_of_any_script_are_the_same() {
        let mut view = example();
        for (agent, search) in [("Özil", "öZIL"), ("ΝΙΚΟΣ", "νικος"), ("Strauẞ", "strauß"), ("İpek", "ipek")]
        {
            view.metrics.agent = Some(agent.to_owned());
            assert!(finds(&view, SearchField::Agent, search), "{agent} {search}");
        }
    }

    #[test]
    fn a_callback_becomes_late_by_itself() {
        let filter = CallbackFilter { overdue: Some(true), ..CallbackFilter::default() };
        assert!(!matches(&example(), &filter, at("2026-11-24T14:17:00Z")));
        assert!(matches(&example(), &filter, at("2026-11-24T14:17:01Z")));
    }
}
