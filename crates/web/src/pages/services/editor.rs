//! The service that is open: its groups of settings, and what of them is not saved.

use leptos::html;
use leptos::prelude::*;
use ringback_domain::wire::admin::ServiceView;
use ringback_domain::wire::service::{FieldChange, edit_of, service_changes};

use super::draft::{Draft, Input, Theirs};
use super::history::Versions;
use super::retries::{RetryCourse, RetryTable};
use super::settings::{GROUPS, Group, Kind, Setting, Source, at, describe};
use super::switches::{self, Switches};
use super::{PATH, Services, durations, focus_first_error};
use crate::browser;
use crate::components::button::{Appearance, Button};
use crate::components::check_list::CheckList;
use crate::components::icon::Icon;
use crate::components::input::{SelectField, SelectOption, TextField};
use crate::components::key_value::{Fact, KeyValue};
use crate::components::page::focus_heading;
use crate::messages;

/// The page of a service.
#[component]
pub(super) fn Editor(services: Services, draft: Draft) -> impl IntoView {
    // What could not be loaded before is loaded again.
    if services.handle.problem.with_untracked(Option::is_some) {
        services.handle.problem.set(None);
        services.load_known();
    }
    services.refresh(draft);
    let heading = NodeRef::<html::H1>::new();
    focus_heading(heading);
    let name = move || draft.saved.with(|saved| saved.name.clone());
    Effect::new(move |_| document().set_title(&messages::page_title(name())));
    let off = move || {
        let text = draft.saved.with(switches::state);
        (text != messages::all_on()).then(|| view! { <span class="service__off">{text}</span> })
    };
    view! {
        <main id="main" class="page-scroll" tabindex="-1">
            <div class="page-header">
                <a href=PATH>{messages::services()}</a>
                <Icon name="chevron-right" class="icon--small" />
                <h1 node_ref=heading tabindex="-1">{name}</h1>
                <span class="subtle">
                    {move || draft.saved.with(|saved| messages::version_number(saved.version))}
                </span>
                {off}
            </div>
            <div class="rules service" class:service--audited=services.may_audit>
                <Contents draft />
                <div class="rule">
                    <section class="card rule__part" aria-labelledby="group-switches">
                        <h2 id="group-switches" tabindex="-1">{messages::group_switches()}</h2>
                        <p class="hint">{messages::group_switches_text()}</p>
                        <Switches services draft />
                    </section>
                    {GROUPS.map(|group| view! { <GroupCard services draft group /> }).into_iter().collect_view()}
                    {services.may_edit.then(|| view! { <Footer services draft /> })}
                </div>
                {services.may_audit.then(|| view! { <Versions services draft /> })}
            </div>
        </main>
    }
}

/// A line on how a group stands.
fn state(group: &Group, service: &ServiceView) -> String {
    let settings = &service.settings;
    match group.id {
        "hours" => {
            let calendars = settings.open_calendars.len() + settings.closed_calendars.len();
            match u64::try_from(calendars).unwrap_or_default() {
                0 => messages::always_open().to_owned(),
                count => messages::calendars_count(count),
            }
        }
        "numbers" => match u64::try_from(settings.number_rules.len()).unwrap_or_default() {
            0 => messages::every_number().to_owned(),
            count => messages::rules_count(count),
        },
        "retries" => {
            let policy = &settings.retry_policy;
            let within = durations::text(policy.give_up_after_seconds);
            messages::attempts_within(u64::from(policy.max_attempts), within)
        }
        _ => service.time_zone.clone(),
    }
}

/// The pointers of a group begin so, or are these.
fn is_of_group(group: &Group, pointer: &str) -> bool {
    group.settings.iter().any(|setting| setting.pointer == pointer)
        || group.id == "retries" && pointer.starts_with("/retry_policy/")
}

/// The way to each group.
#[component]
fn Contents(draft: Draft) -> impl IntoView {
    let changes = Memo::new(move |_| draft.changes());
    let label = move || draft.saved.with(|saved| messages::settings_of(&saved.name));
    let item = move |id: &'static str, title: &'static str, group: Option<Group>| {
        let line = move || {
            draft.saved.with(|saved| match &group {
                Some(group) => state(group, saved),
                None => switches::state(saved),
            })
        };
        let changed = move || {
            let group = group?;
            let changed = changes.with(|all| all.iter().any(|change| is_of_group(&group, &change.pointer)));
            changed.then(|| view! { <small class="rules__changed">{messages::not_saved()}</small> })
        };
        let go = move |event: leptos::ev::MouseEvent| {
            event.prevent_default();
            browser::focus(&format!("group-{id}"));
        };
        view! {
            <li>
                <a href=format!("#group-{id}") on:click=go>
                    <i class="rules__dot" class:is-changed=move || changed().is_some() aria-hidden="true"></i>
                    <b>{title}</b>
                    <small>{line}</small>
                    {changed}
                </a>
            </li>
        }
    };
    view! {
        <nav class="card rules__list service__contents" aria-label=label>
            <ul>
                {item("switches", messages::group_switches(), None)}
                {GROUPS.map(|group| item(group.id, (group.title)(), Some(group))).into_iter().collect_view()}
            </ul>
        </nav>
    }
}

/// A group with its heading, what it is about, and its settings.
#[component]
fn GroupCard(services: Services, draft: Draft, group: Group) -> impl IntoView {
    let id = format!("group-{}", group.id);
    let fields = if services.may_edit {
        let field = move |setting: &Setting| {
            let (setting, input) = (*setting, draft.input(setting.pointer)?);
            Some(view! { <SettingField services draft setting input /> })
        };
        view! { <div class="service__fields">{group.settings.iter().filter_map(field).collect_view()}</div> }
            .into_any()
    } else {
        let facts = move || {
            let known = services.known.get().unwrap_or_default();
            let json = draft.saved.with(|saved| serde_json::to_value(saved).unwrap_or_default());
            let fact = |setting: &Setting| {
                let value = json.pointer(setting.pointer).cloned().unwrap_or_default();
                Fact::new((setting.label)(), setting.kind.describe(&value, &known))
            };
            view! { <KeyValue facts=group.settings.iter().map(fact).collect() /> }
        };
        facts.into_any()
    };
    view! {
        <section class="card rule__part" aria-labelledby=id.clone()>
            <h2 id=id.clone() tabindex="-1">{(group.title)()}</h2>
            <p class="hint">{(group.text)()}</p>
            {fields}
            {(group.id == "retries").then(|| view! {
                <RetryTable services draft />
                <RetryCourse draft />
            })}
        </section>
    }
}

/// The page that has what a setting chooses from.
fn page_of(source: Source) -> Option<(&'static str, &'static str)> {
    match source {
        Source::Calendars => Some(("/office-hours", messages::office_hours())),
        Source::CapacityRules => Some(("/capacity", messages::capacity())),
        Source::NumberRules => Some(("/numbers", messages::numbers())),
        Source::RuleSets => None,
    }
}

/// The field of a setting.
#[component]
fn SettingField(services: Services, draft: Draft, setting: Setting, input: Input) -> impl IntoView {
    let label = (setting.label)();
    let hint = setting.hint.map(|hint| hint());
    let leave = move |_| draft.leave(input);
    match setting.kind {
        Kind::Some(source) => {
            let list = move || {
                let items = services.known.get()?.of(source);
                let nothing = items.is_empty().then(|| {
                    let (page, name) = page_of(source)?;
                    Some(view! { <p class="hint">{messages::nothing_to_choose()}" "<a href=page>{name}</a></p> })
                });
                let hint = hint.unwrap_or_default();
                Some(view! {
                    <CheckList label items chosen=input.chosen hint error=input.error />
                    {nothing.flatten()}
                })
            };
            view! { <div class="service__list">{list}</div> }.into_any()
        }
        Kind::One(source) => {
            let select = move || {
                let none =
                    SelectOption { value: String::new(), label: messages::capacity_unlimited().to_owned() };
                let known = services.known.get()?.of(source).into_iter();
                let known = known.map(|(value, label)| SelectOption { value, label });
                let choices = std::iter::once(none).chain(known).collect();
                Some(view! {
                    <SelectField label value=input.text error=input.error choices hint=hint.map(str::to_owned) />
                })
            };
            view! { <div>{select}</div> }.into_any()
        }
        Kind::Choice(options) => view! {
            <SelectField
                label
                value=input.text
                error=input.error
                choices=options()
                hint=hint.map(str::to_owned)
            />
        }
        .into_any(),
        kind => {
            let is_count = matches!(kind, Kind::Count | Kind::OptionalCount);
            let inputmode = if is_count { "numeric" } else { "text" };
            let optional = matches!(kind, Kind::OptionalCount | Kind::OptionalSeconds);
            let placeholder = optional.then(|| messages::any_number().to_owned());
            view! {
                <span class="contents" on:focusout=leave>
                    <TextField
                        label
                        value=input.text
                        error=input.error
                        inputmode
                        placeholder
                        hint=hint.map(str::to_owned)
                    />
                </span>
            }
            .into_any()
        }
    }
}

/// What is not saved, and the buttons for it.
#[component]
fn Footer(services: Services, draft: Draft) -> impl IntoView {
    let handle = services.handle;
    let changes = Memo::new(move |_| draft.changes());
    let save = move |()| {
        if handle.busy.get_untracked() {
            return;
        }
        handle.problem.set(None);
        if !draft.check() {
            handle.problem.set(Some(messages::problem_invalid().to_owned()));
            return focus_first_error();
        }
        let version = draft.saved.with_untracked(|saved| saved.version);
        match edit_of(&changes.get_untracked()) {
            Ok(edit) => services.send(draft, edit, version),
            Err(_) => handle.problem.set(Some(messages::problem_invalid().to_owned())),
        }
    };
    let discard = move |()| {
        handle.problem.set(None);
        draft.load(draft.saved.get_untracked());
    };
    let nothing =
        Signal::derive(move || changes.with(Vec::is_empty).then(|| messages::rule_unchanged().to_owned()));
    view! {
        <div class="rule__footer">
            <Competitor services draft />
            <div role="alert" class="rule__problem">
                {move || handle.problem.get().map(|problem| view! {
                    <div class="note note--danger"><Icon name="circle-alert" /><span>{problem}</span></div>
                })}
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
                    {move || draft.saved.with(|saved| messages::save_as_version(saved.version + 1))}
                </Button>
            </div>
        </div>
    }
}

/// Says who has saved something else meanwhile, shows both, and asks what is to stay.
#[component]
fn Competitor(services: Services, draft: Draft) -> impl IntoView {
    let note = move |theirs: Theirs| {
        let Theirs { service, who } = theirs;
        let others = draft.saved.with(|saved| service_changes(saved, &service));
        let own = draft.changes();
        let of_both = others.iter().any(|change| own.iter().any(|mine| mine.pointer == change.pointer));
        let known = services.known.get().unwrap_or_default();
        let row = |change: &FieldChange| {
            let (label, kind) = at(&change.pointer);
            let mine = own.iter().find(|mine| mine.pointer == change.pointer);
            let mine =
                mine.map_or_else(|| messages::none().to_owned(), |mine| describe(kind, &mine.to, &known));
            let theirs = describe(kind, &change.to, &known);
            view! { <tr><th scope="row">{label}</th><td>{theirs}</td><td>{mine}</td></tr> }
        };
        let rows = others.iter().map(row).collect_view();
        let who = who.unwrap_or_else(|| messages::somebody_else().to_owned());
        let text = messages::service_changed(who, service.version);
        let take = service.clone();
        let keep = if of_both { messages::keep_mine() } else { messages::keep_both() };
        view! {
            <div class="note note--warning">
                <Icon name="triangle-alert" />
                <div>
                    <p>{text}</p>
                    <table class="competitor" aria-label=messages::both_versions()>
                        <thead>
                            <tr>
                                <th scope="col">{messages::setting_name()}</th>
                                <th scope="col">{messages::their_value()}</th>
                                <th scope="col">{messages::own_value()}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                    <div class="row-actions">
                        <Button on_press=move |()| draft.rebase(service.clone())>{keep}</Button>
                        <Button on_press=move |()| draft.load(take.clone())>{messages::take_theirs()}</Button>
                    </div>
                </div>
            </div>
        }
    };
    view! { <div role="alert" class="rule__problem">{move || draft.theirs.get().map(note)}</div> }
}
