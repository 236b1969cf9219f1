//! The calendar or rule that is open.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::calendar::capacity::SLOT_MINUTES;
use ringback_domain::wire::calendar::MAX_RULES;
use ringback_domain::wire::problem::ProblemKind;

use super::dates::Dates;
use super::draft::{Draft, Part, changed_by_others};
use super::intervals::WeekTable;
use super::picture::WeekPicture;
use super::preview::Preview;
use super::rule::{Kind, Record};
use super::status::OpenNote;
use super::{Rules, names};
use crate::api::Failure;
use crate::browser;
use crate::clock::Clock;
use crate::components::button::{Appearance, Button};
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon::Icon;
use crate::components::icon_button::IconButton;
use crate::components::input::{SelectField, SelectOption, TextField};
use crate::components::toast::{Toast, Toasts};
use crate::format;
use crate::forms::{Submission, show_problems};
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::zones;

/// The editor.
#[component]
pub(super) fn Editor(rules: Rules, draft: Draft) -> impl IntoView {
    let deleting = RwSignal::new(false);
    let kind = rules.kind;
    let new = match kind {
        Kind::Hours => messages::new_calendar(),
        Kind::Capacity => messages::new_capacity_rule(),
    };
    let saved_name = move || {
        draft.saved.with(|saved| if saved.id.is_none() { new.to_owned() } else { saved.content.name.clone() })
    };
    let exists = move || draft.saved.with(|saved| saved.id.is_some());
    let may_edit = rules.may_edit;
    let content = Signal::derive(move || draft.saved.with(|saved| saved.content.clone()));
    view! {
        <div class="rule">
            <section class="card rule__part" aria-label=saved_name>
                <div class="part-head">
                    <h2>{saved_name}</h2>
                    <Show when=move || may_edit && exists()>
                        <IconButton
                            icon="trash-2"
                            label=Signal::derive(move || messages::delete_of(saved_name()))
                            on_press=move |()| deleting.set(true)
                        />
                    </Show>
                </div>
                {(kind == Kind::Hours).then(|| view! { <OpenNote content clocks=rules.clocks /> })}
                {if may_edit {
                    view! { <HeadFields draft /> }.into_any()
                } else {
                    view! { <p class="subtle">{move || zone_hint(draft)}</p> }.into_any()
                }}
                <div class="part-head"><h3>{messages::every_week()}</h3></div>
                {may_edit.then(|| view! { <p class="hint">{messages::week_hint()}</p> })}
                <WeekPicture draft may_edit />
                <WeekTable draft may_edit />
                <Dates draft may_edit />
            </section>
            {(kind == Kind::Capacity).then(|| view! { <Preview draft /> })}
            <UsedBy draft />
            {may_edit.then(|| view! { <Footer rules draft /> })}
        </div>
        <Show when=move || deleting.get()>
            <DeleteDialog rules draft deleting />
        </Show>
    }
}

/// What the clocks of the zone and of the viewer show.
fn zone_hint(draft: Draft) -> String {
    let style = PreferenceStore::here().style();
    let now = Clock::here().coarse();
    let own = format::time(now, style);
    draft.zone.text.with(|zone| {
        let there = zones::difference(now, &format::zone_name(style.utc), zone.trim());
        there.map_or_else(
            || messages::time_zone_example().to_owned(),
            |minutes| {
                let there = format::time(now.plus_seconds(i64::from(minutes) * 60), style);
                messages::zone_now(zones::label(zone.trim(), now), there, own)
            },
        )
    })
}

/// Name, zone, and the length of a slot.
#[component]
fn HeadFields(draft: Draft) -> impl IntoView {
    let hint = Memo::new(move |_| Some(zone_hint(draft)));
    let lengths = SLOT_MINUTES
        .iter()
        .map(|minutes| SelectOption { value: minutes.to_string(), label: messages::minutes(minutes) })
        .collect();
    view! {
        <div class="rule__fields">
            <TextField label=messages::name() value=draft.name.text error=draft.name.error />
            <TextField
                label=messages::time_zone()
                value=draft.zone.text
                error=draft.zone.error
                hint=Signal::derive(move || hint.get())
            />
            {(draft.kind == Kind::Capacity).then(|| view! {
                <SelectField
                    label=messages::slot_length()
                    value=draft.slot.text
                    error=draft.slot.error
                    choices=lengths
                    hint=messages::slot_length_hint().to_owned()
                />
            })}
        </div>
    }
}

/// The services that use it.
#[component]
fn UsedBy(draft: Draft) -> impl IntoView {
    let users = move || draft.saved.with(|saved| saved.used_by.clone());
    view! {
        <section class="card rule__part" aria-label=messages::used_by()>
            <h3>{messages::used_by()}</h3>
            {move || {
                let names: Vec<_> = users().into_iter().map(|one| one.name).collect();
                if names.is_empty() {
                    view! { <p class="subtle">{messages::used_by_none()}</p> }.into_any()
                } else {
                    let item = |name: String| view! { <li><a href="/services">{name}</a></li> };
                    view! { <ul class="rule__users">{names.into_iter().map(item).collect_view()}</ul> }.into_any()
                }
            }}
        </section>
    }
}

/// What is not saved, and the buttons for it.
#[component]
fn Footer(rules: Rules, draft: Draft) -> impl IntoView {
    let handle = DialogHandle::new(messages::save());
    let submission = Submission::of(handle);
    let toasts = Toasts::here();
    let changes = Memo::new(move |_| draft.changes());
    let is_new = move || draft.saved.with(|saved| saved.id.is_none());
    let saved = move |record: Record| {
        let created = untrack(is_new);
        toasts.show(Toast::success(&messages::rule_saved(&record.content.name)));
        let address = rules.address(record.id);
        draft.load(record.clone());
        rules.put(record);
        if created {
            rules.go(&address);
        }
    };
    let refused = move |failure: Failure| refuse(rules, draft, handle, &failure);
    let save = move |()| {
        if handle.busy.get_untracked() {
            return;
        }
        handle.problem.set(None);
        let Some(content) = draft.read() else {
            handle.problem.set(Some(messages::problem_invalid().to_owned()));
            return focus_first_error();
        };
        let before = draft.saved.get_untracked();
        submission.run(rules.kind.save(submission, before, content), saved, refused);
    };
    let discard = move |()| {
        handle.problem.set(None);
        draft.load(draft.saved.get_untracked());
    };
    let nothing = Signal::derive(move || {
        (changes.with(Vec::is_empty) && !is_new()).then(|| messages::rule_unchanged().to_owned())
    });
    view! {
        <div class="rule__footer">
            <Theirs draft />
            <div role="alert" class="rule__problem">
                {move || {
                    let problem = handle.problem.get()?;
                    Some(view! {
                        <div class="note note--danger"><Icon name="circle-alert" /><span>{problem}</span></div>
                    })
                }}
            </div>
            <div class="rule__buttons">
                <span class="rule__changes" role="status">
                    {move || {
                        let count = changes.with(Vec::len);
                        (count > 0).then(|| view! {
                            <Icon name="pencil" class="icon--small" />
                            {messages::changes_not_saved(u64::try_from(count).unwrap_or_default())}
                        })
                    }}
                </span>
                <Button inactive=nothing on_press=discard>{messages::discard_changes()}</Button>
                <Button appearance=Appearance::Primary busy=Signal::from(handle.busy) inactive=nothing on_press=save>
                    {messages::save()}
                </Button>
            </div>
        </div>
    }
}

/// Says what the server refused. Nothing that was typed is lost.
fn refuse(rules: Rules, draft: Draft, handle: DialogHandle, failure: &Failure) {
    let full = rules.records.with_untracked(|records| {
        let count = records.iter().flatten().flatten().count();
        i64::try_from(count).is_ok_and(|count| count >= MAX_RULES)
    });
    match (failure.kind(), draft.saved.with_untracked(|saved| saved.id)) {
        (Some(ProblemKind::Stale), Some(id)) => spawn_local(async move {
            match rules.kind.read(rules.client, id).await {
                Ok(theirs) => draft.theirs.set(Some(theirs)),
                Err(failure) => handle.problem.set(Some(failure.message())),
            }
        }),
        (Some(ProblemKind::Duplicate), _) if !full => {
            draft.name.refuse(messages::name_taken());
            focus_first_error();
        }
        _ => {
            let fields = draft.fields();
            let fields: Vec<_> = fields.iter().map(|(pointer, error)| (pointer.as_str(), *error)).collect();
            handle.problem.set(show_problems(failure, &fields));
            focus_first_error();
        }
    }
}

fn focus_first_error() {
    request_animation_frame(|| {
        browser::focus_first(".rule [aria-invalid=\"true\"]");
    });
}

/// A part in words.
fn part_name(part: Part, kind: Kind) -> String {
    match part {
        Part::Name => messages::name().to_owned(),
        Part::TimeZone => messages::time_zone().to_owned(),
        Part::SlotMinutes => messages::slot_length().to_owned(),
        Part::Day(day) => names::weekday(day as usize),
        Part::Dates if kind == Kind::Capacity => messages::other_capacity_dates().to_owned(),
        Part::Dates => messages::other_dates().to_owned(),
    }
}

/// Says that somebody else has changed it meanwhile, and asks what is to stay.
#[component]
fn Theirs(draft: Draft) -> impl IntoView {
    let take = move |()| {
        if let Some(theirs) = draft.theirs.get_untracked() {
            draft.load(theirs);
        }
    };
    view! {
        <div role="alert" class="rule__problem">
            {move || {
                let theirs = draft.theirs.get()?;
                let parts = changed_by_others(draft, &theirs);
                let parts = parts.into_iter().map(|part| part_name(part, draft.kind)).collect::<Vec<_>>();
                Some(view! {
                    <div class="note note--warning">
                        <Icon name="triangle-alert" />
                        <div>
                            <p>{messages::rule_changed(parts.join(", "))}</p>
                            <div class="row-actions">
                                <Button on_press=move |()| draft.rebase()>{messages::keep_mine()}</Button>
                                <Button on_press=take>{messages::take_theirs()}</Button>
                            </div>
                        </div>
                    </div>
                })
            }}
        </div>
    }
}

/// Asks before it is deleted.
#[component]
fn DeleteDialog(rules: Rules, draft: Draft, deleting: RwSignal<bool>) -> impl IntoView {
    let handle = DialogHandle::new(match rules.kind {
        Kind::Hours => messages::delete_calendar(),
        Kind::Capacity => messages::delete_capacity_rule(),
    });
    let submission = Submission::of(handle);
    let toasts = Toasts::here();
    let record = draft.saved.get_untracked();
    let name = record.content.name.clone();
    let text = messages::delete_rule_text(&name);
    let users = record.used_by.iter().map(|one| one.name.clone()).collect::<Vec<_>>().join(", ");
    let submit = move |()| {
        let Some(id) = record.id else { return };
        let (name, users) = (name.clone(), users.clone());
        let work = rules.kind.delete(submission, id, Some(record.version));
        let done = move |()| {
            handle.close();
            rules.remove(Some(id));
            toasts.show(Toast::success(&messages::rule_deleted(name)));
            rules.go(rules.kind.path());
        };
        submission.run(work, done, move |failure| {
            let problem = match failure.kind() {
                Some(ProblemKind::InUse) if users.is_empty() => Some(messages::in_use_unseen().to_owned()),
                Some(ProblemKind::InUse) => Some(messages::in_use(users)),
                _ => show_problems(&failure, &[]),
            };
            handle.problem.set(problem);
        });
    };
    let action = handle.submit_unless(Appearance::Danger, Signal::stored(None), messages::delete());
    view! {
        <Dialog handle confirms=true on_close=move |()| deleting.set(false) on_submit=submit action>
            <p>{text}</p>
        </Dialog>
    }
}
