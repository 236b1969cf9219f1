//! Edit Callback: reschedules or cancels a callback.

use std::future::Future;

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::retention::RETENTION_DAYS;
use ringback_domain::wire::callback::{CallbackView, Can, CancelCallback, ChosenTime, RescheduleCallback};
use ringback_domain::wire::endpoint::{GetCallback, PostCancel, PostCancelUndo, PostReschedule};
use ringback_domain::wire::problem::ProblemKind;
use ringback_domain::{CallbackId, StateName};

use super::Host;
use super::date_time::{DateTimeFields, DateTimeForm, Zones};
use super::free_times::NearestTimes;
use super::row::Row;
use crate::api::{Command, Failure};
use crate::client::Client;
use crate::components::button::Appearance;
use crate::components::choice::{Card, RadioCards};
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::icon::Icon;
use crate::components::state_badge::StateBadge;
use crate::components::toast::{Toast, ToastAction, Toasts};
use crate::format::{self, Style};
use crate::forms::{Submission, show_problems};
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::session::Session;

/// How long a cancellation can be undone, as long as its toast is shown.
pub(crate) const UNDO_SECONDS: u32 = 10;

/// Takes a cancellation back and says so, or why not. Returns the callback.
pub(super) async fn undo_cancellation(
    client: Client,
    toasts: Toasts,
    id: CallbackId,
) -> Option<CallbackView> {
    match client.command(&PostCancelUndo(id), &Command::new(None)).await {
        Ok(view) => {
            toasts.show(Toast::success(messages::cancellation_undone()));
            Some(view)
        }
        Err(failure) => {
            toasts.show(Toast::error(messages::undo_failed(), failure.message()));
            None
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EditOption {
    Reschedule,
    Cancel,
}

/// The dialog.
#[component]
pub(crate) fn EditDialog(
    /// The callback.
    row: Row,
    /// Where it was opened.
    host: Host,
) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let client = Client::here();
    let session = Session::here();
    let toasts = Toasts::here();
    let handle = DialogHandle::new(messages::edit_callback());
    let submission = Submission::of(handle);
    let before = row.record.get_untracked();
    let record = StoredValue::new(row.record.clone());
    let current = Memo::new(move |_| record.get_value().get());
    let can = Memo::new(move |_| current.with(|view| view.can));
    let choice =
        RwSignal::new(if before.can.reschedule { EditOption::Reschedule } else { EditOption::Cancel });
    let date_time = DateTimeForm::at(before.desired_time, preferences.style_untracked());
    let obstacle = Memo::new(move |_| obstacle(choice.get(), can.get()));
    let zones =
        Zones { service: session.zone_of(before.service.id), customer: before.customer_time_zone.clone() };
    let zones = StoredValue::new(zones);
    let form = Form { client, preferences, host, id: row.id, choice, date_time, handle, submission };
    let submit = move |()| {
        if obstacle.with_untracked(Option::is_some) {
            return;
        }
        // A time that nobody changed is not promised anew, and keeps its seconds.
        if choice.get_untracked() == EditOption::Reschedule && date_time.is_unchanged() {
            handle.close();
            return toasts.show(Toast::success(messages::nothing_changed()));
        }
        let version = current.with_untracked(|view| view.version);
        let Some(work) = form.work(version) else { return handle.focus_first_error() };
        submission.run(work, move |view| form.done(toasts, view), move |failure| form.refused(&failure));
    };
    let cards = vec![
        Card {
            value: EditOption::Reschedule,
            label: messages::reschedule(),
            hint: Signal::derive(move || {
                let scheduled = current.with(|view| view.state == StateName::Scheduled);
                Some(match (can.get().reschedule, scheduled) {
                    (true, _) => messages::reschedule_hint(),
                    (false, true) => messages::only_uncancelled(),
                    (false, false) => messages::only_scheduled(),
                })
            }),
            disabled: Signal::derive(move || !can.get().reschedule),
        },
        Card {
            value: EditOption::Cancel,
            label: messages::cancel_callback(),
            hint: Signal::stored(Some(messages::cancel_hint())),
            disabled: Signal::derive(move || !can.get().cancel),
        },
    ];
    // The button depends on nothing but the person's choice, so that it never
    // turns into another one under the pointer.
    let action = move || match choice.get() {
        EditOption::Reschedule => {
            handle.submit_unless(Appearance::Primary, obstacle.into(), messages::save())()
        }
        EditOption::Cancel => {
            handle.submit_unless(Appearance::Danger, obstacle.into(), messages::confirm())()
        }
    };
    let change = Memo::new(move |_| current.with(|now| change_since(&before, now, preferences.style())));
    let removal = move || current.with(|view| format::day(view.expires_at, preferences.style()));
    let number = row.number();
    view! {
        <Dialog
            handle
            fallback_focus=row.arrow_id()
            on_close=host.closed
            on_submit=submit
            action=Box::new(move || action.into_any())
        >
            <Summary number current />
            <RadioCards label=messages::edit_options() value=choice cards autofocus=true />
            <Show when=move || choice.get() == EditOption::Reschedule>
                <DateTimeFields date_time zones=Signal::stored(zones.get_value()) />
                <NearestTimes date_time on_take=|()| () />
            </Show>
            <div class="edit__outcome">
                <Show when=move || choice.get() == EditOption::Cancel>
                    <p>{move || messages::cancel_consequence(removal())}</p>
                </Show>
                <ChangeNote change />
                <Show when=move || choice.get() == EditOption::Reschedule && change.with(Option::is_none)>
                    <p class="hint">{messages::removal_moves(RETENTION_DAYS)}</p>
                </Show>
            </div>
        </Dialog>
    }
}

/// The form of the dialog.
#[derive(Clone, Copy)]
struct Form {
    client: Client,
    preferences: PreferenceStore,
    host: Host,
    id: CallbackId,
    choice: RwSignal<EditOption>,
    date_time: DateTimeForm,
    handle: DialogHandle,
    submission: Submission,
}

impl Form {
    /// The command to send. `None` if a field is invalid; it is then marked.
    fn work(self, version: i64) -> Option<impl Future<Output = Result<CallbackView, Failure>>> {
        let chosen = match self.choice.get_untracked() {
            EditOption::Cancel => None,
            EditOption::Reschedule => Some(self.date_time.read(self.preferences.style_untracked())?),
        };
        Some(async move {
            match chosen {
                None => {
                    self.submission
                        .command(
                            PostCancel(self.id, CancelCallback { undo_seconds: Some(UNDO_SECONDS) }),
                            Some(version),
                        )
                        .await
                }
                Some(ChosenTime {
                    desired_time,
                    desired_local,
                    time_zone,
                    fold,
                    hold,
                    outside_hours_confirmed,
                }) => {
                    let body = RescheduleCallback {
                        desired_time,
                        desired_local,
                        time_zone,
                        fold,
                        hold,
                        outside_hours_confirmed,
                    };
                    self.submission.command(PostReschedule(self.id, body), Some(version)).await
                }
            }
        })
    }

    fn done(self, toasts: Toasts, view: CallbackView) {
        let toast = match self.choice.get_untracked() {
            EditOption::Cancel if view.can.undo => self.undoable(toasts),
            EditOption::Cancel => Toast::success(messages::callback_cancelled()),
            EditOption::Reschedule => Toast::success(messages::callback_rescheduled()),
        };
        self.host.changed.run(view);
        self.handle.close();
        toasts.show(toast);
    }

    fn undoable(self, toasts: Toasts) -> Toast {
        // The dialog is gone by then; the row learns of it as of any change.
        let Self { client, id, .. } = self;
        let undo = move || {
            spawn_local(async move { drop(undo_cancellation(client, toasts, id).await) });
        };
        Toast {
            action: Some(ToastAction { label: messages::undo().to_owned(), run: Arc::new(undo) }),
            ..Toast::success(&messages::callback_being_cancelled(format::duration(UNDO_SECONDS.into())))
        }
    }

    fn refused(self, failure: &Failure) {
        self.date_time.offer(failure);
        self.handle.problem.set(show_problems(failure, &self.date_time.fields()));
        if matches!(failure.kind(), Some(ProblemKind::StateConflict | ProblemKind::Stale)) {
            // The form is kept; the callback is loaded again.
            spawn_local(async move {
                if let Ok(view) = self.client.call(&GetCallback(self.id)).await {
                    self.host.changed.run(view);
                }
            });
        }
    }
}

/// The callback that is edited.
#[component]
pub(super) fn Summary(number: String, current: Memo<CallbackView>) -> impl IntoView {
    let preferences = PreferenceStore::here();
    view! {
        <dl class="callback-summary">
            <dt>{messages::column_number()}</dt>
            <dd class="num" dir="ltr">{number}</dd>
            <dt>{messages::column_service()}</dt>
            <dd>{move || current.with(|view| view.service.name.clone())}</dd>
            <dt>{messages::column_desired_time()}</dt>
            <dd class="num">
                {move || current.with(|view| format::day_time(view.desired_time, preferences.style()))}
            </dd>
            <dt>{messages::column_state()}</dt>
            <dd>
                {move || {
                    let (state, result) = current.with(|view| (view.state, view.result));
                    view! { <StateBadge state result /> }
                }}
            </dd>
        </dl>
    }
}

/// Why the chosen option is not possible now; `None` if it is.
fn obstacle(choice: EditOption, can: Can) -> Option<String> {
    let (possible, reason) = match choice {
        EditOption::Reschedule => (can.reschedule, messages::no_longer_reschedulable()),
        EditOption::Cancel => (can.cancel, messages::no_longer_cancellable()),
    };
    (!possible).then(|| reason.to_owned())
}

/// How the callback differs from what the dialog was opened for, and what
/// follows from it.
fn change_since(before: &CallbackView, now: &CallbackView, style: Style) -> Option<String> {
    if now.state != before.state {
        let time = format::time_seconds(now.updated_at, style);
        let changed = messages::changed_meanwhile(before.state, now.state, time);
        let lost = |of: fn(Can) -> bool| of(before.can) && !of(now.can);
        let effect = if lost(|can| can.cancel) {
            Some(messages::no_longer_cancellable())
        } else {
            lost(|can| can.reschedule).then(messages::no_longer_reschedulable)
        };
        let parts = std::iter::once(changed.as_str()).chain(effect);
        return Some(parts.collect::<Vec<_>>().join(" "));
    }
    (now.desired_time != before.desired_time)
        .then(|| messages::moved_meanwhile(format::day_time(now.desired_time, style)))
}

/// A warning that the callback has changed since the dialog was opened.
#[component]
fn ChangeNote(change: Memo<Option<String>>) -> impl IntoView {
    view! {
        <div role="status">
            {move || {
                let text = change.get()?;
                Some(view! { <div class="note note--warning"><Icon name="triangle-alert" /><span>{text}</span></div> })
            }}
        </div>
    }
}
