//! Custom date ranges. They are saved as soon as they are added.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::auth::{CustomRange, DailyRange, Preferences};
use ringback_domain::{TimeOfDay, Timestamp};

use crate::components::boxes::Group;
use crate::components::button::{Button, Size};
use crate::components::choice::{Card, RadioCards};
use crate::components::field::FieldError;
use crate::components::icon_button::IconButton;
use crate::components::input::{TextField, TimeField};
use crate::format::{self, Style};
use crate::forms::require;
use crate::messages;
use crate::pages::callbacks::list::page::PageState;
use crate::ranges::{self, Range};
use crate::zones;

/// The longest name, in characters.
const MAX_NAME_LENGTH: usize = 60;

/// A field and its error.
#[derive(Clone, Copy)]
struct Entry {
    text: RwSignal<String>,
    error: FieldError,
}

impl Entry {
    fn new() -> Self {
        Self { text: RwSignal::new(String::new()), error: RwSignal::new(None) }
    }

    fn refuse(self, why: &str) {
        self.error.set(Some(why.to_owned()));
    }

    /// The time of day in the field. `None` if it is invalid; the field is then
    /// marked.
    fn time(self) -> Option<TimeOfDay> {
        if !require(self.text, self.error, messages::enter_time()) {
            return None;
        }
        let time = self.text.with_untracked(|text| text.parse().ok());
        if time.is_none() {
            self.refuse(messages::no_such_time());
        }
        time
    }
}

/// A date and a time of day.
#[derive(Clone, Copy)]
struct Moment {
    date: Entry,
    time: Entry,
}

impl Moment {
    fn new() -> Self {
        Self { date: Entry::new(), time: Entry::new() }
    }

    /// The instant. `None` if it is invalid; a field is then marked.
    fn instant(self, utc: bool) -> Option<Timestamp> {
        let has_date = require(self.date.text, self.date.error, messages::enter_date());
        let time = self.time.time().filter(|_| has_date)?.to_string();
        let date = self.date.text.get_untracked();
        let at = zones::instants(&date, &time, &format::zone_name(utc)).first().copied();
        if at.is_none() {
            self.time.refuse(messages::no_such_time());
        }
        at
    }
}

/// The kind of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Dates,
    Daily,
}

/// The form: a name and the bounds of both kinds, so that switching between
/// them loses nothing.
#[derive(Clone, Copy)]
struct Form {
    name: Entry,
    kind: RwSignal<Kind>,
    dates: [Moment; 2],
    hours: [Entry; 2],
}

impl Form {
    fn new() -> Self {
        Self {
            name: Entry::new(),
            kind: RwSignal::new(Kind::Dates),
            dates: [Moment::new(), Moment::new()],
            hours: [Entry::new(), Entry::new()],
        }
    }

    fn entries(self) -> impl Iterator<Item = Entry> {
        let dates = self.dates.into_iter().flat_map(|moment| [moment.date, moment.time]);
        std::iter::once(self.name).chain(dates).chain(self.hours)
    }

    /// The range and its name. `None` if a field is invalid; the field is then
    /// marked.
    fn read(self, existing: &[(Range, String)], utc: bool) -> Option<(Range, String)> {
        self.entries().for_each(|entry| entry.error.set(None));
        let name = self.name.text.get_untracked().trim().to_owned();
        let wrong = if name.is_empty() {
            Some(messages::enter_name())
        } else if name.chars().count() > MAX_NAME_LENGTH {
            Some(messages::range_name_long())
        } else if existing.iter().any(|(_, taken)| *taken == name) {
            Some(messages::range_name_taken())
        } else {
            None
        };
        if let Some(why) = wrong {
            self.name.refuse(why);
        }
        let range = match self.kind.get_untracked() {
            Kind::Dates => {
                let [from, to] = self.dates.map(|moment| moment.instant(utc));
                let (from, to) = from.zip(to)?;
                if from >= to {
                    self.dates[1].time.refuse(messages::range_order());
                }
                (from < to).then_some(Range::Custom(from, to))
            }
            Kind::Daily => {
                let [from, to] = self.hours.map(Entry::time);
                let (from, to) = from.zip(to)?;
                if from == to {
                    self.hours[1].refuse(messages::range_hours_same());
                }
                (from != to).then_some(Range::Daily(from, to))
            }
        };
        range.filter(|_| wrong.is_none()).map(|range| (range, name))
    }
}

/// Adds and removes ranges.
#[component]
pub(super) fn RangeForm(
    /// How times are shown, and in which zone they are entered.
    #[prop(into)]
    times: Signal<Style>,
    /// Why a range could not be saved.
    problem: RwSignal<Option<String>>,
) -> impl IntoView {
    let page = PageState::here();
    let form = Form::new();
    let (first, announcement) = (NodeRef::<html::Input>::new(), RwSignal::new(String::new()));
    let busy = RwSignal::new(false);
    let ranges = Memo::new(move |_| page.preferences.with(ranges::custom_ranges));
    // Saves the range under the name, or removes the range with this name.
    let save = move |name: String, added: Option<Range>, done: String| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let change = |preferences: &mut Preferences| {
                preferences.custom_ranges.retain(|range| range.name != name);
                preferences.daily_ranges.retain(|range| range.name != name);
                match added {
                    Some(Range::Custom(from, to)) => {
                        preferences.custom_ranges.push(CustomRange { name, from, to });
                    }
                    Some(Range::Daily(from, to)) => {
                        preferences.daily_ranges.push(DailyRange { name, from, to });
                    }
                    Some(Range::Preset(_)) | None => {}
                }
            };
            let response = page.preferences.save(change).await;
            if busy.try_set(false).is_some() {
                return;
            }
            if let Err(failure) = response {
                return problem.set(Some(failure.message()));
            }
            announcement.set(done);
            if let Some(first) = first.get_untracked() {
                let _ = first.focus();
            }
        });
    };
    let add = move || {
        let existing = ranges.get_untracked();
        let Some((range, name)) = form.read(&existing, times.get_untracked().utc) else { return };
        let done = messages::range_added(&name);
        save(name, Some(range), done);
    };
    // The form is cleared once the range is saved.
    Effect::new(move |before: Option<usize>| {
        let count = ranges.with(Vec::len);
        if before.is_some_and(|before| before < count) {
            form.entries().for_each(|entry| entry.text.set(String::new()));
        }
        count
    });
    let keys = move |event: leptos::ev::KeyboardEvent| {
        // Enter would submit the dialog.
        if event.key() == "Enter" && event_target::<web_sys::Element>(&event).tag_name() == "INPUT" {
            event.prevent_default();
            add();
        }
    };
    let line = move |(range, name): (Range, String)| {
        let shown = name.clone();
        let label = messages::remove_range(&name);
        let remove = move |()| {
            save(name.clone(), None, messages::range_removed(&name));
        };
        view! {
            <li>
                <span class="range-list__name" title=shown.clone()>{shown.clone()}</span>
                <span class="hint num">{move || range.label(times.get())}</span>
                <IconButton icon="trash-2" label on_press=remove />
            </li>
        }
    };
    view! {
        <Group label=messages::configure_ranges()>
            <div class="range-form" on:keydown=keys>
                <Fields form first times />
                <Button icon="plus" size=Size::Large on_press=move |()| add()>
                    {messages::add_range()}
                </Button>
            </div>
            <p class="hint">{move || messages::time_zone_hint(format::zone(times.get()))}</p>
            <ul class="range-list">
                <For each=move || ranges.get() key=|(_, name)| name.clone() children=line />
            </ul>
            <span class="visually-hidden" role="status">{announcement}</span>
        </Group>
    }
}

#[component]
fn Fields(form: Form, first: NodeRef<html::Input>, times: Signal<Style>) -> impl IntoView {
    let card =
        |value, label| Card { value, label, hint: Signal::stored(None), disabled: Signal::stored(false) };
    let kinds = vec![card(Kind::Dates, messages::range_dates()), card(Kind::Daily, messages::range_daily())];
    let ends = move || {
        let labels = [messages::range_from(), messages::range_to()];
        match form.kind.get() {
            Kind::Dates => {
                let [from, to] = form.dates;
                let hours = [messages::range_from_time(), messages::range_to_time()];
                let moment = |moment: Moment, date, time| {
                    view! {
                        <div class="field-pair">
                            <TextField label=date value=moment.date.text error=moment.date.error kind="date" />
                            <TimeField label=time value=moment.time.text error=moment.time.error times />
                        </div>
                    }
                };
                view! {
                    {moment(from, labels[0], hours[0])}
                    {moment(to, labels[1], hours[1])}
                }
                .into_any()
            }
            Kind::Daily => {
                let [from, to] = form.hours;
                view! {
                    <TimeField label=labels[0] value=from.text error=from.error times />
                    <TimeField label=labels[1] value=to.text error=to.error times />
                }
                .into_any()
            }
        }
    };
    view! {
        <RadioCards label=messages::range_kind() value=form.kind cards=kinds />
        <TextField label=messages::range_name() value=form.name.text error=form.name.error node=first />
        {ends}
    }
}
