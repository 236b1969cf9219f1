//! The switches of a service, which take effect at once.

use leptos::prelude::*;
use ringback_domain::wire::admin::{EditService, ServiceView};
use ringback_domain::wire::endpoint::PatchService;

use super::Services;
use super::draft::Draft;
use crate::components::choice::Switch;
use crate::components::dialog::DialogHandle;
use crate::components::toast::{Toast, Toasts};
use crate::forms::{Submission, show_problems};
use crate::messages;

/// A setting of a service that is on or off.
#[derive(Clone, Copy)]
pub(super) struct SwitchSetting {
    pub(super) pointer: &'static str,
    pub(super) label: fn() -> &'static str,
    hint: fn() -> &'static str,
    pub(super) get: fn(&ServiceView) -> bool,
    set: fn(&mut EditService, bool),
}

/// All switches. A new one needs an entry here and its texts.
pub(super) const SWITCHES: [SwitchSetting; 4] = [
    SwitchSetting {
        pointer: "/accept_new",
        label: messages::accept_new,
        hint: messages::accept_new_hint,
        get: |service| service.settings.accept_new,
        set: |edit, on| edit.accept_new = Some(on),
    },
    SwitchSetting {
        pointer: "/dial_pending",
        label: messages::dial_pending,
        hint: messages::dial_pending_hint,
        get: |service| service.settings.dial_pending,
        set: |edit, on| edit.dial_pending = Some(on),
    },
    SwitchSetting {
        pointer: "/immediate_enabled",
        label: messages::immediate,
        hint: messages::immediate_enabled_hint,
        get: |service| service.settings.immediate_enabled,
        set: |edit, on| edit.immediate_enabled = Some(on),
    },
    SwitchSetting {
        pointer: "/scheduled_enabled",
        label: messages::scheduled,
        hint: messages::scheduled_enabled_hint,
        get: |service| service.settings.scheduled_enabled,
        set: |edit, on| edit.scheduled_enabled = Some(on),
    },
];

/// The switches that are off, in words.
pub(super) fn state(service: &ServiceView) -> String {
    let off: Vec<_> =
        SWITCHES.iter().filter(|switch| !(switch.get)(service)).map(|switch| (switch.label)()).collect();
    if off.is_empty() { messages::all_on().to_owned() } else { messages::switched_off(off.join(", ")) }
}

/// The switches, or for those who may only read how they stand.
#[component]
pub(super) fn Switches(services: Services, draft: Draft) -> impl IntoView {
    let handle = DialogHandle::new(messages::group_switches());
    let submission = Submission::of(handle);
    let toasts = Toasts::here();
    let item = move |switch: SwitchSetting| {
        let label = (switch.label)();
        let is_on = move || draft.saved.with(switch.get);
        let control = if services.may_edit {
            // As the person turned it, until the server refuses.
            let shown = RwSignal::new(untrack(is_on));
            Effect::new(move |_| shown.set(is_on()));
            let turn = move |on: bool| {
                shown.set(on);
                let mut edit = EditService::default();
                (switch.set)(&mut edit, on);
                let id = draft.saved.with_untracked(|saved| saved.id);
                // It says what is to be, whatever somebody else has changed meanwhile.
                let work = submission.command(PatchService(id, edit), None);
                let done = move |service: ServiceView| {
                    let state = if on { messages::on() } else { messages::off() };
                    toasts.show(Toast::success(&messages::switched(label, state)));
                    adopt(services, draft, service);
                };
                submission.run(work, done, move |failure| {
                    shown.set(!on);
                    toasts.show(Toast::error(label, show_problems(&failure, &[]).unwrap_or_default()));
                });
            };
            view! { <Switch label on=shown on_switch=turn /> }.into_any()
        } else {
            let state = move || if is_on() { messages::on() } else { messages::off() };
            view! { <p><b>{label}</b>": "{state}</p> }.into_any()
        };
        view! { <div class="service__switch">{control}<p class="hint">{(switch.hint)()}</p></div> }
    };
    view! { <div class="service__switches">{SWITCHES.map(item).into_iter().collect_view()}</div> }
}

/// Goes on from what the server keeps after a switch was turned, unless somebody else has changed
/// something as well: then the person decides.
fn adopt(services: Services, draft: Draft, service: ServiceView) {
    // Answers to two quick turns may overtake one another.
    if draft.saved.with_untracked(|saved| saved.version >= service.version) {
        return;
    }
    let is_next = draft.saved.with_untracked(|saved| saved.version + 1 == service.version);
    let unchanged = untrack(|| draft.changes().is_empty());
    if is_next || unchanged {
        draft.rebase(service);
        services.all.reload();
    } else {
        services.show_theirs(draft);
    }
}
