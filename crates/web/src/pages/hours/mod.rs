//! Office Hours and Capacity: calendars and rules, the one that is being edited, and
//! what of it is not saved yet.

mod dates;
mod draft;
mod editor;
mod intervals;
mod list;
mod names;
mod picture;
mod preview;
mod rule;
mod status;
mod week;

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use ringback_domain::Permission;
use ringback_domain::calendar::capacity::DEFAULT_SLOT_MINUTES;
use ringback_domain::wire::endpoint::GetReferenceData;
use ringback_domain::wire::reference::{MAX_TIME_ZONES, ReferenceQuery};
use uuid::Uuid;

use super::unsaved::guard;
use crate::client::Client;
use crate::components::button::{Appearance, Button};
use crate::components::empty_state::{EmptyState, Skeleton};
use crate::components::page::PlainPage;
use crate::format;
use crate::messages;
use crate::session::Session;
use crate::zones;
use draft::Draft;
use editor::Editor;
use list::RuleList;
use rule::{Content, Kind, Record};

/// The id in the address of one that is not created yet.
const NEW: &str = "new";

/// The page Office Hours.
#[component]
pub(crate) fn OfficeHoursPage() -> impl IntoView {
    view! { <RulesPage kind=Kind::Hours /> }
}

/// The page Capacity.
#[component]
pub(crate) fn CapacityPage() -> impl IntoView {
    view! { <RulesPage kind=Kind::Capacity /> }
}

type Navigate = Box<dyn Fn(&str, NavigateOptions)>;

/// What is open: a record, or one that is not created yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Target(Option<Uuid>);

/// The state of the page.
#[derive(Clone, Copy)]
struct Rules {
    kind: Kind,
    client: Client,
    may_edit: bool,
    /// What the server keeps, by name, or why it could not be loaded; `None` while it
    /// is being loaded.
    records: RwSignal<Option<Result<Vec<Record>, String>>>,
    /// What was opened, with changes that are not saved.
    drafts: RwSignal<Vec<Draft>>,
    /// The clocks of all zones have been read.
    clocks: RwSignal<bool>,
    /// Drafts live as long as the page.
    owner: StoredValue<Owner>,
    navigate: StoredValue<Navigate, LocalStorage>,
}

impl Kind {
    const fn path(self) -> &'static str {
        match self {
            Self::Hours => "/office-hours",
            Self::Capacity => "/capacity",
        }
    }
}

impl Rules {
    fn new(kind: Kind) -> Self {
        let this = Self {
            kind,
            client: Client::here(),
            may_edit: Session::here().may(Permission::ManageServices),
            records: RwSignal::new(None),
            drafts: RwSignal::new(Vec::new()),
            clocks: RwSignal::new(false),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            navigate: StoredValue::new_local(Box::new(use_navigate())),
        };
        this.load();
        this
    }

    fn load(self) {
        spawn_local(async move {
            let loaded = self.kind.list(self.client).await;
            self.records.try_set(Some(loaded.map_err(|failure| failure.message())));
            self.read_clocks().await;
        });
    }

    /// Reads the clocks of all zones. Without them the browser's own tables serve.
    async fn read_clocks(self) {
        let zones: Option<BTreeSet<String>> = self.records.try_with_untracked(|records| {
            let known = records.iter().flatten().flatten();
            known.map(|record| record.content.time_zone.clone()).collect()
        });
        let time_zone: Vec<_> = zones.into_iter().flatten().take(MAX_TIME_ZONES).collect();
        if time_zone.is_empty() {
            return;
        }
        if let Ok(known) = self.client.call(&GetReferenceData(ReferenceQuery { time_zone })).await {
            zones::adopt(known.time_zones);
            self.clocks.try_set(true);
        }
    }

    /// The draft of a record, or of a new one.
    fn draft(self, id: Option<Uuid>) -> Option<Draft> {
        let drafts = self.drafts.get_untracked();
        if let Some(draft) = drafts.into_iter().find(|draft| draft.saved.with_untracked(|of| of.id) == id) {
            return Some(draft);
        }
        let record = match id {
            None => Record {
                id: None,
                version: 0,
                content: Content {
                    time_zone: format::zone_name(false),
                    slot_minutes: if self.kind == Kind::Capacity { DEFAULT_SLOT_MINUTES } else { 0 },
                    ..Content::default()
                },
                used_by: Vec::new(),
            },
            Some(_) => self.records.with_untracked(|records| {
                records.iter().flatten().flatten().find(|record| record.id == id).cloned()
            })?,
        };
        let draft = Draft::of(self.kind, record, self.owner.get_value());
        self.drafts.update(|drafts| drafts.push(draft));
        Some(draft)
    }

    /// Takes over what the server keeps now.
    fn put(self, record: Record) {
        self.records.update(|records| {
            if let Some(Ok(records)) = records {
                records.retain(|other| other.id != record.id);
                records.push(record);
                records.sort_by(|one, other| one.content.name.cmp(&other.content.name));
            }
        });
        spawn_local(self.read_clocks());
    }

    /// Forgets a record and its draft.
    fn remove(self, id: Option<Uuid>) {
        self.drafts.update(|drafts| drafts.retain(|draft| draft.saved.with_untracked(|of| of.id) != id));
        self.records.update(|records| {
            if let Some(Ok(records)) = records {
                records.retain(|record| record.id != id);
            }
        });
    }

    /// Opens an address of the page, in the history instead of the one before.
    fn go(self, address: &str) {
        let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
        self.navigate.with_value(|navigate| navigate(address, options));
    }

    /// The address of a record, or of a new one.
    fn address(self, id: Option<Uuid>) -> String {
        let id = id.map_or_else(|| NEW.to_owned(), |id| id.to_string());
        format!("{}?id={id}", self.kind.path())
    }

    fn has_changes(self) -> bool {
        let drafts = self.drafts.try_get_untracked().unwrap_or_default();
        self.may_edit && untrack(|| drafts.into_iter().any(|draft| !draft.changes().is_empty()))
    }
}

#[component]
fn RulesPage(kind: Kind) -> impl IntoView {
    let rules = Rules::new(kind);
    guard(kind.path(), move || rules.has_changes());
    let query = use_query_map();
    // The first, unless the address says another.
    let open = Memo::new(move |_| {
        let asked = query.with(|query| query.get("id"));
        if rules.may_edit && asked.as_deref() == Some(NEW) {
            return Some(Target(None));
        }
        let asked: Option<Uuid> = asked.and_then(|id| id.parse().ok());
        rules.records.with(|records| {
            let all: Vec<_> = records.iter().flatten().flatten().map(|record| record.id).collect();
            let found = all.iter().copied().find(|id| asked.is_some() && *id == asked);
            found.or_else(|| all.first().copied()).map(Target)
        })
    });
    let (title, create) = match kind {
        Kind::Hours => (messages::office_hours(), messages::new_calendar()),
        Kind::Capacity => (messages::capacity(), messages::new_capacity_rule()),
    };
    let actions = rules.may_edit.then(|| {
        view! {
            <div class="actions">
                <Button
                    appearance=Appearance::Primary
                    icon="plus"
                    on_press=move |()| rules.go(&rules.address(None))
                >
                    {create}
                </Button>
            </div>
        }
    });
    let editor = move || {
        open.get().and_then(|Target(id)| rules.draft(id)).map(|draft| view! { <Editor rules draft /> })
    };
    let state = Memo::new(move |_| {
        rules.records.with(|records| match records {
            None => State::Loading,
            Some(Err(text)) => State::Failed(text.clone()),
            Some(Ok(records)) if records.is_empty() && open.get().is_none() => State::Empty,
            Some(Ok(_)) => State::Loaded,
        })
    });
    view! {
        <PlainPage title actions=actions.into_any()>
            {move || match state.get() {
                State::Loading => view! { <Skeleton label=messages::loading() /> }.into_any(),
                State::Failed(text) => view! {
                    <EmptyState icon="circle-alert" bad=true title=messages::list_failed() text>
                        <Button icon="refresh-cw" on_press=move |()| rules.load()>{messages::try_again()}</Button>
                    </EmptyState>
                }
                .into_any(),
                State::Empty => view! { <Nothing kind /> }.into_any(),
                State::Loaded => view! {
                    <div class="rules">
                        <RuleList rules open />
                        {editor}
                    </div>
                }
                .into_any(),
            }}
        </PlainPage>
    }
}

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Loading,
    Failed(String),
    Empty,
    Loaded,
}

#[component]
fn Nothing(kind: Kind) -> impl IntoView {
    let (icon, title, text) = match kind {
        Kind::Hours => ("clock", messages::no_calendars(), messages::no_calendars_text()),
        Kind::Capacity => ("gauge", messages::no_capacity_rules(), messages::no_capacity_rules_text()),
    };
    view! { <EmptyState icon title text=text.to_owned() /> }
}
