//! What a person can do for a callback that does not go on by itself: requeue it
//! after its quarantine, close it when nothing reports the end of its call.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::ResultCode;
use ringback_domain::wire::callback::{CallbackView, CloseCallback};
use ringback_domain::wire::endpoint::{PostClose, PostRequeue};

use super::edit::undo_cancellation;
use super::row::Row;
use crate::api::Command;
use crate::client::Client;
use crate::clock::Clock;
use crate::components::button::Button;
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::input::{SelectField, SelectOption, TextField};
use crate::components::toast::{Toast, Toasts};
use crate::format;
use crate::forms::{Submission, require, show_problems};
use crate::messages;
use crate::preferences::PreferenceStore;

/// Says that the callback is quarantined, and offers what helps.
#[component]
pub(super) fn Intervention(row: Row, view: Memo<CallbackView>) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let toasts = Toasts::here();
    let closing = RwSignal::new(false);
    let can = Memo::new(move |_| view.with(|view| view.can));
    let warning = move || {
        let since = view.with(|view| view.metrics.quarantined_at)?;
        let text = messages::quarantine_warning(format::day_time(since, preferences.style()));
        Some(view! { <p class="note note--warning">{text}</p> })
    };
    let row = StoredValue::new(row);
    let client = Client::here();
    let requeue = move |()| {
        let (id, version) = view.with_untracked(|view| (view.id, view.version));
        spawn_local(async move {
            match client.command(&PostRequeue(id), &Command::new(Some(version))).await {
                Ok(now) => {
                    row.with_value(|row| row.update(now, false));
                    toasts.show(Toast::success(messages::callback_requeued()));
                }
                Err(failure) => toasts.show(Toast::error(messages::requeue_failed(), failure.message())),
            }
        });
    };
    let undo = move |()| {
        let id = view.with_untracked(|view| view.id);
        spawn_local(async move {
            if let Some(now) = undo_cancellation(client, toasts, id).await {
                row.with_value(|row| row.update(now, false));
            }
        });
    };
    let clock = Clock::here();
    let pending = move || {
        let pending = view.with(|view| view.cancellation.clone())?;
        let left = format::duration(-clock.since(pending.effective_at));
        let text = messages::cancellation_pending(left, pending.by.name);
        Some(view! { <p class="note note--warning">{text}</p> })
    };
    let buttons = move || {
        let can = can.get();
        (can.requeue || can.close || can.undo).then(|| view! {
            <div class="detail__actions">
                {can.undo.then(|| view! {
                    <Button icon="rotate-ccw" on_press=undo>{messages::undo_cancellation()}</Button>
                })}
                {can.requeue.then(|| view! {
                    <Button icon="rotate-ccw" on_press=requeue>{messages::requeue()}</Button>
                })}
                {can.close.then(|| view! {
                    <Button icon="check" on_press=move |()| closing.set(true)>{messages::close_callback()}</Button>
                })}
            </div>
        })
    };
    let dialog = move || {
        closing
            .get()
            .then(|| view! { <CloseDialog row=row.get_value() view closed=move |()| closing.set(false) /> })
    };
    view! { {warning} {pending} {buttons} {dialog} }
}

/// The results that a person may give, the usual one first.
const RESULTS: [ResultCode; 3] =
    [ResultCode::AGENT_CONNECTED, ResultCode::FAIL_CALL_TO_CUSTOMER, ResultCode::FAIL_USER_NO_CONFIRM];

/// Asks how the conversation ended, and why nothing reported it.
#[component]
fn CloseDialog(row: Row, view: Memo<CallbackView>, #[prop(into)] closed: Callback<()>) -> impl IntoView {
    let toasts = Toasts::here();
    let handle = DialogHandle::new(messages::close_callback());
    let submission = Submission::of(handle);
    let result = RwSignal::new(RESULTS[0].to_string());
    let reason = RwSignal::new(String::new());
    let [result_error, reason_error] = std::array::from_fn(|_| RwSignal::new(None));
    let choices = RESULTS.map(|code| SelectOption { value: code.to_string(), label: code.to_string() });
    let fallback = row.arrow_id();
    let row = StoredValue::new(row);
    let submit = move |()| {
        if !require(reason, reason_error, messages::enter_reason()) {
            return handle.focus_first_error();
        }
        let Ok(result) = result.with_untracked(|result| result.parse()) else { return };
        let body = CloseCallback { result, reason: reason.get_untracked() };
        let (id, version) = view.with_untracked(|view| (view.id, view.version));
        let done = move |now| {
            row.with_value(|row| row.update(now, false));
            handle.close();
            toasts.show(Toast::success(messages::callback_closed()));
        };
        let work = async move { submission.command(PostClose(id, body), Some(version)).await };
        submission.run(work, done, move |failure| {
            let fields = [("/result", result_error), ("/reason", reason_error)];
            handle.problem.set(show_problems(&failure, &fields));
        });
    };
    view! {
        <Dialog
            handle
            fallback_focus=fallback
            on_close=closed
            on_submit=submit
            action=handle.submit(messages::close_callback())
        >
            <p class="hint">{messages::close_hint()}</p>
            <SelectField
                label=messages::close_result()
                value=result
                error=result_error
                choices=choices.to_vec()
            />
            <TextField label=messages::close_reason() value=reason error=reason_error autofocus=true />
        </Dialog>
    }
}
