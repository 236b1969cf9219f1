//! Times that can be booked: those of a day, and the nearest where one was refused. A
//! click takes one.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::wire::calendar::{AvailabilityQuery, SlotView};
use ringback_domain::wire::endpoint::GetAvailability;
use ringback_domain::{LocalDate, ServiceId, Timestamp};

use super::date_time::DateTimeForm;
use crate::browser;
use crate::client::Client;
use crate::components::unique_id;
use crate::format;
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::zones;

/// The times nearest to one that was refused.
#[component]
pub(super) fn NearestTimes(
    /// The form, which knows them.
    date_time: DateTimeForm,
    /// Called when one is taken.
    #[prop(into)]
    on_take: Callback<()>,
) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let button = move |at: Timestamp| {
        let take = move |_| {
            on_take.run(());
            date_time.take(at, preferences.style_untracked());
        };
        view! {
            <button type="button" class="btn btn--small num" on:click=take>
                {move || format::day_time(at, preferences.style())}
            </button>
        }
    };
    move || {
        let nearest = date_time.nearest().get();
        let title = unique_id("nearest");
        let labelled_by = title.clone();
        (!nearest.is_empty()).then(|| {
            view! {
                <div class="free-times" role="group" aria-labelledby=labelled_by>
                    <span class="label" id=title>{messages::nearest_times()}</span>
                    <div class="free-times__list">{nearest.into_iter().map(button).collect_view()}</div>
                </div>
            }
        })
    }
}

/// The bookable slots of the day in the form, if the service has a capacity.
#[component]
pub(super) fn FreeTimes(
    /// The form.
    date_time: DateTimeForm,
    /// The service, once it is chosen.
    #[prop(into)]
    service: Signal<Option<ServiceId>>,
) -> impl IntoView {
    let preferences = PreferenceStore::here();
    let slots = slots_of_day(date_time, service);
    let button = move |slot: SlotView| {
        let at = slot.from;
        let chosen = move || date_time.means(at, preferences.style());
        let take = move |_| date_time.take(at, preferences.style_untracked());
        let left = u64::from(slot.capacity.unwrap_or_default().saturating_sub(slot.booked));
        view! {
            <button
                type="button"
                class="btn btn--small num"
                aria-pressed=move || if chosen() { "true" } else { "false" }
                on:click=take
            >
                {move || date_time.time_of(at, preferences.style())}
                <small class="subtle">{messages::left(left)}</small>
            </button>
        }
    };
    move || {
        let slots = slots.get()?;
        if !slots.iter().any(|slot| slot.capacity.is_some()) {
            return None;
        }
        let title = unique_id("free-times");
        let labelled_by = title.clone();
        Some(view! {
            <div class="free-times" role="group" aria-labelledby=labelled_by>
                <span class="label" id=title>{messages::free_times()}</span>
                <div class="free-times__list free-times__list--day">
                    {slots.into_iter().map(button).collect_view()}
                </div>
            </div>
        })
    }
}

/// The bookable slots of the day; `None` while they are not known.
fn slots_of_day(
    date_time: DateTimeForm,
    service: Signal<Option<ServiceId>>,
) -> RwSignal<Option<Vec<SlotView>>> {
    /// After the last change, in milliseconds.
    const DELAY: i32 = 300;
    let client = Client::here();
    let preferences = PreferenceStore::here();
    let slots = RwSignal::new(None);
    let asked = StoredValue::new(0_u32);
    let day = Memo::new(move |_| date_time.day(preferences.style()));
    Effect::new(move |_| {
        asked.update_value(|asked| *asked += 1);
        let question = asked.get_value();
        slots.set(None);
        let (Some(id), (date, zone)) = (service.get(), day.get()) else { return };
        let Ok(date) = date.parse::<LocalDate>() else { return };
        let from = zones::first_instant(date, &zone);
        let to = zones::first_instant(date.plus_days(1), &zone);
        let query = AvailabilityQuery { from: Some(from), to: Some(to), ..AvailabilityQuery::default() };
        spawn_local(async move {
            browser::sleep(DELAY).await;
            if asked.try_get_value() != Some(question) {
                return;
            }
            let response = client.call(&GetAvailability(id, query)).await;
            if let (Ok(free), true) = (response, asked.try_get_value() == Some(question)) {
                slots.try_set(Some(free.items));
            }
        });
    });
    slots
}
