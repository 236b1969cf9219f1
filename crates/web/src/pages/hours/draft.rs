//! What is typed and drawn of a calendar or a rule and not saved yet.

use std::array;
use std::sync::atomic::{AtomicU32, Ordering};

use leptos::prelude::*;
use ringback_domain::calendar::capacity::{CapacityInterval, DEFAULT_SLOT_MINUTES, MAX_CAPACITY};
use ringback_domain::calendar::schedule::{EndOfInterval, IntervalFault, Weekly, check_day};
use ringback_domain::{TimeOfDay, Weekday};

use super::rule::{Content, Exception, Kind, Record};
use super::week::{self, WEEKDAYS};
use crate::components::field::FieldError;
use crate::forms::require;
use crate::messages;

/// A field and its error.
#[derive(Clone, Copy)]
pub(super) struct Input {
    pub(super) text: RwSignal<String>,
    pub(super) error: FieldError,
}

impl Input {
    pub(super) fn new(text: String) -> Self {
        Self { text: RwSignal::new(text), error: RwSignal::new(None) }
    }

    pub(super) fn set(self, text: String) {
        self.error.set(None);
        if self.text.with_untracked(|before| *before != text) {
            self.text.set(text);
        }
    }

    pub(super) fn refuse(self, why: impl Into<String>) {
        self.error.set(Some(why.into()));
    }

    pub(super) fn value(self) -> String {
        self.text.get_untracked().trim().to_owned()
    }
}

/// The fields of an interval.
#[derive(Clone, Copy)]
pub(super) struct Line {
    /// Tells it from the others.
    pub(super) key: u32,
    pub(super) from: Input,
    pub(super) to: Input,
    pub(super) capacity: Input,
}

/// The intervals of a day.
pub(super) type Lines = RwSignal<Vec<Line>>;

impl Line {
    pub(super) fn new(from: String, to: String, capacity: u32) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Self {
            key: NEXT.fetch_add(1, Ordering::Relaxed),
            from: Input::new(from),
            to: Input::new(to),
            capacity: Input::new(capacity.to_string()),
        }
    }

    fn of(interval: &CapacityInterval) -> Self {
        Self::new(interval.from.to_string(), interval.to.to_string(), interval.capacity)
    }

    /// The interval, if the fields say one; tracked.
    pub(super) fn interval(self) -> Option<CapacityInterval> {
        let capacity = self.capacity.text.with(|text| text.trim().parse().ok())?;
        self.from.text.with(|from| self.to.text.with(|to| week::interval(from, to, capacity)))
    }

    /// The interval. `None` if a field is invalid; it is then marked.
    fn read(self, slot: Option<u16>) -> Option<CapacityInterval> {
        for input in [self.from, self.to, self.capacity] {
            input.error.set(None);
        }
        let from = self.from.value().parse::<TimeOfDay>().ok();
        let to = self.to.value().parse::<EndOfInterval>().ok();
        let capacity = self.capacity.value().parse().ok().filter(|capacity| *capacity <= MAX_CAPACITY);
        if from.is_none() {
            self.from.refuse(messages::enter_time());
        }
        if to.is_none() {
            self.to.refuse(messages::fault_end());
        }
        if capacity.is_none() {
            self.capacity.refuse(messages::fault_capacity());
        }
        let interval = CapacityInterval { from: from?, to: to?, capacity: capacity? };
        let Some(slot) = slot else { return Some(interval) };
        let mut even = true;
        for (input, minutes) in [(self.from, interval.from.minutes()), (self.to, interval.to.minutes())] {
            if minutes % slot != 0 {
                input.refuse(messages::fault_slot_multiple(slot));
                even = false;
            }
        }
        even.then_some(interval)
    }
}

/// The intervals of a day in their order. `None` if one is invalid; it is then marked.
pub(super) fn read_day(lines: &[Line], slot: Option<u16>) -> Option<Vec<CapacityInterval>> {
    let read: Vec<_> = lines.iter().map(|line| line.read(slot)).collect();
    let mut intervals = read.into_iter().collect::<Option<Vec<_>>>()?;
    if let Err((index, fault)) = check_day(&intervals) {
        if let Some(line) = lines.get(index) {
            line.from.refuse(match fault {
                IntervalFault::Overlap => messages::fault_overlap(),
                IntervalFault::TooMany => messages::fault_too_many(),
            });
        }
        return None;
    }
    intervals.sort_by_key(|interval| interval.from);
    Some(intervals)
}

/// A part that is saved as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Name,
    TimeZone,
    SlotMinutes,
    Day(Weekday),
    Dates,
}

/// A calendar or a rule that is being edited.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) name: Input,
    pub(super) zone: Input,
    pub(super) slot: Input,
    pub(super) days: [Lines; 7],
    pub(super) exceptions: RwSignal<Vec<Exception>>,
    /// As the server keeps it.
    pub(super) saved: RwSignal<Record>,
    /// What the server keeps now, where somebody else has changed it.
    pub(super) theirs: RwSignal<Option<Record>>,
    /// Lines live as long as the page.
    owner: StoredValue<Owner>,
}

impl Draft {
    /// What the server keeps, to be changed.
    pub(super) fn of(kind: Kind, record: Record, owner: Owner) -> Self {
        owner.clone().with(|| {
            let draft = Self {
                kind,
                name: Input::new(String::new()),
                zone: Input::new(String::new()),
                slot: Input::new(String::new()),
                days: array::from_fn(|_| RwSignal::new(Vec::new())),
                exceptions: RwSignal::new(Vec::new()),
                saved: RwSignal::new(record.clone()),
                theirs: RwSignal::new(None),
                owner: StoredValue::new(owner),
            };
            draft.load(record);
            draft
        })
    }

    /// A new line.
    pub(super) fn line(self, from: String, to: String, capacity: u32) -> Line {
        self.owner.with_value(|owner| owner.with(|| Line::new(from, to, capacity)))
    }

    fn lines(self, intervals: &[CapacityInterval]) -> Vec<Line> {
        self.owner.with_value(|owner| owner.with(|| intervals.iter().map(Line::of).collect()))
    }

    /// Shows what the server keeps, and forgets what was changed.
    pub(super) fn load(self, record: Record) {
        let all = [Part::Name, Part::TimeZone, Part::SlotMinutes, Part::Dates];
        for part in all.into_iter().chain(WEEKDAYS.map(Part::Day)) {
            self.show(part, &record.content);
        }
        self.saved.set(record);
        self.theirs.set(None);
    }

    fn show(self, part: Part, content: &Content) {
        match part {
            Part::Name => self.name.set(content.name.clone()),
            Part::TimeZone => self.zone.set(content.time_zone.clone()),
            Part::SlotMinutes => self.slot.set(content.slot_minutes.to_string()),
            Part::Day(day) => self.days[day as usize].set(self.lines(content.weekly.on(day))),
            Part::Dates => self.exceptions.set(content.exceptions.clone()),
        }
    }

    /// Goes on from what somebody else has saved meanwhile: takes over what was not
    /// changed here.
    pub(super) fn rebase(self) {
        let Some(theirs) = self.theirs.get_untracked() else { return };
        let own = untrack(|| self.changes());
        let others = self.saved.with_untracked(|saved| differences(&saved.content, &theirs.content));
        for part in others.into_iter().filter(|part| !own.contains(part)) {
            self.show(part, &theirs.content);
        }
        self.saved.set(theirs);
        self.theirs.set(None);
    }

    /// Length of a slot in minutes; tracked. `None` for a calendar.
    pub(super) fn slot_minutes(self) -> Option<u16> {
        let minutes = self.slot.text.with(|text| text.parse().ok()).unwrap_or(DEFAULT_SLOT_MINUTES);
        (self.kind == Kind::Capacity).then_some(minutes.max(1))
    }

    /// The intervals of a day that are valid, by their lines; tracked.
    pub(super) fn intervals(self, day: usize) -> Vec<(u32, CapacityInterval)> {
        let lines = self.days[day].get();
        lines.into_iter().filter_map(|line| Some((line.key, line.interval()?))).collect()
    }

    /// The week as far as it is valid; tracked.
    pub(super) fn weekly(self) -> Weekly<CapacityInterval> {
        let mut weekly = Weekly::default();
        for (index, day) in WEEKDAYS.into_iter().enumerate() {
            *weekly.on_mut(day) = self.intervals(index).into_iter().map(|(_, interval)| interval).collect();
        }
        weekly
    }

    /// The parts that are not as the server keeps them; tracked.
    pub(super) fn changes(self) -> Vec<Part> {
        self.saved.with(|saved| {
            let content = Content {
                name: self.name.text.get().trim().to_owned(),
                time_zone: self.zone.text.get().trim().to_owned(),
                slot_minutes: self.slot.text.with(|text| text.parse().unwrap_or_default()),
                weekly: self.weekly(),
                exceptions: self.exceptions.get(),
            };
            let mut parts = differences(&saved.content, &content);
            // What cannot be read yet is a change, too.
            for (index, day) in WEEKDAYS.into_iter().enumerate() {
                let valid = content.weekly.on(day).len() == self.days[index].with(Vec::len);
                if !valid && !parts.contains(&Part::Day(day)) {
                    parts.push(Part::Day(day));
                }
            }
            parts
        })
    }

    /// What is to be saved. `None` if a field is invalid; it is then marked.
    pub(super) fn read(self) -> Option<Content> {
        let filled = [
            require(self.name.text, self.name.error, messages::enter_name()),
            require(self.zone.text, self.zone.error, messages::fault_time_zone()),
        ];
        let slot = untrack(|| self.slot_minutes());
        let mut weekly = Weekly::default();
        let mut valid = !filled.contains(&false);
        for (index, day) in WEEKDAYS.into_iter().enumerate() {
            match self.days[index].with_untracked(|lines| read_day(lines, slot)) {
                Some(intervals) => *weekly.on_mut(day) = intervals,
                None => valid = false,
            }
        }
        valid.then(|| Content {
            name: self.name.value(),
            time_zone: self.zone.value(),
            slot_minutes: slot.unwrap_or_default(),
            weekly,
            exceptions: self.exceptions.get_untracked(),
        })
    }

    /// The fields that the server may report problems about, by their pointers.
    pub(super) fn fields(self) -> Vec<(String, FieldError)> {
        let mut fields = vec![
            ("/name".to_owned(), self.name.error),
            ("/time_zone".to_owned(), self.zone.error),
            ("/slot_minutes".to_owned(), self.slot.error),
        ];
        for (index, day) in WEEKDAYS.into_iter().enumerate() {
            let name: &'static str = day.into();
            // They were sent in the order of their beginnings.
            let mut lines = self.days[index].get_untracked();
            lines.sort_by_key(|line| line.from.value());
            for (number, line) in lines.into_iter().enumerate() {
                let at = format!("/weekly/{name}/{number}");
                fields.push((format!("{at}/from"), line.from.error));
                fields.push((format!("{at}/to"), line.to.error));
                fields.push((format!("{at}/capacity"), line.capacity.error));
                fields.push((at, line.from.error));
            }
        }
        fields
    }
}

/// The parts in which two differ.
fn differences(one: &Content, other: &Content) -> Vec<Part> {
    let sorted = |intervals: &Vec<CapacityInterval>| {
        let mut sorted = intervals.clone();
        sorted.sort_by_key(|interval| (interval.from, interval.to));
        sorted
    };
    let mut parts = Vec::new();
    parts.extend((one.name != other.name).then_some(Part::Name));
    parts.extend((one.time_zone != other.time_zone).then_some(Part::TimeZone));
    parts.extend((one.slot_minutes != other.slot_minutes).then_some(Part::SlotMinutes));
    let differs = |day: &Weekday| sorted(one.weekly.on(*day)) != sorted(other.weekly.on(*day));
    parts.extend(WEEKDAYS.into_iter().filter(differs).map(Part::Day));
    parts.extend((one.exceptions != other.exceptions).then_some(Part::Dates));
    parts
}

/// The parts in which what somebody else saved differs from what was read.
pub(super) fn changed_by_others(draft: Draft, theirs: &Record) -> Vec<Part> {
    draft.saved.with(|saved| differences(&saved.content, &theirs.content))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(name: &str, monday: &[(&str, &str)]) -> Content {
        let mut content = Content { name: name.to_owned(), ..Content::default() };
        content.weekly.mon = monday.iter().map(|(from, to)| week::interval(from, to, 1).unwrap()).collect();
        content
    }

    fn draft(content: Content) -> Draft {
        let owner = Owner::new();
        owner.set();
        let record = Record { id: None, version: 1, content, used_by: Vec::new() };
        Draft::of(Kind::Hours, record, owner)
    }

    #[test]
    fn only_what_differs_is_a_change() {
        let draft = draft(content("A", &[("09:00", "12:00"), ("13:00", "17:00")]));
        assert_eq!(draft.changes(), []);
        draft.days[0].update(|lines| lines.reverse());
        assert_eq!(draft.changes(), [], "the order of a day says nothing");
        draft.days[0].get()[0].to.text.set("1".to_owned());
        draft.name.text.set(" B ".to_owned());
        assert_eq!(draft.changes(), [Part::Name, Part::Day(Weekday::Mon)]);
        assert_eq!(draft.read(), None);
        draft.load(draft.saved.get());
        assert_eq!(draft.changes(), []);
    }

    #[test]
    fn what_others_saved_is_taken_over_where_nothing_was_changed_here() {
        let draft = draft(content("A", &[("09:00", "12:00")]));
        draft.name.text.set("Mine".to_owned());
        let theirs =
            Record { version: 2, content: content("Theirs", &[("10:00", "12:00")]), ..draft.saved.get() };
        draft.theirs.set(Some(theirs));
        draft.rebase();
        assert_eq!((draft.name.value(), draft.saved.get().version), ("Mine".to_owned(), 2));
        assert_eq!(draft.days[0].get()[0].from.value(), "10:00");
        assert_eq!(draft.changes(), [Part::Name]);
    }

    #[test]
    fn intervals_are_read_in_order_and_overlaps_refused() {
        let draft = draft(content("A", &[("13:00", "17:00"), ("09:00", "12:00")]));
        draft.zone.text.set("UTC".to_owned());
        let read = draft.read().unwrap();
        assert_eq!(read.weekly.mon[0].from.to_string(), "09:00");
        let lines = draft.days[0].get();
        lines[1].to.text.set("13:15".to_owned());
        assert_eq!(draft.read(), None);
        assert!(lines[1].from.error.get().is_some());
        lines[1].to.text.set("24:00".to_owned());
        lines[0].from.text.set("25:00".to_owned());
        assert_eq!(draft.read(), None);
        assert!(lines[0].from.error.get().is_some());
    }
}
