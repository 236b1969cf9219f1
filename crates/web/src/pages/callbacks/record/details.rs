//! The details of a callback: figures, timeline, and all metrics on demand.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::StateName;
use ringback_domain::callback::waiting::WaitingReason;
use ringback_domain::wire::callback::{CallbackView, TimelineEntry};
use ringback_domain::wire::endpoint::{GetCallback, GetTimeline};

use super::gates::WhyNotNow;
use super::intervention::Intervention;
use super::recording::Recording;
use super::row::Row;
use super::{metrics, timeline};
use crate::client::Client;
use crate::clock;
use crate::clock::Clock;
use crate::components::choice::Switch;
use crate::components::key_value::KeyValue;
use crate::components::timeline::Timeline;
use crate::format;
use crate::messages;
use crate::preferences::PreferenceStore;

/// Draws the details of the row in the context.
pub(crate) fn details() -> AnyView {
    let row: Row = expect_context();
    let client = Client::here();
    let preferences = PreferenceStore::here();
    let clock = Clock::here();
    let id = row.id;
    let full = RwSignal::new(None::<CallbackView>);
    let timeline = RwSignal::new(None::<Vec<TimelineEntry>>);
    let [metrics_failed, timeline_failed] = std::array::from_fn(|_| RwSignal::new(false));
    let record = row.record.clone();
    let version = Memo::new(move |_| record.with(|view| (view.version, view.state)));
    // Events do not contain the timeline.
    Effect::new(move |_| {
        version.get();
        spawn_local(async move {
            let response = client.call(&GetTimeline(id)).await;
            timeline_failed.try_set(response.is_err());
            if let Ok(response) = response {
                timeline.try_set(Some(response.items));
            }
        });
    });
    // The position in the queue also changes with other callbacks.
    Effect::new(move |_| {
        let (_, state) = version.get();
        if state == StateName::Queued {
            clock.coarse();
        }
        spawn_local(async move {
            let response = client.call(&GetCallback(id)).await;
            metrics_failed.try_set(response.is_err());
            if let Ok(view) = response {
                full.try_set(Some(view));
            }
        });
    });
    let record = row.record.clone();
    let view = Memo::new(move |_| {
        let listed = record.get();
        match full.get() {
            Some(full) if full.version >= listed.version => full,
            _ => listed,
        }
    });
    let has_recording = Memo::new(move |_| view.with(|view| view.name_recording.is_some()));
    let kept_until = Signal::derive(move || {
        let until = view.with(|view| view.name_recording.as_ref().and_then(|recording| recording.kept_until));
        until.map(|until| messages::recording_kept_until(format::day_time(until, preferences.style())))
    });
    let advanced = Signal::derive(move || preferences.with(|preferences| preferences.advanced_metrics));
    view! {
        <section class="detail" aria-label=messages::metrics_region(row.number())>
            <div class="detail__top">
                <Figures view />
                <div class="detail__switch">
                    <Switch
                        label=messages::advanced_switch()
                        on=advanced
                        on_switch=move |on| {
                            preferences.update_soon(move |preferences| preferences.advanced_metrics = on);
                        }
                    />
                </div>
            </div>
            <Intervention row=row.clone() view />
            {move || has_recording.get().then(|| view! { <Recording id note=kept_until /> })}
            <Failed metrics=metrics_failed timeline=timeline_failed />
            <div class="detail__columns" class:is-advanced=advanced>
                <WhyNotNow id version view />
                <section class="panel" aria-label=messages::timeline()>
                    <h2 class="panel__heading">{messages::timeline()}</h2>
                    {move || {
                        let entries = timeline.get()?;
                        let style = preferences.style();
                        let entries = view.with(|view| {
                            timeline::entries(&entries, view, style, clock::now())
                        });
                        Some(view! { <Timeline entries /> })
                    }}
                </section>
                <Show when=move || advanced.get()>
                    <section class="panel" aria-label=messages::advanced_metrics()>
                        <h2 class="panel__heading">{messages::advanced_metrics()}</h2>
                        {move || {
                            let facts = view.with(|view| metrics::advanced(view, preferences.style()));
                            view! { <KeyValue facts /> }
                        }}
                    </section>
                    {move || {
                        let facts = view.with(metrics::user_data);
                        (!facts.is_empty()).then(|| view! {
                            <section class="panel" aria-label=messages::user_data()>
                                <h2 class="panel__heading">{messages::user_data()}</h2>
                                <KeyValue facts />
                            </section>
                        })
                    }}
                </Show>
            </div>
        </section>
    }
    .into_any()
}

/// Says which parts could not be loaded, as long as they could not.
#[component]
fn Failed(metrics: RwSignal<bool>, timeline: RwSignal<bool>) -> impl IntoView {
    let part = |failed: RwSignal<bool>, text: &'static str| {
        move || failed.get().then(|| view! { <p class="note note--warning" role="alert">{text}</p> })
    };
    view! {
        {part(metrics, messages::metrics_failed())}
        {part(timeline, messages::timeline_failed())}
    }
}

/// The figures that are always shown.
#[component]
fn Figures(view: Memo<CallbackView>) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let clock = Clock::here();
    let unknown = move || {
        let (state, reason) = view.with(|view| (view.state, view.waiting_for.map(|waits| waits.reason)));
        match (state, reason) {
            (_, Some(WaitingReason::Cancellation)) => Some(messages::unknown_cancelled()),
            (StateName::Scheduled, _) => Some(messages::known_once_queued()),
            (StateName::Queued, Some(WaitingReason::Dialling)) => Some(messages::dialling_off()),
            (StateName::Queued, Some(WaitingReason::Closed)) => Some(messages::unknown_closed()),
            (StateName::Queued, Some(WaitingReason::CalledPartyHours)) => Some(messages::unknown_hours()),
            (StateName::Queued, Some(WaitingReason::RetryGap)) => Some(messages::unknown_retry()),
            (StateName::Queued, Some(WaitingReason::OtherCall)) => Some(messages::unknown_other_call()),
            (StateName::Queued, Some(WaitingReason::Decision)) => Some(messages::quarantined()),
            _ => None,
        }
    };
    let dash = || messages::none().to_owned();
    let position = move || {
        let [position, _] = view.with(metrics::place);
        let note = if view.with(|view| view.metrics.position_in_queue).is_none() { unknown() } else { None };
        (position, note.map(ToOwned::to_owned))
    };
    let estimate = move || {
        let [_, wait] = view.with(metrics::place);
        let known = view.with(|view| view.metrics.estimated_wait_seconds).is_some();
        (wait, if known { None } else { unknown().map(ToOwned::to_owned) })
    };
    let waiting = move || {
        let metrics = view.with(|view| view.metrics.clone());
        let style = preferences.style();
        let Some(from) = metrics.arrived_at.or(metrics.queued_at) else {
            return (dash(), unknown().map(ToOwned::to_owned));
        };
        let until = metrics.agent_connected_at.or(metrics.completed_at);
        let seconds = until.map_or_else(|| clock.since(from), |until| until.seconds_since(from));
        (format::duration(seconds), Some(messages::since(format::time_seconds(from, style))))
    };
    let of_customer = Memo::new(move |_| {
        let style = preferences.style();
        let (desired, zone) = view.with(|view| metrics::customers_time(view, style))?;
        let now = format::day_time_in(clock.coarse(), style, &zone)?;
        Some((now, Some(messages::desired_there(desired, zone))))
    });
    let attempts = move || {
        let (made, max) = view.with(|view| (view.metrics.attempts_made, view.metrics.max_attempts));
        (made.to_string(), Some(messages::attempts_of(max)))
    };
    view! {
        <dl class="metrics">
            {figure(messages::position(), position)}
            {figure(messages::estimated_wait(), estimate)}
            {figure(messages::waiting_term(), waiting)}
            {figure(messages::column_attempts(), attempts)}
            <Show when=move || of_customer.with(Option::is_some)>
                {figure(messages::customers_time(), move || of_customer.get().unwrap_or_default())}
            </Show>
        </dl>
    }
}

fn figure(
    term: &'static str,
    value: impl Fn() -> (String, Option<String>) + Send + Sync + 'static,
) -> impl IntoView {
    let value = Memo::new(move |_| value());
    view! {
        <div>
            <dt>{term}</dt>
            <dd class="num">
                {move || value.get().0}
                {move || Some(view! { " " <small>{value.get().1?}</small> })}
            </dd>
        </div>
    }
}
