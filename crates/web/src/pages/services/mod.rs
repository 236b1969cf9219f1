//! Services, that is virtual queues, and their settings.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::service::{ClosedWhenDue, LatePolicy, RuleSetId};
use ringback_domain::wire::admin::{CreateService, EditService, ServiceView};
use ringback_domain::wire::endpoint::{
    ListCapacityRules, ListOfficeHours, ListServices, PatchService, PostService,
};
use ringback_domain::wire::problem::ProblemKind;
use ringback_domain::{CalendarId, Permission};

use super::collection::{Collection, CollectionPage, Subject};
use crate::client::Client;
use crate::components::check_list::CheckList;
use crate::components::choice::Switch;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::field::FieldError;
use crate::components::icon_button::IconButton;
use crate::components::input::{SelectField, SelectOption, TextField};
use crate::components::toast::{Toast, Toasts};
use crate::format;
use crate::forms::{Submission, require, show_problems};
use crate::messages;
use crate::session::Session;

/// A setting of a service that is on or off.
#[derive(Clone, Copy)]
struct SwitchSetting {
    label: fn() -> &'static str,
    get: fn(&ServiceView) -> bool,
    set: fn(&mut EditService, bool),
}

/// The switches of the dialog. A new one needs a line here and its text.
const SWITCHES: &[SwitchSetting] = &[
    SwitchSetting {
        label: messages::accept_new,
        get: |service| service.settings.accept_new,
        set: |edit, on| edit.accept_new = Some(on),
    },
    SwitchSetting {
        label: messages::dial_pending,
        get: |service| service.settings.dial_pending,
        set: |edit, on| edit.dial_pending = Some(on),
    },
    SwitchSetting {
        label: messages::immediate_enabled,
        get: |service| service.settings.immediate_enabled,
        set: |edit, on| edit.immediate_enabled = Some(on),
    },
    SwitchSetting {
        label: messages::scheduled_enabled,
        get: |service| service.settings.scheduled_enabled,
        set: |edit, on| edit.scheduled_enabled = Some(on),
    },
    SwitchSetting {
        label: messages::courtesy_hours,
        get: |service| !service.settings.called_party_hours.is_empty(),
        set: |edit, on| {
            edit.called_party_hours = Some(if on { vec![RuleSetId::Courtesy] } else { Vec::new() });
        },
    },
];

/// The page.
#[component]
pub(crate) fn ServicesPage() -> impl IntoView {
    let client = Client::here();
    let manages = Session::here().may(Permission::ManageServices);
    let services = Collection::new(move || async move { Ok(client.call(&ListServices).await?.items) });
    let row = move |service: ServiceView| {
        let label = messages::edit_of(&service.name);
        let edited = service.clone();
        view! {
            <tr>
                <th scope="row">{service.name}</th>
                <td>{service.time_zone}</td>
                <td>{service.default_country}</td>
                <td>{on_or_off(service.settings.accept_new)}</td>
                <td>{on_or_off(service.settings.dial_pending)}</td>
                <td>{callback_types(service.settings.immediate_enabled, service.settings.scheduled_enabled)}</td>
                <td class="num">{format::duration(i64::from(service.settings.desired_window_seconds))}</td>
                <td>
                    {manages.then(move || view! {
                        <IconButton
                            class="icon-button--accent"
                            icon="pencil"
                            label
                            on_press=move |()| services.open(edited.clone())
                        />
                    })}
                </td>
            </tr>
        }
        .into_any()
    };
    let columns = vec![
        messages::column_service(),
        messages::time_zone(),
        messages::country(),
        messages::accept_new(),
        messages::dial_pending(),
        messages::callback_types(),
        messages::window(),
        messages::column_actions(),
    ];
    view! {
        <CollectionPage
            collection=services
            title=messages::services()
            label=messages::services()
            create=manages.then(messages::create_service)
            columns
            row
            dialog=move |subject| view! { <ServiceDialog subject services /> }.into_any()
        />
    }
}

fn late_choices() -> Vec<SelectOption> {
    let label = |policy| match policy {
        LatePolicy::Make => messages::late_make(),
        LatePolicy::Ask => messages::late_ask(),
        LatePolicy::Close => messages::late_close(),
    };
    let choice = |policy: &LatePolicy| SelectOption {
        value: policy.as_str().to_owned(),
        label: label(*policy).to_owned(),
    };
    LatePolicy::ALL.iter().map(choice).collect()
}

fn on_or_off(on: bool) -> &'static str {
    if on { messages::on() } else { messages::off() }
}

/// The types of callback that a service takes.
fn callback_types(immediate: bool, scheduled: bool) -> String {
    let types = [(immediate, messages::immediate()), (scheduled, messages::scheduled())];
    let taken: Vec<_> = types.into_iter().filter_map(|(on, label)| on.then_some(label)).collect();
    if taken.is_empty() { messages::none().to_owned() } else { taken.join(", ") }
}

fn closed_choices() -> Vec<SelectOption> {
    let choice = |policy: ClosedWhenDue, label: &'static str| SelectOption {
        value: <&str>::from(policy).to_owned(),
        label: label.to_owned(),
    };
    vec![
        choice(ClosedWhenDue::RollForward, messages::closed_roll_forward()),
        choice(ClosedWhenDue::Fail, messages::closed_fail()),
    ]
}

/// What a service says of office hours and capacity.
#[derive(Clone, Copy)]
struct RuleSettings {
    open: RwSignal<Vec<String>>,
    closed: RwSignal<Vec<String>>,
    capacity: RwSignal<String>,
    notice: RwSignal<String>,
    when_due: RwSignal<String>,
    open_error: FieldError,
    closed_error: FieldError,
    capacity_error: FieldError,
    notice_error: FieldError,
    when_due_error: FieldError,
}

impl RuleSettings {
    fn of(service: Option<&ServiceView>) -> Self {
        let settings = service.map(|service| service.settings.clone()).unwrap_or_default();
        let ids = |ids: &[CalendarId]| RwSignal::new(ids.iter().map(ToString::to_string).collect());
        let [open_error, closed_error, capacity_error, notice_error, when_due_error] =
            std::array::from_fn(|_| RwSignal::new(None));
        Self {
            open: ids(&settings.open_calendars),
            closed: ids(&settings.closed_calendars),
            capacity: RwSignal::new(settings.capacity_rule.map(|id| id.to_string()).unwrap_or_default()),
            notice: RwSignal::new(settings.minimum_notice_seconds.to_string()),
            when_due: RwSignal::new(<&str>::from(settings.closed_when_due).to_owned()),
            open_error,
            closed_error,
            capacity_error,
            notice_error,
            when_due_error,
        }
    }

    fn notice(self) -> Option<u32> {
        self.notice.with_untracked(|notice| notice.trim().parse().ok())
    }

    /// Marks what cannot be read.
    fn check(self) -> bool {
        let valid = self.notice().is_some();
        if !valid {
            self.notice_error.set(Some(messages::fault_notice().to_owned()));
        }
        valid
    }

    fn write(self, edit: &mut EditService) {
        let ids = |chosen: RwSignal<Vec<String>>| {
            chosen.with_untracked(|ids| ids.iter().filter_map(|id| id.parse().ok()).collect())
        };
        edit.open_calendars = Some(ids(self.open));
        edit.closed_calendars = Some(ids(self.closed));
        edit.capacity_rule = Some(self.capacity.with_untracked(|id| id.parse().ok()));
        edit.minimum_notice_seconds = self.notice();
        edit.closed_when_due = self.when_due.with_untracked(|policy| policy.parse().ok());
    }

    fn fields(self) -> [(&'static str, FieldError); 5] {
        [
            ("/open_calendars", self.open_error),
            ("/closed_calendars", self.closed_error),
            ("/capacity_rule", self.capacity_error),
            ("/minimum_notice_seconds", self.notice_error),
            ("/closed_when_due", self.when_due_error),
        ]
    }
}

/// The fields for office hours and capacity, once it is known what there is to choose.
#[component]
fn RuleFields(rules: RuleSettings) -> impl IntoView {
    let client = Client::here();
    let known = RwSignal::new(None::<(Vec<(String, String)>, Vec<SelectOption>)>);
    let problem = RwSignal::new(None::<String>);
    spawn_local(async move {
        let loaded = futures_util::try_join!(client.call(&ListOfficeHours), client.call(&ListCapacityRules));
        match loaded {
            Ok((calendars, capacity)) => {
                let calendars = calendars.items.into_iter().map(|one| (one.id.to_string(), one.name));
                let unlimited =
                    SelectOption { value: String::new(), label: messages::capacity_unlimited().to_owned() };
                let capacity = capacity.items.into_iter();
                let capacity =
                    capacity.map(|one| SelectOption { value: one.id.to_string(), label: one.name });
                let capacity = std::iter::once(unlimited).chain(capacity);
                known.try_set(Some((calendars.collect(), capacity.collect())));
            }
            Err(failure) => {
                problem.try_set(Some(failure.message()));
            }
        }
    });
    view! {
        {move || problem.get().map(|problem| view! { <p class="hint" role="alert">{problem}</p> })}
        {move || known.get().map(|(calendars, choices)| {
            let none = calendars.is_empty();
            view! {
                {none.then(|| view! {
                    <p class="hint">{messages::no_calendars_text()}" "<a href="/office-hours">{messages::office_hours()}</a></p>
                })}
                {(!none).then(|| view! {
                    <CheckList
                        label=messages::open_calendars()
                        items=calendars.clone()
                        chosen=rules.open
                        hint=messages::open_calendars_hint()
                        error=rules.open_error
                    />
                    <CheckList
                        label=messages::closed_calendars()
                        items=calendars.clone()
                        chosen=rules.closed
                        hint=messages::closed_calendars_hint()
                        error=rules.closed_error
                    />
                })}
                <SelectField
                    label=messages::capacity_rule()
                    value=rules.capacity
                    error=rules.capacity_error
                    choices
                    hint=messages::capacity_rule_hint().to_owned()
                />
            }
        })}
        <TextField
            label=messages::notice_seconds()
            value=rules.notice
            error=rules.notice_error
            inputmode="numeric"
            hint=messages::notice_hint().to_owned()
        />
        <SelectField
            label=messages::closed_when_due()
            value=rules.when_due
            error=rules.when_due_error
            choices=closed_choices()
            hint=messages::closed_when_due_hint().to_owned()
        />
    }
}

/// Creates a service, or changes one.
#[component]
fn ServiceDialog(subject: Subject<ServiceView>, services: Collection<ServiceView>) -> impl IntoView {
    let toasts = Toasts::here();
    let service = subject.existing();
    let before = service.clone();
    let text = |of: fn(&ServiceView) -> String| RwSignal::new(before.as_ref().map(of).unwrap_or_default());
    let name = text(|service| service.name.clone());
    let zone = text(|service| service.time_zone.clone());
    let country = text(|service| service.default_country.clone());
    let window = text(|service| service.settings.desired_window_seconds.to_string());
    let horizon = text(|service| service.settings.horizon_days.to_string());
    let late = text(|service| service.settings.late_policy.as_str().to_owned());
    let switch =
        |setting: &SwitchSetting| (*setting, RwSignal::new(before.as_ref().is_some_and(setting.get)));
    let switches = StoredValue::new(SWITCHES.iter().map(switch).collect::<Vec<_>>());
    let errors: [_; 6] = std::array::from_fn(|_| RwSignal::new(None));
    let [name_error, zone_error, country_error, window_error, horizon_error, late_error] = errors;
    let rules = RuleSettings::of(before.as_ref());
    let edits = service.is_some();
    let (title, button, done) = if edits {
        (messages::edit_service(), messages::save(), messages::service_saved())
    } else {
        (messages::create_service(), messages::create(), messages::service_created())
    };
    let handle = DialogHandle::new(title);
    let submission = Submission::of(handle);
    let service = StoredValue::new(service);
    let submit = move |()| {
        let filled = [
            require(name, name_error, messages::enter_name()),
            require(zone, zone_error, messages::fault_time_zone()),
            require(country, country_error, messages::fault_country()),
        ];
        let seconds = window.with_untracked(|window| window.trim().parse().ok());
        let days = horizon.with_untracked(|days| days.trim().parse().ok());
        if edits && seconds.is_none() {
            window_error.set(Some(messages::fault_window().to_owned()));
        }
        if edits && days.is_none() {
            horizon_error.set(Some(messages::fault_horizon().to_owned()));
        }
        let rules_valid = !edits || rules.check();
        if filled.contains(&false) || !rules_valid || (edits && (seconds.is_none() || days.is_none())) {
            return handle.focus_first_error();
        }
        let value = |signal: RwSignal<String>| signal.get_untracked().trim().to_owned();
        let (name, time_zone, default_country) =
            (value(name), value(zone), value(country).to_ascii_uppercase());
        let work = async move {
            match service.get_value() {
                None => {
                    submission
                        .command(PostService(CreateService { name, time_zone, default_country }), None)
                        .await
                }
                Some(service) => {
                    let mut edit = EditService {
                        name: Some(name),
                        time_zone: Some(time_zone),
                        default_country: Some(default_country),
                        desired_window_seconds: seconds,
                        horizon_days: days,
                        late_policy: late.with_untracked(|late| late.parse().ok()),
                        ..EditService::default()
                    };
                    rules.write(&mut edit);
                    for (setting, on) in switches.get_value() {
                        (setting.set)(&mut edit, on.get_untracked());
                    }
                    submission.command(PatchService(service.id, edit), Some(service.version)).await
                }
            }
        };
        let saved = move |_| {
            handle.close();
            services.reload();
            let detail = (!edits).then(|| messages::seen_after_reload().to_owned());
            toasts.show(Toast { detail, ..Toast::success(done) });
        };
        submission.run(work, saved, move |failure| {
            if failure.kind() == Some(ProblemKind::Duplicate) {
                return name_error.set(Some(messages::name_taken().to_owned()));
            }
            let pointers = [
                "/name",
                "/time_zone",
                "/default_country",
                "/desired_window_seconds",
                "/horizon_days",
                "/late_policy",
            ];
            let fields: Vec<_> = pointers.into_iter().zip(errors).chain(rules.fields()).collect();
            handle.problem.set(show_problems(&failure, &fields));
        });
    };
    view! {
        <Dialog handle on_close=move |()| services.close() on_submit=submit action=handle.submit(button)>
            <TextField label=messages::name() value=name error=name_error autofocus=true />
            <TextField
                label=messages::time_zone()
                value=zone
                error=zone_error
                hint=messages::time_zone_example().to_owned()
            />
            <TextField
                label=messages::country()
                value=country
                error=country_error
                hint=messages::country_hint().to_owned()
            />
            {edits.then(|| view! {
                <TextField
                    label=messages::window_seconds()
                    value=window
                    error=window_error
                    inputmode="numeric"
                    hint=messages::window_hint().to_owned()
                />
                <div class="switches">
                    {switches
                        .get_value()
                        .into_iter()
                        .map(|(setting, on)| view! {
                            <Switch label=(setting.label)() on on_switch=move |now| on.set(now) />
                        })
                        .collect_view()}
                </div>
                <TextField
                    label=messages::horizon_days()
                    value=horizon
                    error=horizon_error
                    inputmode="numeric"
                    hint=messages::horizon_hint().to_owned()
                />
                <SelectField
                    label=messages::late_policy()
                    value=late
                    error=late_error
                    choices=late_choices()
                    hint=messages::late_policy_hint().to_owned()
                />
                <RuleFields rules />
            })}
        </Dialog>
    }
}
