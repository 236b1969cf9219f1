//! Whether a record belongs to the list, for records that arrive in events.

use crate::components::highlight::find_in_id;
use crate::components::state_badge::state_text;
use crate::intl::fold;
use ringback_domain::callback::rules;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::list::{CallbackFilter, SearchField};
use ringback_domain::{StateName, TimeOfDay, Timestamp};

use crate::zones::wall_time;

/// Whether the server would list the callback. `numbers` is how it has read the
/// search.
pub(crate) fn matches(
    view: &CallbackView,
    filter: &CallbackFilter,
    numbers: Option<Vec<String>>,
    now: Timestamp,
) -> bool {
    let in_range = filter.from.is_none_or(|from| from <= view.desired_time)
        && filter.to.is_none_or(|to| view.desired_time < to);
    let in_state = filter.state.is_empty() || filter.state.contains(&view.state);
    let in_service = filter.service.is_empty() || filter.service.contains(&view.service.id);
    let late = filter.overdue.is_none_or(|overdue| overdue == is_overdue(view, now));
    let search = filter.search.as_deref().unwrap_or_default();
    let found = Search::new(&filter.search_field, search, numbers).finds(view);
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

/// A search as records are compared with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Search {
    fields: Vec<SearchField>,
    text: String,
    numbers: Vec<String>,
}

impl Search {
    /// A search in these columns. `numbers` is what the server says that the text
    /// means in customer numbers; without its word, digits mean themselves.
    pub(crate) fn new(fields: &[SearchField], text: &str, numbers: Option<Vec<String>>) -> Self {
        let text = text.trim().to_owned();
        let numbers = numbers.unwrap_or_else(|| guessed_parts(&text));
        Self { fields: fields.to_vec(), text, numbers }
    }

    /// What is searched in a column; nothing if it is empty.
    pub(crate) fn text_in(&self, field: SearchField) -> &str {
        if self.fields.contains(&field) { &self.text } else { "" }
    }

    /// The digits that are searched in numbers.
    pub(crate) fn digits(&self) -> &[String] {
        if self.fields.contains(&SearchField::CustomerNumber) { &self.numbers } else { &[] }
    }

    /// Whether it finds the callback.
    pub(crate) fn finds(&self, view: &CallbackView) -> bool {
        self.text.is_empty() || self.fields.iter().any(|field| self.is_in(view, *field))
    }

    fn is_in(&self, view: &CallbackView, field: SearchField) -> bool {
        let within = |text: &str| fold(text).contains(&fold(&self.text));
        let optional = |text: Option<&str>| text.is_some_and(within);
        match field {
            SearchField::CustomerNumber => {
                self.numbers.iter().any(|part| view.customer_number.contains(part.as_str()))
            }
            SearchField::Id => find_in_id(&view.id.to_string(), &self.text).is_some(),
            SearchField::Service => within(&view.service.name),
            SearchField::State => within(&state_text(view.state, view.result)),
            SearchField::Agent => optional(view.metrics.agent.as_deref()),
            SearchField::CreatedBy => optional(view.metrics.created_by.as_deref()),
            SearchField::Language => optional(view.language.as_deref()),
            // The page does not offer them.
            SearchField::Result | SearchField::CancelledBy | SearchField::Any => false,
        }
    }
}

/// The parts of numbers that a text is likely to mean. What is dialled before a
/// national number begins with a zero almost everywhere.
fn guessed_parts(text: &str) -> Vec<String> {
    let text = text.strip_prefix("tel:").unwrap_or(text).split(';').next().unwrap_or_default();
    let (digits, signs): (String, String) = text.chars().partition(char::is_ascii_digit);
    let national = digits.strip_prefix('0').unwrap_or(&digits);
    // Two zeros and a country code.
    let national = if digits.len() > 6 { national.trim_start_matches('0') } else { national };
    if national.is_empty() || signs.chars().any(|sign| !" +-()./".contains(sign)) {
        return Vec::new();
    }
    vec![national.to_owned()]
}

#[cfg(test)]
pub(crate) mod tests {
    use ringback_domain::ResultCode;

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
            "can": {"reschedule": true, "cancel": true, "recreate": false, "requeue": false, "close": false, "undo": false},
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
        assert!(matches(&view, &range("2026-11-24T14:15:00Z", "2026-11-25T00:00:00Z"), None, now));
        assert!(!matches(&view, &range("2026-11-24T00:00:00Z", "2026-11-24T14:15:00Z"), None, now));
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
            matches(&example(), &filter, None, at("2026-11-24T12:00:00Z"))
        };
        for (from, to) in [("14:15", "14:16"), ("08:00", "18:00"), ("22:00", "14:16")] {
            assert!(in_hours(from, to), "{from} {to}");
        }
        for (from, to) in [("14:00", "14:15"), ("14:16", "18:00"), ("22:00", "06:00")] {
            assert!(!in_hours(from, to), "{from} {to}");
        }
    }

    fn finds(fields: &[SearchField], text: &str) -> bool {
        Search::new(fields, text, None).finds(&example())
    }

    #[test]
    fn a_number_is_what_the_server_says_and_until_then_its_digits() {
        let number = [SearchField::CustomerNumber];
        for found in ["7946 03", "794603", "+44 20 7946 0318", "020 79", "tel:+44-20-7946-0318;ext=1", ""] {
            assert!(finds(&number, found), "{found}");
        }
        for missing in ["7946 09", "billing", "+", "030 79", "x0318"] {
            assert!(!finds(&number, missing), "{missing}");
        }
        let read = |parts: &[&str]| {
            let parts = parts.iter().map(|part| (*part).to_owned()).collect();
            Search::new(&number, "020 79", Some(parts)).finds(&example())
        };
        assert!(read(&["02079", "442079"]));
        assert!(!read(&["02079", "492079"]));
        assert!(!read(&[]));
    }

    #[test]
    fn an_id_is_found_with_its_dashes_and_without() {
        for found in ["019AB5C4-7d1e", "5c47d1e", ""] {
            assert!(finds(&[SearchField::Id], found), "{found}");
        }
        for missing in ["5c47d2e", "-"] {
            assert!(!finds(&[SearchField::Id], missing), "{missing}");
        }
    }

    #[test]
    fn any_column_has_what_one_of_them_has() {
        for found in ["billing", "scheduled", "7946 03", "5c4-7d1e"] {
            assert!(finds(&SearchField::ANY, found), "{found}");
        }
        for missing in ["x0318", "queued", "-"] {
            assert!(!finds(&SearchField::ANY, missing), "{missing}");
        }
    }

    #[test]
    fn the_state_is_found_as_it_is_shown() {
        let mut view = example();
        (view.state, view.result) = (StateName::Completed, Some(ResultCode::CANCELLED_BY_ADMIN));
        for found in ["COMPLETED (CANCELLED_BY_ADMIN)", "completed (can", "by_admin)"] {
            assert!(Search::new(&[SearchField::State], found, None).finds(&view), "{found}");
        }
    }

    #[test]
    fn upper_and_lower_case_of_any_script_are_the_same() {
        let mut view = example();
        for (agent, search) in [("Özil", "öZIL"), ("ΝΙΚΟΣ", "νικος"), ("Strauẞ", "strauß"), ("İpek", "ipek")]
        {
            view.metrics.agent = Some(agent.to_owned());
            let search = Search::new(&[SearchField::Agent], search, None);
            assert!(search.finds(&view), "{agent}");
        }
    }

    #[test]
    fn a_callback_becomes_late_by_itself() {
        let filter = CallbackFilter { overdue: Some(true), ..CallbackFilter::default() };
        assert!(!matches(&example(), &filter, None, at("2026-11-24T14:17:00Z")));
        assert!(matches(&example(), &filter, None, at("2026-11-24T14:17:01Z")));
    }
}
