//! What is to be cancelled: the selection, or everything in the range.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::callback::rules;
use ringback_domain::wire::bulk::{CreateBulkCancellation, Matching, TimeRange};
use ringback_domain::wire::endpoint::CountCallbacks;
use ringback_domain::wire::list::{CallbackFilter, CountByState, CountQuery};
use ringback_domain::{CallbackId, StateName};

use super::tally;
use crate::api::Failure;
use crate::clock;
use crate::components::icon::Icon;
use crate::components::state_badge::StateBadge;
use crate::components::unique_id;
use crate::format;
use crate::messages::{self, cancel_all_hint, cancel_matching_hint};
use crate::pages::callbacks::list::page::PageState;
use crate::pages::callbacks::record::row::Row;
use crate::pages::callbacks::view::state::Quick;

/// The states in which a callback can be cancelled.
fn cancellable_states() -> impl Iterator<Item = StateName> {
    StateName::ALL.iter().copied().filter(|state| rules::can_cancel(*state))
}

/// What is to be cancelled.
#[derive(Clone, Copy)]
pub(super) struct CancelScope {
    page: PageState,
    /// The rows selected when the dialog was opened, by desired time.
    rows: StoredValue<Vec<Row>>,
    /// The whole range instead of the selection.
    all: RwSignal<bool>,
    /// Only the callbacks of the range that match the filters.
    matching: RwSignal<bool>,
    /// The bounds of the range, fixed when the range was chosen.
    bounds: RwSignal<TimeRange>,
    /// The counts of the range, once they are known.
    counts: RwSignal<Option<Result<CountByState, Failure>>>,
}

impl CancelScope {
    pub(super) fn new(page: PageState) -> Self {
        let mut rows = page.feed.selection.rows_untracked();
        rows.sort_by_key(|row| row.record.with_untracked(|view| (view.desired_time, view.id)));
        let scope = Self {
            page,
            rows: StoredValue::new(rows),
            all: RwSignal::new(false),
            matching: RwSignal::new(false),
            bounds: RwSignal::new(bounds_now(page)),
            counts: RwSignal::new(None),
        };
        Effect::new(move |_| {
            let (all, matching) = (scope.all.get(), scope.matching.get());
            if all {
                untrack(|| scope.count(matching));
            }
        });
        scope
    }

    /// The filter of the callbacks in the range.
    fn filter(self, matching: bool) -> CallbackFilter {
        let bounds = self.bounds.get_untracked();
        if matching { self.page.view.with_untracked(|view| view.list.filter(bounds)) } else { bounds.into() }
    }

    /// Whether the filters exclude anything.
    fn filtered(self) -> bool {
        self.filter(true) != self.filter(false)
    }

    fn count(self, matching: bool) {
        self.bounds.set(bounds_now(self.page));
        self.counts.set(None);
        let request = CountCallbacks { filter: self.filter(matching), count: CountQuery::default() };
        spawn_local(async move {
            let response = self.page.client.call(&request).await;
            // The scope may have changed meanwhile, or the dialog been closed.
            if self.all.try_get_untracked() == Some(true)
                && self.matching.get_untracked() == matching
                && self.bounds.with_untracked(|bounds| request.filter.from == Some(bounds.from))
            {
                self.counts.set(Some(response.map(|counts| counts.by_state)));
            }
        });
    }

    /// The number of callbacks to cancel; `None` while it is being counted.
    pub(super) fn number(self) -> Option<u64> {
        if !self.all.get() {
            return u64::try_from(self.cancellable().len()).ok();
        }
        self.counts.with(|counts| counts.as_ref()?.as_ref().ok().copied().map(cancellable_of))
    }

    /// The selected rows that can be cancelled now.
    fn cancellable(self) -> Vec<Row> {
        self.rows_by(true)
    }

    fn rows_by(self, cancellable: bool) -> Vec<Row> {
        let fits = |row: &&Row| row.record.with(|view| view.can.cancel) == cancellable;
        self.rows.with_value(|rows| rows.iter().filter(fits).cloned().collect())
    }

    /// Why it cannot be confirmed.
    pub(super) fn obstacle(self) -> Option<String> {
        let text = match (self.number(), self.all.get()) {
            (Some(0), false) => messages::cancel_none(),
            (Some(0), true) if self.matching.get() => messages::cancel_none_matching(),
            (Some(0), true) => messages::cancel_none_in_range(),
            (Some(_), _) => return None,
            (None, _) => messages::counting(),
        };
        Some(text.to_owned())
    }

    /// The request; `None` if it would cancel nothing.
    pub(super) fn request(self) -> Option<CreateBulkCancellation> {
        if untrack(|| self.obstacle()).is_some() {
            return None;
        }
        if !self.all.get_untracked() {
            let ids: Vec<CallbackId> = untrack(|| self.cancellable()).iter().map(|row| row.id).collect();
            return Some(CreateBulkCancellation { ids: Some(ids), ..CreateBulkCancellation::default() });
        }
        let filter = self.filter(self.matching.get_untracked());
        let state = cancellable_among(&filter.state);
        // A filter without states would select all of them.
        (!state.is_empty()).then(|| CreateBulkCancellation {
            range: Some(self.bounds.get_untracked()),
            matching: Some(Matching {
                state,
                service: filter.service,
                search_field: filter.search_field,
                search: filter.search,
                overdue: filter.overdue,
            }),
            ..CreateBulkCancellation::default()
        })
    }
}

fn bounds_now(page: PageState) -> TimeRange {
    let utc = page.preferences.style_untracked().utc;
    page.view.with_untracked(|view| view.list.bounds(clock::now(), utc))
}

fn cancellable_of(mut counts: CountByState) -> u64 {
    cancellable_states().map(|state| *counts.of(state)).sum()
}

/// The states of a filter in which callbacks can be cancelled; a filter without
/// states selects all.
fn cancellable_among(filter: &[StateName]) -> Vec<StateName> {
    cancellable_states().filter(|state| filter.is_empty() || filter.contains(state)).collect()
}

/// The selected callbacks, or the range in their place, and the checkboxes that
/// choose between them.
#[component]
pub(super) fn ScopeFields(scope: CancelScope) -> impl IntoView {
    let CancelScope { page, all, matching, .. } = scope;
    let label = move || page.range_label(page.view.with_untracked(|view| view.list.range));
    let filtered = scope.filtered();
    let ids = StoredValue::new(unique_id("all"));
    let only_ids = [unique_id("only"), unique_id("only")];
    let hint_id = move || format!("{}-hint", ids.get_value());
    view! {
        {move || {
            if all.get() {
                view! { <WholeRange scope /> }.into_any()
            } else {
                view! { <Selected scope /> }.into_any()
            }
        }}
        <label class="main-check">
            <input
                type="checkbox"
                class="check"
                aria-labelledby=ids.get_value()
                aria-describedby=hint_id()
                prop:checked=all
                on:change=move |event| all.set(event_target_checked(&event))
            />
            <b id=ids.get_value()>{messages::cancel_all()}</b>
            <span class="hint" id=hint_id()>
                {move || {
                    let hint = if matching.get() { cancel_matching_hint } else { cancel_all_hint };
                    hint(label())
                }}
            </span>
        </label>
        <Show when=move || filtered && all.get()>
            <label class="option-row option-row--nested">
                <input
                    type="checkbox"
                    class="check"
                    aria-labelledby=only_ids[0].clone()
                    aria-describedby=only_ids[1].clone()
                    prop:checked=matching
                    on:change=move |event| matching.set(event_target_checked(&event))
                />
                <span id=only_ids[0].clone()>{messages::only_matching()}</span>
                <span class="hint num" id=only_ids[1].clone()>{filters(page)}</span>
            </label>
        </Show>
    }
}

/// A summary of the active filters.
fn filters(page: PageState) -> String {
    let list = page.view.get_untracked().list;
    let visible = list.visible.states.len();
    let services = list.visible.services.len();
    let all = page.session.me().map_or(0, |me| me.services.len());
    let part = |name: &str, count| format!("{name} {count}");
    let parts = [
        (list.quick != Quick::All).then(|| list.quick.label().to_owned()),
        (list.quick == Quick::All && visible > 0)
            .then(|| part(messages::chip_states(), messages::some_of(visible, StateName::ALL.len()))),
        (services > 0).then(|| part(messages::services(), messages::some_of(services, all))),
        (!list.search.trim().is_empty()).then(|| messages::quoted(list.search.trim())),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[component]
fn Selected(scope: CancelScope) -> impl IntoView {
    let page = scope.page;
    let columns = [
        messages::column_state(),
        messages::column_desired_time(),
        messages::column_service(),
        messages::column_number(),
    ];
    let line = move |row: Row| {
        let number = row.number();
        let record = row.record.clone();
        let badge = move || {
            let state = record.with(|view| view.state);
            view! { <StateBadge state result=None /> }
        };
        let record = row.record;
        let service = record.with_untracked(|view| view.service.name.clone());
        let time = move || record.with(|view| format::day_time(view.desired_time, page.preferences.style()));
        view! {
            <tr><td>{badge}</td><td class="num">{time}</td><td>{service}</td><td class="num" dir="ltr">{number}</td></tr>
        }
    };
    let count = Memo::new(move |_| scope.number().unwrap_or_default());
    view! {
        <p>
            {move || match count.get() {
                0 => messages::cancel_none().to_owned(),
                count => messages::cancel_these(count),
            }}
        </p>
        <Show when=move || { count.get() > 0 }>
            <div class="compact-table__region" tabindex="0" role="group" aria-label=messages::selected_callbacks()>
                <table class="compact-table" aria-label=messages::selected_callbacks()>
                    <thead>
                        <tr>{columns.map(|column| view! { <th scope="col">{column}</th> }).collect_view()}</tr>
                    </thead>
                    <tbody><For each=move || scope.cancellable() key=|row| row.id children=line /></tbody>
                </table>
            </div>
        </Show>
        {move || {
            let text = left_out(&scope.rows_by(false))?;
            Some(view! { <div class="note"><Icon name="info" /><span>{text}</span></div> })
        }}
    }
}

/// Names the first callbacks that are not cancelled.
fn left_out(rows: &[Row]) -> Option<String> {
    const MAX_NAMES: usize = 3;
    let name = |row: &Row| {
        let (service, state) = row.record.with(|view| (view.service.name.clone(), view.state));
        messages::left_out_name(row.number(), service, state)
    };
    let more = rows.len().saturating_sub(MAX_NAMES);
    let mut names: Vec<String> = rows.iter().take(MAX_NAMES).map(name).collect();
    names.extend((more > 0).then(|| messages::and_more(more)));
    let count = u64::try_from(rows.len()).unwrap_or_default();
    (count > 0).then(|| messages::left_out(count, names.join("; ")))
}

#[component]
fn WholeRange(scope: CancelScope) -> impl IntoView {
    let page = scope.page;
    let label = move || page.range_label(page.view.with_untracked(|view| view.list.range));
    let written_out = move || {
        let (bounds, style) = (scope.bounds.get(), page.preferences.style());
        let at = |at| format::day_time(at, style);
        let whole = messages::from_until(at(bounds.from), at(bounds.to));
        let range = match bounds.daily {
            Some(hours) => messages::hours_within(format::every_day(hours.from, hours.to, style), whole),
            None => whole,
        };
        messages::every_in_bounds(range, format::zone(style))
    };
    let counted = move || match scope.counts.get() {
        None => view! { <p class="subtle" role="status">{messages::counting()}</p> }.into_any(),
        Some(Err(failure)) => view! {
            <div class="note note--danger" role="alert">
                <Icon name="circle-alert" />
                <span>{failure.message()}</span>
            </div>
        }
        .into_any(),
        Some(Ok(mut counts)) => {
            let states: Vec<_> =
                cancellable_states().map(|state| (state.as_str(), *counts.of(state))).collect();
            let entries =
                std::iter::once((messages::to_be_cancelled(), cancellable_of(counts))).chain(states);
            let parts = [
                (counts.processing > 0).then(|| messages::processing_left_out(counts.processing)),
                (counts.completed > 0).then(|| messages::already_completed(counts.completed)),
                Some(messages::list_is_fixed().to_owned()),
            ];
            let note = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            view! {
                {tally(entries.collect())}
                <div class="note">
                    <Icon name="info" />
                    <span>{note}</span>
                </div>
            }
            .into_any()
        }
    };
    view! {
        <p>
            {move || if scope.matching.get() { messages::every_matching_in() } else { messages::every_in() }}
            <b class="semibold">{label}</b>
            {written_out}
        </p>
        {counted}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_for_what_cannot_be_cancelled_leaves_nothing() {
        let all = [StateName::Scheduled, StateName::Queued, StateName::Routing];
        assert_eq!(cancellable_among(&[]), all);
        assert_eq!(cancellable_among(&[StateName::Completed, StateName::Queued]), [StateName::Queued]);
        assert!(cancellable_among(&[StateName::Processing]).is_empty());
    }
}
