//! Why a callback is not called now.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::callback::gates::Gate;
use ringback_domain::callback::waiting::WaitingReason;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::endpoint::GetGates;
use ringback_domain::wire::gates::{GateView, Verdict};
use ringback_domain::{CallbackId, StateName};

use crate::client::Client;
use crate::clock::Clock;
use crate::components::icon::Icon;
use crate::format::{self, Style};
use crate::messages;
use crate::preferences::PreferenceStore;

/// The gates of a callback, as long as it waits for something.
#[component]
pub(super) fn WhyNotNow(
    /// Which callback.
    id: CallbackId,
    /// Its version and state.
    version: Memo<(i64, StateName)>,
    /// The callback.
    view: Memo<CallbackView>,
) -> impl IntoView {
    let client = Client::here();
    let clock = Clock::here();
    let gates = RwSignal::new(Vec::<GateView>::new());
    let failed = RwSignal::new(false);
    // They also change with rules, other callbacks and the time.
    Effect::new(move |_| {
        let (_, state) = version.get();
        if matches!(state, StateName::Processing | StateName::Completed) {
            failed.set(false);
            return gates.set(Vec::new());
        }
        clock.coarse();
        spawn_local(async move {
            let response = client.call(&GetGates(id)).await;
            failed.try_set(response.is_err());
            gates.try_set(response.map(|response| response.gates).unwrap_or_default());
        });
    });
    move || {
        let gates = gates.get();
        (failed.get() || !gates.is_empty()).then(|| {
            let failed = failed.get().then(|| view! { <p role="alert">{messages::gates_failed()}</p> });
            view! {
                <section class="panel" aria-label=messages::why_not_now()>
                    <h2 class="panel__heading">{messages::why_not_now()}</h2>
                    {failed}
                    <GateList gates view />
                </section>
            }
        })
    }
}

/// The gates in their order: those that are open, the first that is not, and what the
/// others say.
#[component]
fn GateList(
    /// What each says.
    gates: Vec<GateView>,
    /// The callback.
    view: Memo<CallbackView>,
) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let clock = Clock::here();
    let first = gates.iter().position(|gate| gate.verdict != Verdict::Open);
    let line = move |(index, gate): (usize, GateView)| {
        let (class, icon) = match first {
            Some(first) if index > first => ("gates__later", "minus"),
            Some(first) if index == first && gate.verdict == Verdict::Never => ("gates__never", "x"),
            Some(first) if index == first => ("gates__first", "hourglass"),
            _ => ("gates__open", "check"),
        };
        let rule = gate.rule.as_ref().map(|rule| {
            let text = messages::gate_rule(&rule.name);
            view! { <span class="gates__rule">{text}</span> }
        });
        let name = gate_name(gate.gate);
        let says = move || view.with(|view| says(&gate, view, clock, preferences.style()));
        view! {
            <li class=class>
                <Icon name=icon />
                <span>{name}</span>
                <span class="gates__says num">{says}</span>
                {rule}
            </li>
        }
    };
    view! { <ol class="gates">{gates.into_iter().enumerate().map(line).collect_view()}</ol> }
}

fn gate_name(gate: Gate) -> &'static str {
    match gate {
        Gate::State => messages::gate_state(),
        Gate::Dialling => messages::gate_dialling(),
        Gate::NumberRules => messages::gate_number_rules(),
        Gate::DoNotCall => messages::gate_do_not_call(),
        Gate::OfficeHours => messages::office_hours(),
        Gate::CalledPartyHours => messages::gate_called_party_hours(),
        Gate::Attempts => messages::gate_attempts(),
        Gate::OtherCall => messages::gate_other_call(),
        Gate::Agent => messages::gate_agent(),
    }
}

/// What a gate says, in a few words.
fn says(gate: &GateView, view: &CallbackView, clock: Clock, style: Style) -> String {
    let left = |until| format::duration(-clock.since(until));
    match (gate.verdict, gate.until) {
        (Verdict::Never, Some(at)) => messages::next_cancellation(format::day_time(at, style)),
        (Verdict::Never, None) => {
            messages::gate_never(gate.result.map(|result| result.to_string()).unwrap_or_default())
        }
        (Verdict::Until, Some(at)) => messages::gate_until(format::day_time(at, style), left(at)),
        (Verdict::Until | Verdict::Waiting, _) => waiting(gate.event).to_owned(),
        (Verdict::Open, _) => match gate.gate {
            Gate::State => view.state.as_str().to_owned(),
            Gate::Attempts => {
                messages::gate_attempts_made(view.metrics.attempts_made, view.metrics.max_attempts)
            }
            _ => messages::gate_open().to_owned(),
        },
    }
}

/// The event that a gate waits for.
fn waiting(event: Option<WaitingReason>) -> &'static str {
    match event {
        Some(WaitingReason::Submission) => messages::next_submission(),
        Some(WaitingReason::Decision) => messages::quarantined(),
        Some(WaitingReason::Dialling) => messages::dialling_off(),
        Some(WaitingReason::Closed) => messages::service_closed(),
        Some(WaitingReason::CalledPartyHours) => messages::unknown_hours(),
        Some(WaitingReason::OtherCall) => messages::other_call(),
        Some(WaitingReason::Connection) => messages::gate_connection(),
        _ => messages::gate_waits_for_agent(),
    }
}
