//! The progress and the result of a bulk reschedule, and undoing it.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::JobId;
use ringback_domain::wire::bulk::{JobState, Progress};
use ringback_domain::wire::bulk_reschedule::{BulkReschedule, MoveItem, MoveItemsQuery, MoveOutcome};
use ringback_domain::wire::endpoint::{
    GetBulkReschedule, ListMoveItems, PostBulkRescheduleStop, PostBulkRescheduleUndo,
};

use super::count_of;
use super::preview::{name_of, reason, service_name};
use crate::api::{Command, Failure};
use crate::browser::{self, js_number};
use crate::clock::{self, Clock};
use crate::components::button::{Button, Size};
use crate::components::toast::{Toast, ToastAction, Toasts};
use crate::format;
use crate::forms::show_problems;
use crate::messages;
use crate::pages::callbacks::dialogs::bulk::{stop_button, tally};
use crate::pages::callbacks::list::page::PageState;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Callbacks are being moved.
    Moving,
    /// They were moved.
    Moved,
    /// They are being moved back.
    Undoing,
    /// They were moved back.
    Undone,
}

/// Where the job stands.
pub(super) fn stage(job: &BulkReschedule) -> Stage {
    match &job.undo {
        Some(undo) if undo.finished_at.is_some() => Stage::Undone,
        Some(_) => Stage::Undoing,
        None if job.finished_at.is_some() => Stage::Moved,
        None => Stage::Moving,
    }
}

fn moved(job: &BulkReschedule) -> u64 {
    count_of(&job.outcomes, MoveOutcome::Moved)
}

/// How many were moved back, and how many were not.
fn moved_back(job: &BulkReschedule) -> (u64, u64) {
    let undo = job.undo.as_ref();
    let back = undo.map_or(0, |undo| count_of(&undo.outcomes, MoveOutcome::Moved));
    (back, undo.map_or(0, |undo| undo.progress.done).saturating_sub(back))
}

/// A job that is watched, with or without its dialog.
#[derive(Clone)]
pub(super) struct Watched {
    pub(super) page: PageState,
    pub(super) toasts: Toasts,
    /// The job; lives as long as it is watched.
    pub(super) job: ArcRwSignal<Option<BulkReschedule>>,
    /// The same, in the dialog if there is one.
    pub(super) shown: Option<RwSignal<Option<BulkReschedule>>>,
}

impl Watched {
    /// Follows a job until it is done, or moved back. If its dialog is closed by then, a toast
    /// says what came of it.
    pub(super) async fn watch(self, id: JobId) {
        /// Shortest and longest time between two polls, in milliseconds.
        const POLL_INTERVALS: (i32, i32) = (250, 4_000);
        let Self { page, toasts, ref job, shown } = self;
        let is_over = |job: &BulkReschedule| matches!(stage(job), Stage::Moved | Stage::Undone);
        let mut interval = POLL_INTERVALS.0;
        loop {
            browser::sleep(interval).await;
            let response = page.client.call(&GetBulkReschedule(id)).await;
            // The dialog may have stopped the job meanwhile; then this answer may be older.
            if job.with_untracked(|job| job.as_ref().is_some_and(is_over)) {
                return;
            }
            match response {
                Ok(now) if is_over(&now) => {
                    if shown.is_none_or(|shown| shown.is_disposed()) {
                        toasts.show(self.toast(&now));
                    }
                    return job.set(Some(now));
                }
                Ok(now) => job.set(Some(now)),
                Err(Failure::Unreachable) => {}
                Err(failure) => {
                    return toasts.show(Toast::error(messages::rescheduling_lost(), failure.message()));
                }
            }
            interval = (interval + interval / 4).min(POLL_INTERVALS.1);
        }
    }

    /// Undoes a job, and follows it; returns why that is not possible.
    async fn undo(self, id: JobId) -> Result<(), Failure> {
        let undoing = self.page.client.command(&PostBulkRescheduleUndo(id), &Command::new(None)).await?;
        self.job.set(Some(undoing));
        self.watch(id).await;
        Ok(())
    }

    /// What came of a job that is over. What was moved can be moved back from there as long as
    /// that is possible.
    pub(super) fn toast(&self, job: &BulkReschedule) -> Toast {
        if stage(job) == Stage::Undone {
            let (back, others) = moved_back(job);
            let mut toast = Toast::success(&messages::callbacks_moved_back(back));
            toast.detail = (others > 0).then(|| messages::not_moved_back(others));
            return toast;
        }
        let mut toast = Toast::success(&messages::callbacks_rescheduled(moved(job)));
        let stayed = job.progress.total.saturating_sub(moved(job));
        toast.detail = (stayed > 0).then(|| messages::stayed(stayed));
        let left = job.undo_until.map_or(0, |until| until.seconds_since(clock::now()));
        if let Ok(left @ 1..) = u64::try_from(left) {
            let (watched, id) = (Self { shown: None, ..self.clone() }, job.id);
            let undo = move || {
                let watched = watched.clone();
                spawn_local(async move {
                    let toasts = watched.toasts;
                    if let Err(failure) = watched.undo(id).await {
                        toasts.show(Toast::error(messages::reschedule_undo_failed(), failure.message()));
                    }
                });
            };
            toast.display_time = Duration::from_secs(left);
            toast.action = Some(ToastAction { label: messages::undo().to_owned(), run: Arc::new(undo) });
        }
        toast
    }
}

/// The progress, then the result.
#[component]
pub(super) fn JobView(job: RwSignal<Option<BulkReschedule>>) -> impl IntoView {
    let stage = Memo::new(move |_| job.with(|job| job.as_ref().map_or(Stage::Moving, stage)));
    let at_work = move || matches!(stage.get(), Stage::Moving | Stage::Undoing);
    let progress = move || {
        job.with(|job| {
            let Some(job) = job else { return Progress::default() };
            job.undo.as_ref().map_or(job.progress, |undo| undo.progress)
        })
    };
    let counts = move || {
        job.with(|job| {
            let job = job.as_ref()?;
            if job.undo.is_some() {
                let (back, others) = moved_back(job);
                return Some(tally(vec![(messages::moved_back(), back), (messages::will_stay(), others)]));
            }
            let stopped = count_of(&job.outcomes, MoveOutcome::Stopped);
            let stayed = job.progress.done.saturating_sub(moved(job));
            let mut entries = vec![(messages::rescheduled(), moved(job)), (messages::will_stay(), stayed)];
            entries.extend((job.state == JobState::Stopped).then_some((messages::not_begun(), stopped)));
            Some(tally(entries))
        })
    };
    let label = move || {
        if stage.get() == Stage::Undoing { messages::moving_back() } else { messages::rescheduling() }
    };
    let part = |count: u64| js_number(i64::try_from(count).unwrap_or_default());
    let said = move || {
        job.with(|job| {
            let job = job.as_ref()?;
            Some(match stage.get() {
                Stage::Moving | Stage::Undoing => return None,
                Stage::Moved => {
                    let stayed = job.progress.total.saturating_sub(moved(job));
                    let rest = if stayed > 0 { messages::stayed(stayed) } else { String::new() };
                    format!("{}. {rest}", messages::callbacks_rescheduled(moved(job)))
                }
                Stage::Undone => {
                    let (back, others) = moved_back(job);
                    let rest = if others > 0 { messages::not_moved_back(others) } else { String::new() };
                    format!("{}. {rest}", messages::callbacks_moved_back(back))
                }
            })
        })
    };
    view! {
        <Show when=at_work>
            <div class="field">
                <b class="semibold num">
                    {move || {
                        let progress = progress();
                        messages::done_of(format::count(progress.done), format::count(progress.total))
                    }}
                </b>
                <progress
                    aria-label=label
                    prop:max=move || part(progress().total.max(1))
                    prop:value=move || part(progress().done)
                ></progress>
            </div>
        </Show>
        {counts}
        <Show when=at_work>
            <p class="muted">{messages::reschedule_goes_on()}</p>
        </Show>
        <p class="visually-hidden" role="status">{said}</p>
        {move || {
            let stage = stage.get();
            let id = job.with_untracked(|job| exceptional(job.as_ref()?, stage))?;
            Some(view! { <Exceptions id undone={stage == Stage::Undone} /> })
        }}
    }
}

/// The job if it is over and some of its callbacks are not where they were to be moved.
fn exceptional(job: &BulkReschedule, stage: Stage) -> Option<JobId> {
    let stayed = match stage {
        Stage::Moving | Stage::Undoing => 0,
        Stage::Moved => job.progress.done.saturating_sub(moved(job)),
        Stage::Undone => moved_back(job).1,
    };
    (stayed > 0).then_some(job.id)
}

/// The callbacks that were not moved, or not moved back, with the reasons.
#[component]
fn Exceptions(id: JobId, undone: bool) -> impl IntoView {
    let page = PageState::here();
    let items = RwSignal::new(Vec::new());
    spawn_local(async move {
        /// More than this are not read one by one.
        const MAX_LINES: usize = 250;
        let concerned = |item: &MoveItem| !undone || item.undo_outcome.is_some();
        let (mut lines, mut cursor) = (Vec::new(), None);
        loop {
            let query = MoveItemsQuery { stayed: Some(true), cursor, limit: None };
            let Ok(found) = page.client.call(&ListMoveItems(id, query)).await else { break };
            lines.extend(found.items.into_iter().filter(concerned));
            cursor = found.next;
            if cursor.is_none() || lines.len() >= MAX_LINES {
                break;
            }
        }
        items.try_set(lines);
    });
    let style = page.preferences.style_untracked();
    let line = move |item: MoveItem| {
        let outcome = item.undo_outcome.or(item.outcome)?;
        // These are only counted, as they may be many with the same reason.
        (outcome != MoveOutcome::Stopped).then(|| {
            let at = if undone { item.to } else { item.from };
            view! {
                <tr>
                    <th scope="row" class="num" dir="ltr">{name_of(&item)}</th>
                    <td>{service_name(page, item.service_id)}</td>
                    <td class="num">{at.map(|at| format::day_time(at, style))}</td>
                    <td class="muted">{reason(outcome)}</td>
                </tr>
            }
        })
    };
    let label = if undone { messages::not_back_list() } else { messages::not_moved_list() };
    view! {
        <div class="compact-table__region" tabindex="0" role="group" aria-label=label>
            <table class="compact-table" aria-label=label>
                <tbody>{move || items.get().into_iter().filter_map(line).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// Stops the job.
#[component]
pub(super) fn StopButton(
    id: JobId,
    job: RwSignal<Option<BulkReschedule>>,
    problem: RwSignal<Option<String>>,
) -> impl IntoView {
    let page = PageState::here();
    let stop =
        move || async move { page.client.command(&PostBulkRescheduleStop(id), &Command::new(None)).await };
    stop_button(job, problem, messages::stop, stop)
}

/// Undoes the job, and says how long that is possible.
#[component]
pub(super) fn UndoButton(watched: Watched, problem: RwSignal<Option<String>>) -> impl IntoView {
    let clock = Clock::here();
    let busy = RwSignal::new(false);
    let job = watched.job.clone();
    let until =
        Memo::new(move |_| job.with(|job| job.as_ref().and_then(|job| Some((job.id, job.undo_until?)))));
    let left = move || {
        let (_, until) = until.get()?;
        Some(-clock.since(until)).filter(|left| *left >= 0)
    };
    let watched = StoredValue::new(watched);
    let undo = Callback::new(move |()| {
        let Some((id, _)) = until.get_untracked() else { return };
        let watched = watched.get_value();
        let toasts = watched.toasts;
        problem.set(None);
        busy.set(true);
        spawn_local(async move {
            let undone = watched.undo(id).await;
            let closed = busy.try_set(false).is_some();
            match undone {
                Ok(()) => {}
                Err(failure) if closed => {
                    toasts.show(Toast::error(messages::reschedule_undo_failed(), failure.message()));
                }
                Err(failure) => problem.set(show_problems(&failure, &[])),
            }
        });
    });
    let is_possible = Memo::new(move |_| left().is_some());
    view! {
        <Show when=move || is_possible.get()>
            <span class="hint num reschedule__left">
                {move || left().map(|left| messages::undo_left(format::exact_duration(left)))}
            </span>
            <Button size=Size::Large icon="rotate-ccw" busy=Signal::from(busy) on_press=undo>
                {messages::undo()}
            </Button>
        </Show>
    }
}
