//! The view of the list as it is in the address.

use leptos_router::params::ParamsMap;
use ringback_domain::wire::auth::Preferences;
use ringback_domain::wire::auth::VisibleService;
use ringback_domain::wire::bulk::TimeRange;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::list::{CallbackFilter, PAGE_LIMIT, PageQuery, SearchField, Sort};
use ringback_domain::{CallbackId, ServiceId, StateName, Timestamp};
use serde::de::value::{Error, StrDeserializer};

use crate::messages;
use crate::ranges::{DateRange, Range};

/// The quick filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Quick {
    /// All states.
    #[default]
    All,
    /// One state.
    State(StateName),
    /// Overdue callbacks.
    Overdue,
}

impl Quick {
    /// All filters in the order of their buttons.
    pub(crate) const ALL: [Self; 7] = [
        Self::All,
        Self::State(StateName::Scheduled),
        Self::State(StateName::Queued),
        Self::State(StateName::Routing),
        Self::State(StateName::Processing),
        Self::State(StateName::Completed),
        Self::Overdue,
    ];

    /// The label.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::All => messages::quick_all(),
            Self::State(StateName::Scheduled) => messages::quick_scheduled(),
            Self::State(StateName::Queued) => messages::quick_queued(),
            Self::State(StateName::Routing) => messages::quick_routing(),
            Self::State(StateName::Processing) => messages::quick_processing(),
            Self::State(StateName::Completed) => messages::quick_completed(),
            Self::Overdue => messages::quick_overdue(),
        }
    }

    const OVERDUE: &'static str = "OVERDUE";

    fn from_key(word: &str) -> Option<Self> {
        if word == Self::OVERDUE {
            return Some(Self::Overdue);
        }
        word.parse().ok().map(Self::State)
    }

    fn key(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::State(state) => Some(state.as_str()),
            Self::Overdue => Some(Self::OVERDUE),
        }
    }
}

/// The page of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// Where the list passes the current time; the first page if it does not.
    #[default]
    Now,
    /// By number, from 1.
    Page(u32),
    /// By a cursor, beyond the numbered pages.
    Cursor(String),
}

/// The visible states and services: from the address, or else from the
/// preferences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Visible {
    /// These states; all if empty.
    pub(crate) states: Vec<StateName>,
    /// These services; all if empty, including services granted later.
    pub(crate) services: Vec<ServiceId>,
}

impl Visible {
    /// From the preferences.
    pub(crate) fn of(preferences: &Preferences) -> Self {
        let (states, services) = (&preferences.visible_states, &preferences.visible_services);
        Self { states: states.clone().unwrap_or_default(), services: services.clone().unwrap_or_default() }
    }

    /// Whether a state is visible.
    pub(crate) fn shows(&self, state: StateName) -> bool {
        self.states.is_empty() || self.states.contains(&state)
    }
}

/// What the list shows; when it changes, another list is loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct ListState {
    /// The date range.
    pub(crate) range: Range,
    /// The quick filter; it takes precedence over the visible states.
    pub(crate) quick: Quick,
    /// The searched text; may be empty.
    pub(crate) search: String,
    /// The searched column.
    pub(crate) column: SearchField,
    /// The columns that it stands for.
    pub(crate) searched: Vec<SearchField>,
    /// The order.
    pub(crate) sort: Sort,
    /// The page.
    pub(crate) place: Place,
    /// The visible states and services.
    pub(crate) visible: Visible,
}

/// The whole view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ViewState {
    /// The list.
    pub(crate) list: ListState,
    /// The expanded rows.
    pub(crate) open: Vec<CallbackId>,
}

/// The name of a range with explicit bounds.
const CUSTOM: &str = "custom";
/// The name of daily hours.
const DAILY: &str = "daily";
/// The longest text to search, in characters.
pub(crate) const MAX_SEARCH_LENGTH: usize = 100;
/// The number of rows that an address can expand.
const MAX_OPEN_ROWS: usize = 5;

impl ListState {
    /// Whether states or services are hidden.
    pub(crate) fn hides_anything(&self) -> bool {
        self.visible != Visible::default()
    }

    /// The filter without states, for the counts.
    pub(crate) fn base_filter(&self, bounds: TimeRange) -> CallbackFilter {
        let search = self.search.trim();
        CallbackFilter {
            search_field: if search.is_empty() { Vec::new() } else { self.searched.clone() },
            search: (!search.is_empty()).then(|| search.to_owned()),
            service: self.visible.services.clone(),
            ..CallbackFilter::from(bounds)
        }
    }

    /// The filter of the list.
    pub(crate) fn filter(&self, bounds: TimeRange) -> CallbackFilter {
        let mut filter = self.base_filter(bounds);
        match self.quick {
            Quick::All => filter.state.clone_from(&self.visible.states),
            Quick::State(state) => filter.state = vec![state],
            Quick::Overdue => filter.overdue = Some(true),
        }
        filter
    }

    /// The query for a page of the list.
    pub(crate) fn page_query(&self, place: &Place) -> PageQuery {
        let (page, cursor) = match place {
            // The first page is the default.
            Place::Now | Place::Page(1) => (None, None),
            Place::Page(page) => (Some(*page), None),
            Place::Cursor(cursor) => (None, Some(cursor.clone())),
        };
        PageQuery { sort: Some(self.sort), limit: Some(PAGE_LIMIT), cursor, page }
    }

    /// The bounds of the range at a time.
    pub(crate) fn bounds(&self, now: Timestamp, utc: bool) -> TimeRange {
        self.range.bounds(now, utc)
    }
}

impl ViewState {
    /// Reads the address. Invalid values are ignored.
    pub(crate) fn from_query(query: &ParamsMap, last_range: Option<&str>, visible: Visible) -> Self {
        Self::read(|name| query.get_str(name), last_range, visible)
    }

    /// The same view without services that the person may not see.
    pub(crate) fn limited_to(mut self, services: &[VisibleService]) -> Self {
        self.list.visible.services.retain(|id| services.iter().any(|one| one.id == *id));
        self
    }

    /// A view with one callback, expanded; `None` if no range contains it.
    pub(crate) fn of_callback(callback: &CallbackView, now: Timestamp, utc: bool) -> Option<Self> {
        let range = Range::Preset(DateRange::narrowest_containing(callback.desired_time, now, utc)?);
        let search = callback.id.to_string();
        let list = ListState { range, search, column: SearchField::Id, ..ListState::default() };
        Some(Self { list, open: vec![callback.id] })
    }

    /// Whether an address contains the whole view, independent of preferences.
    pub(crate) fn is_in_address(&self, query: &ParamsMap) -> bool {
        Self::from_query(query, None, Visible::default()).href() == self.href()
    }

    fn read<'a>(
        value: impl Fn(&str) -> Option<&'a str>,
        last_range: Option<&str>,
        mut visible: Visible,
    ) -> Self {
        let get = |name: &str| value(name).filter(|value| !value.is_empty());
        let [from, to] = ["from", "to"].map(|end| get(end).unwrap_or_default());
        let range = match get("range") {
            Some(CUSTOM) => Range::custom(from, to),
            Some(DAILY) => Range::daily(from, to),
            word => word.and_then(DateRange::from_slug).map(Range::Preset),
        };
        let range = range.or_else(|| last_range.and_then(Range::from_key)).unwrap_or_default();
        let page = get("page").and_then(|page| page.parse().ok()).filter(|page| *page >= 1);
        let place = match get("cursor") {
            Some(cursor) => Place::Cursor(cursor.to_owned()),
            None => page.map_or(Place::Now, Place::Page),
        };
        let list = |name: &str| get(name).into_iter().flat_map(|ids| ids.split(','));
        let services: Vec<ServiceId> = list("services").filter_map(|id| id.parse().ok()).collect();
        if !services.is_empty() {
            visible.services = services;
        }
        // A single state is the quick filter; with a comma it is a list of
        // visible states.
        let is_list = get("states").is_some_and(|states| states.contains(','));
        let states: Vec<StateName> = list("states").filter_map(|state| state.parse().ok()).collect();
        if is_list && !states.is_empty() {
            visible.states = states;
        }
        Self {
            list: ListState {
                range,
                quick: get("states").and_then(Quick::from_key).unwrap_or_default(),
                search: get("q").filter(|text| is_searchable(text)).unwrap_or_default().to_owned(),
                column: get("col").and_then(from_wire_name).unwrap_or_default(),
                searched: Vec::new(),
                sort: get("sort").and_then(from_wire_name).unwrap_or_default(),
                place,
                visible,
            },
            open: list("open").filter_map(|id| id.parse().ok()).take(MAX_OPEN_ROWS).collect(),
        }
    }

    /// Whether an address has parts that cannot be used.
    pub(crate) fn leaves_out(query: &ParamsMap) -> bool {
        let read = Self::from_query(query, None, Visible::default());
        let list = &read.list;
        let given = |name: &str| query.get_str(name).filter(|value| !value.is_empty());
        let count =
            |name: &str| given(name).map_or(0, |ids| ids.split(',').filter(|id| !id.is_empty()).count());
        let states = list.visible.states.len() + usize::from(list.quick != Quick::All);
        let wrong_range = given("range").is_some_and(|word| {
            !matches!((word, list.range), (CUSTOM, Range::Custom(..)) | (DAILY, Range::Daily(..)))
                && DateRange::from_slug(word).is_none()
        });
        wrong_range
            || count("states") != states
            || count("services") != list.visible.services.len()
            || count("open") != read.open.len()
            || given("q").is_some_and(|text| !is_searchable(text))
            || given("col").is_some_and(|word| from_wire_name::<SearchField>(word).is_none())
            || given("sort").is_some_and(|word| from_wire_name::<Sort>(word).is_none())
            || given("page").is_some() && given("cursor").is_none() && list.place == Place::Now
    }

    /// The address of this view.
    pub(crate) fn href(&self) -> String {
        let Self { list, open } = self;
        let mut href = "/callbacks?range=".to_owned();
        href.push_str(match list.range {
            Range::Preset(range) => range.slug(),
            Range::Custom(..) => CUSTOM,
            Range::Daily(..) => DAILY,
        });
        let mut add = |name: &str, value: &str| {
            href.push('&');
            href.push_str(name);
            href.push('=');
            href.push_str(&String::from(js_sys::encode_uri_component(value)));
        };
        let joined = |ids: Vec<String>| ids.join(",");
        let ends = match list.range {
            Range::Preset(_) => None,
            Range::Custom(from, to) => Some((from.to_string(), to.to_string())),
            Range::Daily(from, to) => Some((from.to_string(), to.to_string())),
        };
        if let Some((from, to)) = ends {
            add("from", &from);
            add("to", &to);
        }
        match (list.quick.key(), list.visible.states.as_slice()) {
            (Some(word), _) => add("states", word),
            (None, []) => {}
            (None, [state]) => add("states", &format!("{state},")),
            (None, states) => add("states", &joined(states.iter().map(ToString::to_string).collect())),
        }
        if !list.visible.services.is_empty() {
            add("services", &joined(list.visible.services.iter().map(ToString::to_string).collect()));
        }
        if !list.search.is_empty() {
            add("q", &list.search);
        }
        if list.column != SearchField::default() {
            add("col", &wire_name(list.column));
        }
        if list.sort != Sort::default() {
            add("sort", &wire_name(list.sort));
        }
        match &list.place {
            Place::Now => {}
            Place::Page(page) => add("page", &page.to_string()),
            Place::Cursor(cursor) => add("cursor", cursor),
        }
        if !open.is_empty() {
            add("open", &joined(open.iter().map(ToString::to_string).collect()));
        }
        href
    }

    /// A changed view, where it passes the current time.
    pub(crate) fn with(&self, change: impl FnOnce(&mut ListState)) -> Self {
        let mut other = self.clone();
        other.list.place = Place::default();
        change(&mut other.list);
        other
    }

    /// The same view with a row expanded or collapsed.
    pub(crate) fn toggled(&self, id: CallbackId) -> Self {
        let mut other = self.clone();
        if let Some(at) = other.open.iter().position(|open| *open == id) {
            other.open.remove(at);
        } else {
            other.open.push(id);
            if other.open.len() > MAX_OPEN_ROWS {
                other.open.remove(0);
            }
        }
        other
    }
}

/// Whether the API takes the text as a search.
fn is_searchable(text: &str) -> bool {
    text.chars().count() <= MAX_SEARCH_LENGTH
}

/// Parses a value from its name in the API.
pub(super) fn from_wire_name<T: serde::de::DeserializeOwned>(word: &str) -> Option<T> {
    T::deserialize(StrDeserializer::<Error>::new(word)).ok()
}

/// The name of a value in the API.
pub(crate) fn wire_name(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::wire::bulk::DailyHours;

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> ViewState {
        let value = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        ViewState::read(value, Some("tomorrow"), Visible::default())
    }

    #[test]
    fn the_address_wins_over_the_range_in_use_last() {
        assert_eq!(read(&[]).list.range, Range::Preset(DateRange::Tomorrow));
        assert_eq!(read(&[("range", "yesterday")]).list.range, Range::Preset(DateRange::Yesterday));
    }

    #[test]
    fn a_custom_range_has_both_bounds_in_order() {
        let (early, late) = ("2026-11-24T14:00:00Z", "2026-11-24T18:00:00Z");
        let of = |from, to| read(&[("range", "custom"), ("from", from), ("to", to)]).list.range;
        assert_eq!(Some(of(early, late)), Range::custom(early, late));
        assert_eq!(of(early, late).key(), format!("{early}/{late}"));
        assert_eq!(Range::from_key(&of(early, late).key()), Some(of(early, late)));
        for (from, to) in [(late, early), (early, early), (early, ""), ("soon", late)] {
            assert_eq!(of(from, to), Range::Preset(DateRange::Tomorrow), "{from} {to}");
        }
    }

    #[test]
    fn hours_of_every_day_have_two_times_that_differ() {
        let of = |from, to| read(&[("range", "daily"), ("from", from), ("to", to)]).list.range;
        let night = of("22:00", "06:00");
        assert_eq!(Some(night), Range::daily("22:00", "06:00"));
        assert_eq!(Range::from_key(&night.key()), Some(night));
        for (from, to) in [("08:00", "08:00"), ("08:00", ""), ("8", "11:00"), ("08:00", "24:00")] {
            assert_eq!(of(from, to), Range::Preset(DateRange::Tomorrow), "{from} {to}");
        }
    }

    #[test]
    fn nothing_outside_the_hours_is_asked_for() {
        let at = Timestamp::from_micros(0);
        let hours = DailyHours {
            from: "08:00".parse().unwrap(),
            to: "11:00".parse().unwrap(),
            time_zone: "Europe/Berlin".to_owned(),
        };
        let filter = ListState::default().filter(TimeRange { from: at, to: at, daily: Some(hours.clone()) });
        let daily = (filter.daily_from, filter.daily_to, filter.time_zone);
        assert_eq!(daily, (Some(hours.from), Some(hours.to), Some(hours.time_zone)));
    }

    #[test]
    fn the_address_and_the_quick_filter_win_over_what_the_person_chose_to_see() {
        let ids = ["019ab5c4-7d1e-7c20-9c4f-000000000001", "019ab5c4-7d1e-7c20-9c4f-000000000002"];
        let [one, other]: [ServiceId; 2] = ids.map(|id| id.parse().unwrap());
        let read = |pairs: &[(&str, &str)]| {
            let value = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
            let chosen = Visible { states: vec![StateName::Queued], services: vec![one] };
            ViewState::read(value, None, chosen).list
        };
        let at = Timestamp::from_micros(0);
        let filter = |list: &ListState| {
            let filter = list.filter(TimeRange { from: at, to: at, daily: None });
            (filter.state, filter.service)
        };
        assert_eq!(filter(&read(&[])), (vec![StateName::Queued], vec![one]));
        let quick = read(&[("states", "COMPLETED"), ("services", ids[1])]);
        assert_eq!(filter(&quick), (vec![StateName::Completed], vec![other]));
        let (two, single) = (read(&[("states", "ROUTING,PROCESSING")]), read(&[("states", "ROUTING,")]));
        assert_eq!(filter(&two), (vec![StateName::Routing, StateName::Processing], vec![one]));
        assert_eq!((single.quick, filter(&single).0), (Quick::All, vec![StateName::Routing]));
        assert_eq!(filter(&read(&[("states", "LATE,"), ("services", "x")])), filter(&read(&[])));
    }

    #[test]
    fn services_that_were_taken_away_hide_nothing() {
        let gone = "019ab5c4-7d1e-7c20-9c4f-000000000001".parse().unwrap();
        let preferences = Preferences { visible_services: Some(vec![gone]), ..Preferences::default() };
        let chosen = Visible::of(&preferences);
        assert_eq!(chosen.services, [gone]);
        let view = ViewState::read(|_| None, None, chosen);
        assert_eq!(view.limited_to(&[]).list.visible, Visible::default());
    }

    #[test]
    fn what_is_not_understood_is_left_out() {
        let view = read(&[
            ("range", "sometime"),
            ("states", "LATE"),
            ("sort", "colour"),
            ("col", "shoe_size"),
            ("page", "0"),
            ("open", "x,y"),
        ]);
        let list = ListState { range: Range::Preset(DateRange::Tomorrow), ..ListState::default() };
        assert_eq!(view, ViewState { list, open: Vec::new() });
    }

    #[test]
    fn a_row_more_than_five_closes_the_first() {
        let ids: Vec<CallbackId> =
            (0..6).map(|n| format!("019ab5c4-7d1e-7c20-9c4f-00000000000{n}").parse().unwrap()).collect();
        let view = ids.iter().fold(ViewState::default(), |view, id| view.toggled(*id));
        assert_eq!(view.open, ids[1..]);
        assert_eq!(view.toggled(ids[3]).open, [ids[1], ids[2], ids[4], ids[5]]);
    }

    #[test]
    fn the_quick_filter_narrows_the_list_but_not_the_counts() {
        let list = ListState { quick: Quick::Overdue, search: " 79 46 ".into(), ..ListState::default() };
        let at = Timestamp::from_micros(0);
        let bounds = || TimeRange { from: at, to: at, daily: None };
        assert_eq!(list.filter(bounds()).overdue, Some(true));
        assert_eq!(list.base_filter(bounds()).overdue, None);
        assert_eq!(list.filter(bounds()).search.as_deref(), Some("79 46"));
    }
}
