//! Reschedule Callbacks: spreads the selection, or what is scheduled in the range, over the free
//! places of another time.

mod job;
mod preview;
mod scope;

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::bulk_reschedule::{BulkReschedule, MoveOutcome};
use ringback_domain::wire::endpoint::PostBulkReschedule;

use crate::components::button::{Appearance, Button, Size};
use crate::components::dialog::{Dialog, DialogHandle};
use crate::components::toast::Toasts;
use crate::forms::{Submission, show_problems};
use crate::messages;
use crate::pages::callbacks::list::page::PageState;
use job::{JobView, Stage, StopButton, UndoButton, Watched, stage};
use preview::PreviewView;
use scope::{RescheduleScope, ScopeFields};

/// How many callbacks had this outcome.
fn count_of(outcomes: &std::collections::BTreeMap<MoveOutcome, u64>, outcome: MoveOutcome) -> u64 {
    outcomes.get(&outcome).copied().unwrap_or_default()
}

/// The dialog: first where to, with a preview, then the progress and the result.
#[component]
pub(super) fn RescheduleDialog() -> impl IntoView {
    let page = PageState::here();
    let toasts = Toasts::here();
    let handle = DialogHandle::new(messages::reschedule_callbacks());
    let submission = Submission::of(handle);
    let scope = RescheduleScope::new(page);
    // One signal lives as long as the job is watched, the other as long as the dialog.
    let kept = ArcRwSignal::new(None::<BulkReschedule>);
    let job = RwSignal::from(kept.clone());
    let watched = Watched { page, toasts, job: kept, shown: Some(job) };
    let (follow, closing) = (watched.clone(), watched.clone());
    let submit = move |()| {
        if job.with_untracked(Option::is_some) {
            return;
        }
        let Some(request) = scope.request(false) else { return handle.focus_first_error() };
        let follow = follow.clone();
        // The job is watched even if the dialog is closed at once.
        let work = async move {
            let started = submission.command(PostBulkReschedule(request), None).await?;
            page.feed.selection.clear();
            let id = started.id;
            follow.job.set(Some(started));
            spawn_local(follow.watch(id));
            Ok(())
        };
        let started = move |()| handle.focus_title();
        submission.run(work, started, move |failure| {
            handle.problem.set(show_problems(&failure, &scope.fields()));
        });
    };
    let close = move |()| {
        page.dialog.set(None);
        if let Some(job) = job.get_untracked() {
            if stage(&job) == Stage::Moved {
                toasts.show(closing.toast(&job));
            }
            page.feed.load();
        }
    };
    let reached = Memo::new(move |_| job.with(|job| job.as_ref().map(|job| (job.id, stage(job)))));
    let begun = Memo::new(move |_| job.with(Option::is_some));
    Effect::new(move |_| {
        if reached.get().is_some_and(|(_, stage)| matches!(stage, Stage::Moved | Stage::Undone)) {
            handle.problem.set(None);
            handle.keep_focus();
        }
    });
    let obstacle = Signal::derive(move || scope.obstacle());
    let action = move || match reached.get() {
        None => view! {
            <Button
                appearance=Appearance::Primary
                size=Size::Large
                submit=true
                busy=Signal::from(handle.busy)
                inactive=obstacle
            >
                {move || messages::reschedule_count(scope.moving())}
            </Button>
        }
        .into_any(),
        Some((_, Stage::Moved)) => {
            let watched = watched.clone();
            view! { <UndoButton watched problem=handle.problem /> }.into_any()
        }
        Some(_) => ().into_any(),
    };
    // Stop is not placed where the other button was, so that a double click does not stop the job.
    let aside = move || match reached.get() {
        None => view! { <span class="hint aside">{messages::reschedule_undo_hint()}</span> }.into_any(),
        Some((id, Stage::Moving)) => view! { <StopButton id job problem=handle.problem /> }.into_any(),
        Some(_) => ().into_any(),
    };
    view! {
        <Dialog
            handle
            class="dialog--wide"
            confirms=true
            aside=Box::new(move || aside.into_any())
            on_close=close
            on_submit=submit
            action=Box::new(move || action.into_any())
        >
            {move || if begun.get() {
                view! { <JobView job /> }.into_any()
            } else {
                view! {
                    <div class="reschedule">
                        <ScopeFields scope />
                        <PreviewView scope />
                    </div>
                }
                .into_any()
            }}
        </Dialog>
    }
}
