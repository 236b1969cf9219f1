//! The versions of a service, and who made them.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::admin::ServiceView;
use ringback_domain::wire::audit::{AuditAction, AuditEntry, AuditQuery, AuditResult};
use ringback_domain::wire::endpoint::ListAudit;
use ringback_domain::wire::service::{FieldChange, edit_of, service_changes};
use ringback_domain::{ServiceId, Timestamp};
use serde_json::Value;

use super::Services;
use super::draft::Draft;
use super::settings::{Known, at, describe};
use crate::api::Failure;
use crate::browser;
use crate::client::Client;
use crate::components::button::Button;
use crate::format;
use crate::messages;
use crate::pages::audit::actor;
use crate::preferences::PreferenceStore;

/// Entries of each kind that are read.
const ENTRIES: u32 = 20;

/// How often the audit is asked for an entry that is not sealed yet, and the pause before it is
/// asked again, in milliseconds.
const TRIES: u32 = 6;
const PAUSE: i32 = 400;

/// A version, as the audit tells of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Version {
    /// `None` where a configuration was applied, which may have changed the service more than once.
    number: Option<i64>,
    at: Timestamp,
    who: String,
    changes: Vec<FieldChange>,
    /// What a configuration changed, as the audit has it.
    lines: Vec<String>,
}

impl Version {
    fn of_entry(entry: AuditEntry) -> Self {
        let created = entry.action == AuditAction::ServiceCreate;
        let number = entry.details["version"].as_i64().or(created.then_some(1));
        let changes = serde_json::from_value(entry.details["changes"].clone()).unwrap_or_default();
        let lines = created.then(|| messages::service_created().to_owned()).into_iter().collect();
        Self { number, at: entry.at, who: actor(entry.actor), changes, lines }
    }

    /// Of a configuration, if it changed the service of this name.
    fn of_configuration(entry: AuditEntry, name: &str) -> Option<Self> {
        let edits = entry.details["changes"].as_array()?.iter().map(|change| &change["edit"]);
        let edit = edits.into_iter().find(|edit| edit["table"] == "services" && edit["name"] == name)?;
        let lines = edit["values"].as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        Some(Self { number: None, at: entry.at, who: actor(entry.actor), changes: Vec::new(), lines })
    }
}

/// The last versions of a service, newest first.
async fn versions(client: Client, id: ServiceId, name: &str) -> Result<Vec<Version>, Failure> {
    let of = |action, object| {
        let query =
            AuditQuery { action: Some(action), object, limit: Some(ENTRIES), ..AuditQuery::default() };
        async move { client.call(&ListAudit(query)).await }
    };
    let (edited, created, applied) = futures_util::try_join!(
        of(AuditAction::ServiceEdit, Some(id.0)),
        of(AuditAction::ServiceCreate, Some(id.0)),
        of(AuditAction::ConfigurationApply, None),
    )?;
    let done = |entry: &AuditEntry| entry.result == AuditResult::Accepted;
    let own = edited.items.into_iter().chain(created.items).filter(done).map(Version::of_entry);
    let applied = applied.items.into_iter().filter(done);
    let applied = applied.filter_map(|entry| Version::of_configuration(entry, name));
    let mut versions: Vec<_> = own.chain(applied).collect();
    versions.sort_by_key(|version| std::cmp::Reverse(version.at));
    Ok(versions)
}

/// The same once the audit has this version, or has had the time to take it in.
pub(super) async fn versions_with(client: Client, service: &ServiceView) -> Result<Vec<Version>, Failure> {
    let mut tries = 0;
    loop {
        let found = versions(client, service.id, &service.name).await?;
        tries += 1;
        if tries == TRIES || found.iter().any(|version| version.number == Some(service.version)) {
            return Ok(found);
        }
        browser::sleep(PAUSE).await;
    }
}

/// Who made a version, and when.
pub(super) async fn author(client: Client, service: &ServiceView) -> Option<String> {
    let found = versions_with(client, service).await.ok()?;
    let version = found.into_iter().find(|version| version.number == Some(service.version));
    version.map(|version| version.who)
}

/// Each version with the service as it was then, as far back as no version is missing.
fn restorable(current: &ServiceView, versions: Vec<Version>) -> Vec<(Version, Option<ServiceView>)> {
    let mut service = serde_json::to_value(current).ok();
    let mut expected = current.version;
    let mut told = Vec::new();
    for version in versions {
        if version.number != Some(expected) {
            service = None;
        }
        let then = service.clone().and_then(|service| serde_json::from_value(service).ok());
        if let Some(service) = &mut service {
            for change in &version.changes {
                if let Some(value) = service.pointer_mut(&change.pointer) {
                    value.clone_from(&change.from);
                }
            }
        }
        expected -= 1;
        told.push((version, then));
    }
    told
}

/// The last versions, for those who may read the audit.
#[component]
pub(super) fn Versions(services: Services, draft: Draft) -> impl IntoView {
    let client = services.client;
    let style = PreferenceStore::here().style_untracked();
    let found = RwSignal::new(None::<Result<Vec<Version>, String>>);
    let load = move |is_new: bool| {
        let service = draft.saved.get_untracked();
        spawn_local(async move {
            let loaded = if is_new {
                versions_with(client, &service).await
            } else {
                versions(client, service.id, &service.name).await
            };
            found.try_set(Some(loaded.map_err(|failure| failure.message())));
        });
    };
    Effect::new(move |before: Option<i64>| {
        let version = draft.saved.with(|saved| saved.version);
        if before != Some(version) {
            load(before.is_some());
        }
        version
    });
    let item = move |(version, then): (Version, Option<ServiceView>)| {
        let current = draft.saved.with_untracked(|saved| saved.version);
        let in_force = version.number == Some(current);
        let title = match version.number {
            Some(number) => messages::version_number(number),
            None => messages::audit_configuration_apply().to_owned(),
        };
        let number = version.number.unwrap_or_default();
        let restore = then.filter(|_| !in_force && services.may_edit).map(|then| {
            view! { <Restore services draft number then /> }
        });
        let known = services.known.get().unwrap_or_default();
        let changes = version.changes.into_iter().map(|change| change_line(change, &known)).collect_view();
        let lines = version.lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
        view! {
            <li class="version">
                <div class="version__head">
                    <b>{title}</b>
                    {in_force.then(|| view! { <span class="version__badge">{messages::in_force()}</span> })}
                    {restore}
                </div>
                <p class="subtle">{messages::version_by(version.who, format::day_time(version.at, style))}</p>
                <ul class="version__changes">{changes}{lines}</ul>
            </li>
        }
    };
    view! {
        <section class="card rule__part versions" aria-label=messages::versions()>
            <h2>{messages::versions()}</h2>
            <Unsaved services draft />
            {move || match found.get() {
                None => view! { <p class="subtle">{messages::loading()}</p> }.into_any(),
                Some(Err(text)) => view! { <p class="hint" role="alert">{text}</p> }.into_any(),
                Some(Ok(found)) if found.is_empty() => {
                    view! { <p class="subtle">{messages::no_versions()}</p> }.into_any()
                }
                Some(Ok(found)) => {
                    let told = draft.saved.with_untracked(|saved| restorable(saved, found));
                    view! { <ol class="versions__list">{told.into_iter().map(item).collect_view()}</ol> }.into_any()
                }
            }}
        </section>
    }
}

/// What is not saved yet, above the versions.
#[component]
fn Unsaved(services: Services, draft: Draft) -> impl IntoView {
    let changes = Memo::new(move |_| draft.changes());
    move || {
        let changes = changes.get();
        let known = services.known.get().unwrap_or_default();
        (!changes.is_empty()).then(|| {
            let typed = |change: FieldChange| {
                // What cannot be read is shown as it was typed.
                let wrong =
                    draft.input(&change.pointer).is_some_and(|input| input.error.with(Option::is_some));
                (!wrong).then(|| change_line(change, &known))
            };
            view! {
                <div class="version version--unsaved">
                    <b>{messages::not_saved()}</b>
                    <ul class="version__changes">{changes.into_iter().filter_map(typed).collect_view()}</ul>
                </div>
            }
        })
    }
}

/// `Gap, BUSY: 2 min → 3 min`.
fn change_line(change: FieldChange, known: &Known) -> impl IntoView + use<> {
    let (label, kind) = at(&change.pointer);
    let [from, to] = [&change.from, &change.to].map(|value| describe(kind, value, known));
    view! { <li>{label}<span><s>{from}</s>" → "<b>{to}</b></span></li> }
}

/// Makes a new version with the values of an older one.
#[component]
fn Restore(services: Services, draft: Draft, number: i64, then: ServiceView) -> impl IntoView {
    let inactive =
        Signal::derive(move || (!draft.changes().is_empty()).then(|| messages::restore_unsaved().to_owned()));
    let then = StoredValue::new(then);
    let restore = move |()| {
        let saved = draft.saved.get_untracked();
        let changes = then.with_value(|then| service_changes(&saved, then));
        if let Ok(edit) = edit_of(&changes) {
            services.send(draft, edit, saved.version);
        }
    };
    view! {
        <Button inactive on_press=restore class="btn--small">
            {messages::restore()}<span class="visually-hidden">" "{messages::version_number(number)}</span>
        </Button>
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::Service;
    use serde_json::json;

    use super::*;

    fn version(number: Option<i64>, pointer: &str, from: Value) -> Version {
        let changes = vec![FieldChange { pointer: pointer.to_owned(), from, to: Value::Null }];
        let at = Timestamp::from_micros(0);
        Version { number, at, who: String::new(), changes, lines: Vec::new() }
    }

    #[test]
    fn a_version_can_be_restored_while_none_after_it_is_missing() {
        let service = Service {
            id: ServiceId(uuid::Uuid::from_u128(1)),
            name: "C".to_owned(),
            time_zone: "UTC".to_owned(),
            default_country: "GB".to_owned(),
            settings: ringback_domain::service::Settings::default(),
            version: 5,
        };
        let told = restorable(
            &(&service).into(),
            vec![
                version(Some(5), "/name", json!("B")),
                version(Some(4), "/name", json!("A")),
                version(None, "/name", json!("?")),
                version(Some(2), "/name", json!("?")),
            ],
        );
        let names: Vec<_> = told.into_iter().map(|(_, then)| then.map(|then| then.name)).collect();
        assert_eq!(names, [Some("C".to_owned()), Some("B".to_owned()), None, None]);
    }
}
