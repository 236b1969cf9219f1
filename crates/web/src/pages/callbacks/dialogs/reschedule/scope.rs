//! What is rescheduled, and where to; and the preview that follows both.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::bulk::{Matching, TimeRange};
use ringback_domain::wire::bulk_reschedule::{
    BulkReschedule, CreateBulkReschedule, MAX_SPREAD_DAYS, MoveItem, MoveItemsQuery, MoveOutcome, SpreadRange,
};
use ringback_domain::wire::endpoint::{ListMoveItems, PostBulkReschedule};
use ringback_domain::wire::list::Page;
use ringback_domain::{CallbackId, StateName, Timestamp};

use super::count_of;
use crate::api::{Command, Failure};
use crate::browser;
use crate::client::Client;
use crate::clock;
use crate::components::boxes::Group;
use crate::components::field::FieldError;
use crate::components::unique_id;
use crate::messages;
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::record::date_time::{DateTimeFields, DateTimeForm, Zones};

/// How long the preview waits for further changes, in milliseconds.
const PAUSE: i32 = 350;

/// Seconds between the suggested beginning and end.
const SUGGESTED: i64 = 2 * 3_600;

/// What would be moved where.
#[derive(Clone)]
pub(super) struct Preview {
    /// The dry run.
    pub(super) job: BulkReschedule,
    /// Callbacks that would stay, those first, and others that would be moved.
    pub(super) lines: Vec<MoveItem>,
}

/// What is rescheduled, and where to.
#[derive(Clone, Copy)]
pub(super) struct RescheduleScope {
    page: PageState,
    /// The ids of the rows that were selected when the dialog was opened.
    ids: StoredValue<Vec<CallbackId>>,
    /// What is scheduled in the range instead of the selection.
    all: RwSignal<bool>,
    /// The bounds of the range, fixed when the dialog was opened.
    bounds: StoredValue<TimeRange>,
    from: DateTimeForm,
    to: DateTimeForm,
    /// The last preview; `None` until the first is there, and while the times are not right.
    pub(super) preview: RwSignal<Option<Result<Preview, Failure>>>,
    /// A preview is being computed.
    pub(super) busy: RwSignal<bool>,
    /// Counts the changes, so that an answer to an older one is left out.
    change: StoredValue<u32>,
}

impl RescheduleScope {
    pub(super) fn new(page: PageState) -> Self {
        let rows = page.feed.selection.rows_untracked();
        let style = page.preferences.style_untracked();
        let latest = rows.iter().map(|row| row.record.with_untracked(|view| view.desired_time)).max();
        let begin = suggested(latest, clock::now());
        let scope = Self {
            page,
            ids: StoredValue::new(rows.iter().map(|row| row.id).collect()),
            all: RwSignal::new(false),
            bounds: StoredValue::new(
                page.view.with_untracked(|view| view.list.bounds(clock::now(), style.utc)),
            ),
            from: DateTimeForm::at(begin, style),
            to: DateTimeForm::at(begin.plus_seconds(SUGGESTED), style),
            preview: RwSignal::new(None),
            busy: RwSignal::new(false),
            change: StoredValue::new(0),
        };
        Effect::new(move |before: Option<()>| {
            scope.all.track();
            scope.from.track();
            scope.to.track();
            untrack(|| scope.renew(before.is_some()));
        });
        scope
    }

    /// Computes the preview again once nothing has changed for a while.
    fn renew(self, waits: bool) {
        self.change.update_value(|change| *change += 1);
        let change = self.change.get_value();
        self.busy.set(true);
        spawn_local(async move {
            if waits {
                browser::sleep(PAUSE).await;
            }
            let is_last = move || self.change.try_get_value() == Some(change);
            if !is_last() {
                return;
            }
            let Some(request) = self.request(true) else {
                self.preview.set(None);
                return self.busy.set(false);
            };
            let preview = load(self.page.client, request).await;
            if is_last() {
                self.preview.set(Some(preview));
                self.busy.set(false);
            }
        });
    }

    /// The fields that the server may report problems about.
    pub(super) fn fields(self) -> [(&'static str, FieldError); 2] {
        [("/into/from", self.from.error()), ("/into/to", self.to.error())]
    }

    /// The request; `None` if a time is not right, which is marked then.
    pub(super) fn request(self, dry_run: bool) -> Option<CreateBulkReschedule> {
        let style = self.page.preferences.style_untracked();
        self.from.error().set(None);
        self.to.error().set(None);
        let into = SpreadRange { from: self.from.read_instant(style)?, to: self.to.read_instant(style)? };
        let fault = if into.to <= into.from {
            Some(messages::spread_backwards().to_owned())
        } else if into.to > into.from.plus_seconds(MAX_SPREAD_DAYS * 86_400) {
            Some(messages::spread_too_long(MAX_SPREAD_DAYS))
        } else {
            None
        };
        if let Some(fault) = fault {
            self.to.error().set(Some(fault));
            return None;
        }
        if !self.all.get_untracked() {
            let ids = Some(self.ids.get_value());
            return Some(CreateBulkReschedule { ids, range: None, matching: None, into, dry_run });
        }
        let range = self.bounds.get_value();
        let filter = self.page.view.with_untracked(|view| view.list.filter(range.clone()));
        let state = if filter.state.is_empty() || filter.state.contains(&StateName::Scheduled) {
            vec![StateName::Scheduled]
        } else {
            filter.state
        };
        let matching = Matching {
            state,
            service: filter.service,
            search_field: filter.search_field,
            search: filter.search,
            overdue: filter.overdue,
        };
        Some(CreateBulkReschedule { ids: None, range: Some(range), matching: Some(matching), into, dry_run })
    }

    /// How many callbacks would be moved, as far as that is known.
    pub(super) fn moving(self) -> u64 {
        self.preview.with(|preview| match preview {
            Some(Ok(preview)) => count_of(&preview.job.outcomes, MoveOutcome::Moved),
            _ => 0,
        })
    }

    /// Why nothing can be rescheduled.
    pub(super) fn obstacle(self) -> Option<String> {
        let text = match self.preview.with(|preview| preview.as_ref().map(Result::is_ok)) {
            _ if self.busy.get() => messages::computing_preview(),
            Some(true) if self.moving() > 0 => return None,
            Some(true) => messages::reschedule_none(),
            // The times say what is wrong with them, or the preview why there is none.
            Some(false) | None => messages::preview_missing(),
        };
        Some(text.to_owned())
    }
}

/// The quarter of an hour after the latest of the selection, or after now.
fn suggested(latest: Option<Timestamp>, now: Timestamp) -> Timestamp {
    const QUARTER: i64 = 15 * 60 * 1_000_000;
    let after = latest.map_or(now, |latest| latest.max(now)).micros();
    Timestamp::from_micros((after.div_euclid(QUARTER) + 1) * QUARTER)
}

/// What would be moved where, with those that stay first.
async fn load(client: Client, request: CreateBulkReschedule) -> Result<Preview, Failure> {
    let job = client.command(&PostBulkReschedule(request), &Command::new(None)).await?;
    let items = async |query: MoveItemsQuery| -> Result<Page<MoveItem>, Failure> {
        client.call(&ListMoveItems(job.id, query)).await
    };
    let mut lines = items(MoveItemsQuery { stayed: Some(true), ..MoveItemsQuery::default() }).await?.items;
    let all = items(MoveItemsQuery::default()).await?.items;
    lines.extend(all.into_iter().filter(|item| item.outcome == Some(MoveOutcome::Moved)));
    Ok(Preview { job, lines })
}

/// The checkbox that chooses the whole range, and the times.
#[component]
pub(super) fn ScopeFields(scope: RescheduleScope) -> impl IntoView {
    let RescheduleScope { page, all, from, to, .. } = scope;
    let label = move || page.range_label(page.view.with_untracked(|view| view.list.range));
    let id = unique_id("all");
    let hint_id = format!("{id}-hint");
    view! {
        <div class="reschedule__scope">
            <p class="hint">{messages::spread_explained()}</p>
            <Group label=messages::spread_from()>
                <DateTimeFields date_time=from zones=Signal::stored(Zones::default()) />
            </Group>
            <Group label=messages::spread_to()>
                <DateTimeFields date_time=to zones=Signal::stored(Zones::default()) />
            </Group>
            <label class="option-row">
                <input
                    type="checkbox"
                    class="check"
                    aria-labelledby=id.clone()
                    aria-describedby=hint_id.clone()
                    prop:checked=all
                    on:change=move |event| all.set(event_target_checked(&event))
                />
                <span id=id>{messages::reschedule_all()}</span>
            </label>
            <p class="hint" id=hint_id>{move || messages::reschedule_all_hint(label())}</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suggestion_is_the_quarter_after_the_selection_but_not_in_the_past() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-24T13:07:00Z");
        assert_eq!(suggested(None, now), at("2026-11-24T13:15:00Z"));
        assert_eq!(suggested(Some(at("2026-11-24T15:00:00Z")), now), at("2026-11-24T15:15:00Z"));
        assert_eq!(suggested(Some(at("2026-11-24T11:00:00Z")), now), at("2026-11-24T13:15:00Z"));
    }
}
