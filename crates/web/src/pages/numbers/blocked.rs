//! The do-not-call list: search, add, remove, import and export.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::LocalDate;
use ringback_domain::do_not_call::{NumberPrefix, Scope};
use ringback_domain::wire::do_not_call::{AddDoNotCall, DoNotCallEntry, DoNotCallQuery};
use ringback_domain::wire::endpoint::{DeleteDoNotCall, ExportDoNotCall, ListDoNotCall, PostDoNotCall};

use super::Numbers;
use super::import::ImportDialog;
use crate::browser;
use crate::components::button::{Appearance, Button};
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon::Icon;
use crate::components::icon_button::IconButton;
use crate::components::input::{SelectField, SelectOption, TextField};
use crate::components::record_table::{Items, RecordTable};
use crate::components::toast::{Toast, Toasts};
use crate::format;
use crate::forms::{Submission, require, show_problems};
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::zones;

/// Entries that are loaded at once.
const PAGE: u32 = 50;

/// The entries that are shown.
#[derive(Clone, Copy)]
struct Entries {
    numbers: Numbers,
    search: RwSignal<String>,
    items: Items<DoNotCallEntry>,
    /// Where the next page begins, if there is one.
    next: RwSignal<Option<String>>,
    asked: StoredValue<u32>,
}

impl Entries {
    /// Loads a page, the first one after a rest in typing.
    fn load(self, cursor: Option<String>) {
        /// After the last key, in milliseconds.
        const DELAY: i32 = 300;
        self.asked.update_value(|asked| *asked += 1);
        let question = self.asked.get_value();
        let is_current = move || self.asked.try_get_value() == Some(question);
        let search = self.search.with_untracked(|search| search.trim().to_owned());
        let waits = cursor.is_none() && self.items.with_untracked(Option::is_some);
        spawn_local(async move {
            if waits {
                browser::sleep(DELAY).await;
            }
            if !is_current() {
                return;
            }
            let is_first = cursor.is_none();
            let query =
                DoNotCallQuery { search: (!search.is_empty()).then_some(search), limit: Some(PAGE), cursor };
            let loaded = self.numbers.client.call(&ListDoNotCall(query)).await;
            if !is_current() {
                return;
            }
            match loaded {
                Ok(page) => {
                    self.next.set(page.next);
                    self.items.update(|items| match items {
                        Some(Ok(items)) if !is_first => items.extend(page.items),
                        items => *items = Some(Ok(page.items)),
                    });
                }
                Err(failure) => self.items.set(Some(Err(failure.message()))),
            }
        });
    }

    /// The services that an entry is for, in words.
    fn scope_name(self, scope: Scope) -> String {
        let Scope::Service(id) = scope else { return messages::all_services().to_owned() };
        self.numbers.services.with(|services| {
            let service = services.iter().find(|service| service.id == id);
            service.map_or_else(|| id.to_string(), |service| service.name.clone())
        })
    }
}

/// The numbers of an entry, with `*` after a prefix.
fn covered(entry: &DoNotCallEntry) -> String {
    match (&entry.number, &entry.prefix) {
        (Some(number), _) => number.as_str().to_owned(),
        (None, Some(prefix)) => format!("{}*", prefix.as_str()),
        (None, None) => String::new(),
    }
}

/// The list, its tools and its dialogs.
#[component]
pub(super) fn BlockedNumbers(numbers: Numbers) -> impl IntoView {
    let entries = Entries {
        numbers,
        search: RwSignal::new(String::new()),
        items: RwSignal::new(None),
        next: RwSignal::new(None),
        asked: StoredValue::new(0),
    };
    Effect::new(move |_| {
        entries.search.track();
        numbers.changes.track();
        entries.load(None);
    });
    let removing = RwSignal::new(None::<DoNotCallEntry>);
    let importing = RwSignal::new(false);
    let row = Callback::new(move |entry: DoNotCallEntry| entry_row(entries, removing, entry).into_any());
    let columns = vec![
        messages::number_or_prefix(),
        messages::applies_to(),
        messages::listed_reason(),
        messages::source(),
        messages::listed_until(),
        messages::added_by(),
        messages::column_actions(),
    ];
    let more = move |()| entries.load(entries.next.get_untracked());
    view! {
        <section class="numbers__part" aria-label=messages::do_not_call()>
            <div class="part-head">
                <h2>{messages::do_not_call()}</h2>
                {numbers.may_edit.then(|| view! { <Tools numbers importing /> })}
            </div>
            <span class="input-wrapper numbers__search">
                <Icon name="search" />
                <input
                    type="search"
                    class="input"
                    inputmode="tel"
                    autocomplete="off"
                    aria-label=messages::search_numbers()
                    placeholder=messages::search_numbers()
                    prop:value=entries.search
                    on:input=move |event| entries.search.set(event_target_value(&event))
                />
            </span>
            <RecordTable
                items=entries.items
                columns
                label=messages::do_not_call()
                row
                reload=Callback::new(move |()| entries.load(None))
            />
            <Show when=move || entries.next.with(Option::is_some)>
                <div class="numbers__more"><Button on_press=more>{messages::more_numbers()}</Button></div>
            </Show>
        </section>
        {move || numbers.adding.get().map(|number| view! { <AddDialog entries number /> })}
        {move || removing.get().map(|entry| view! { <RemoveDialog entries entry removing /> })}
        <Show when=move || importing.get()><ImportDialog numbers importing /></Show>
    }
}

/// The buttons above the list.
#[component]
fn Tools(numbers: Numbers, importing: RwSignal<bool>) -> impl IntoView {
    let toasts = Toasts::here();
    let export = move |()| {
        spawn_local(async move {
            if let Err(failure) = numbers.client.save(&ExportDoNotCall, "do-not-call.csv").await {
                toasts.show(Toast::error(messages::export_failed(), failure.message()));
            }
        });
    };
    view! {
        <span class="numbers__tools">
            <Button on_press=move |()| importing.set(true)>{messages::import()}</Button>
            <Button icon="download" on_press=export>{messages::export()}</Button>
            <Button icon="plus" on_press=move |()| numbers.adding.set(Some(String::new()))>
                {messages::add_number()}
            </Button>
        </span>
    }
}

fn entry_row(
    entries: Entries,
    removing: RwSignal<Option<DoNotCallEntry>>,
    entry: DoNotCallEntry,
) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let number = covered(&entry);
    let label = messages::remove_range(&number);
    let (scope, until) = (entry.scope, entry.until);
    let (reason, source, by) = (entry.reason.clone(), entry.source.clone(), entry.created_by.clone());
    let remove = entries.numbers.may_edit.then(|| {
        view! {
            <IconButton
                icon="trash-2"
                label
                on_press=move |()| removing.set(Some(entry.clone()))
            />
        }
    });
    let until = move || {
        until.map_or_else(|| messages::no_end().to_owned(), |at| format::day_time(at, preferences.style()))
    };
    view! {
        <tr>
            <th scope="row" class="num">{number}</th>
            <td>{move || entries.scope_name(scope)}</td>
            <td class="wrap numbers__reason">{reason}</td>
            <td class="wrap">{source}</td>
            <td class="num">{until}</td>
            <td>{by}</td>
            <td>{remove}</td>
        </tr>
    }
}

/// Adds a number or a prefix.
#[component]
fn AddDialog(entries: Entries, number: String) -> impl IntoView {
    let numbers = entries.numbers;
    let toasts = Toasts::here();
    let preferences = PreferenceStore::here();
    let texts: [RwSignal<String>; 4] = std::array::from_fn(|_| RwSignal::new(String::new()));
    let [typed, scope, reason, until] = texts;
    typed.set(number);
    scope.set(Scope::All.to_string());
    let errors: [_; 4] = std::array::from_fn(|_| RwSignal::new(None));
    let [number_error, scope_error, reason_error, until_error] = errors;
    let handle = DialogHandle::new(messages::add_number());
    let submission = Submission::of(handle);
    let submit = move |()| {
        let filled = [
            require(typed, number_error, messages::enter_listed_number()),
            require(reason, reason_error, messages::enter_reason()),
        ];
        let text = typed.get_untracked().trim().to_owned();
        // People write numbers in groups.
        let beginning = text.strip_suffix('*').map(|text| text.replace(' ', ""));
        let prefix = beginning.map(|text| NumberPrefix::try_from(text).ok());
        if prefix == Some(None) {
            number_error.set(Some(messages::fault_prefix().to_owned()));
        }
        if filled.contains(&false) || prefix == Some(None) {
            return handle.focus_first_error();
        }
        let prefix = prefix.flatten();
        let zone = format::zone_name(preferences.style_untracked().utc);
        let date: Option<LocalDate> = until.with_untracked(|date| date.parse().ok());
        let new = AddDoNotCall {
            number: prefix.is_none().then_some(text),
            prefix,
            scope: scope.with_untracked(|scope| scope.parse()).unwrap_or_default(),
            reason: reason.get_untracked().trim().to_owned(),
            source: None,
            until: date.map(|date| zones::first_instant(date, &zone)),
        };
        let done = move |entry: DoNotCallEntry| {
            handle.close();
            numbers.list_changed();
            toasts.show(Toast::success(&messages::number_added(covered(&entry))));
        };
        submission.run(submission.command(PostDoNotCall(new), None), done, move |failure| {
            let fields = [
                ("/number", number_error),
                ("/prefix", number_error),
                ("/scope", scope_error),
                ("/reason", reason_error),
                ("/until", until_error),
            ];
            handle.problem.set(show_problems(&failure, &fields));
        });
    };
    let mut choices =
        vec![SelectOption { value: Scope::All.to_string(), label: messages::all_services().to_owned() }];
    choices.extend(numbers.services.with_untracked(|services| {
        let choice = |one: &ringback_domain::wire::admin::ServiceView| SelectOption {
            value: one.id.to_string(),
            label: one.name.clone(),
        };
        services.iter().map(choice).collect::<Vec<_>>()
    }));
    view! {
        <Dialog
            handle
            on_close=move |()| numbers.adding.set(None)
            on_submit=submit
            action=handle.submit(messages::add_to_list())
        >
            <TextField
                label=messages::number_or_prefix()
                value=typed
                error=number_error
                kind="tel"
                inputmode="tel"
                autofocus=true
                hint=messages::number_or_prefix_hint().to_owned()
            />
            <SelectField label=messages::applies_to() value=scope error=scope_error choices />
            <TextField label=messages::listed_reason() value=reason error=reason_error />
            <TextField
                label=messages::until_optional()
                value=until
                error=until_error
                kind="date"
                hint=messages::until_hint().to_owned()
            />
        </Dialog>
    }
}

/// Asks before an entry is removed.
#[component]
fn RemoveDialog(
    entries: Entries,
    entry: DoNotCallEntry,
    removing: RwSignal<Option<DoNotCallEntry>>,
) -> impl IntoView {
    let handle = DialogHandle::new(messages::remove_number());
    let submission = Submission::of(handle);
    let toasts = Toasts::here();
    let number = covered(&entry);
    let text = messages::remove_number_text(&number);
    let submit = move |()| {
        let number = number.clone();
        let done = move |()| {
            handle.close();
            entries.numbers.list_changed();
            toasts.show(Toast::success(&messages::number_removed(number)));
        };
        submission.run(submission.command(DeleteDoNotCall(entry.id), None), done, move |failure| {
            handle.problem.set(show_problems(&failure, &[]));
        });
    };
    let action = handle.submit_unless(Appearance::Danger, Signal::stored(None), messages::remove_from_list());
    view! {
        <Dialog handle confirms=true on_close=move |()| removing.set(None) on_submit=submit action>
            <p>{text}</p>
        </Dialog>
    }
}
