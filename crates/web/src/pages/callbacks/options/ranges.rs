//! Date ranges of a person's own. They are kept as soon as they are added, and
//! stand in the drop-down at once.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::Timestamp;
use ringback_domain::wire::auth::{CustomRange, Preferences};

use super::super::Page;
use super::super::forms::require;
use crate::components::boxes::Group;
use crate::components::button::{Button, Size};
use crate::components::field::FieldError;
use crate::components::icon_button::IconButton;
use crate::components::input::TextField;
use crate::format::{self, Style};
use crate::messages;
use crate::ranges::instant;

/// Most characters of a name.
const LONGEST: usize = 60;

/// A field and what is wrong with it.
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

    /// The instant in it; marked if there is none.
    fn instant(self, utc: bool) -> Option<Timestamp> {
        if !require(self.text, self.error, messages::enter_date_time()) {
            return None;
        }
        let text = self.text.get_untracked();
        // Some browsers give seconds too.
        let at = text.split_once('T').and_then(|(day, time)| instant(day, time.get(..5)?, utc));
        if at.is_none() {
            self.refuse(messages::no_such_time());
        }
        at
    }
}

/// The three fields.
#[derive(Clone, Copy)]
struct Form {
    name: Entry,
    from: Entry,
    to: Entry,
}

impl Form {
    /// The range; `None`, and the fields are marked, if there is none.
    fn read(self, known: &[CustomRange], utc: bool) -> Option<CustomRange> {
        let Self { name, from, to } = self;
        let text = name.text.get_untracked().trim().to_owned();
        if text.is_empty() {
            name.refuse(messages::enter_name());
        } else if text.chars().count() > LONGEST {
            name.refuse(messages::range_name_long());
        } else if known.iter().any(|range| range.name == text) {
            name.refuse(messages::range_name_taken());
        }
        let bounds = (from.instant(utc), to.instant(utc));
        if let (Some(from), Some(end)) = bounds
            && from >= end
        {
            to.refuse(messages::range_order());
        }
        let fine = [name, from, to].iter().all(|entry| entry.error.with_untracked(Option::is_none));
        let (Some(from), Some(to), true) = (bounds.0, bounds.1, fine) else { return None };
        Some(CustomRange { name: text, from, to })
    }
}

/// Adds ranges and takes them away.
#[component]
pub(super) fn RangeForm(
    /// How times are shown, and in which zone they are entered.
    #[prop(into)]
    times: Signal<Style>,
    /// Why the server did not keep it.
    problem: RwSignal<Option<String>>,
) -> impl IntoView {
    let page = Page::here();
    let form = Form { name: Entry::new(), from: Entry::new(), to: Entry::new() };
    let (first, said) = (NodeRef::<html::Input>::new(), RwSignal::new(String::new()));
    let busy = RwSignal::new(false);
    let ranges =
        Memo::new(move |_| page.session.preferences().with(|preferences| preferences.custom_ranges.clone()));
    // Added, or taken away where there is one of this name.
    let keep = move |name: String, added: Option<CustomRange>, done: String| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let change = |preferences: &mut Preferences| {
                preferences.custom_ranges.retain(|range| range.name != name);
                preferences.custom_ranges.extend(added);
            };
            let answer = page.session.keep(change).await;
            if busy.try_set(false).is_some() {
                return;
            }
            if let Err(failure) = answer {
                return problem.set(Some(failure.sentence()));
            }
            said.set(done);
            if let Some(first) = first.get_untracked() {
                let _ = first.focus();
            }
        });
    };
    let add = move || {
        let known = ranges.get_untracked();
        let Some(range) = form.read(&known, times.get_untracked().utc) else { return };
        keep(range.name.clone(), Some(range.clone()), messages::range_added(range.name));
    };
    // Once it is kept.
    Effect::new(move |before: Option<usize>| {
        let count = ranges.with(Vec::len);
        if before.is_some_and(|before| before < count) {
            for entry in [form.name, form.from, form.to] {
                entry.text.set(String::new());
            }
        }
        count
    });
    let keys = move |event: leptos::ev::KeyboardEvent| {
        // It would apply everything and close the dialog.
        if event.key() == "Enter" && event_target::<web_sys::Element>(&event).tag_name() == "INPUT" {
            event.prevent_default();
            add();
        }
    };
    let line = move |range: CustomRange| {
        let name = range.name.clone();
        let remove = move |()| {
            keep(name.clone(), None, messages::range_removed(&name));
        };
        let span = move || format::span(range.from, range.to, times.get());
        view! {
            <li>
                <span class="range-name">{range.name.clone()}</span>
                <span class="hint num">{span}</span>
                <IconButton icon="trash-2" label=messages::remove_range(range.name) on_press=remove />
            </li>
        }
    };
    view! {
        <Group label=messages::configure_ranges()>
            <div class="rangeform" on:keydown=keys>
                <TextField label=messages::range_name() value=form.name.text error=form.name.error node=first />
                <TextField
                    label=messages::range_from()
                    value=form.from.text
                    error=form.from.error
                    kind="datetime-local"
                />
                <TextField
                    label=messages::range_to()
                    value=form.to.text
                    error=form.to.error
                    kind="datetime-local"
                />
                <Button icon="plus" size=Size::Large on_press=move |()| add()>
                    {messages::add_range()}
                </Button>
            </div>
            <p class="hint">{move || messages::time_zone_hint(format::zone(times.get()))}</p>
            <ul class="rangelist">
                <For each=move || ranges.get() key=|range| range.name.clone() children=line />
            </ul>
            <span class="vh" role="status">{said}</span>
        </Group>
    }
}
