//! The slots of a date of a service that uses a capacity rule.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ringback_domain::calendar::availability::Unavailable;
use ringback_domain::wire::calendar::{AvailabilityQuery, IncludeSlots, SlotView};
use ringback_domain::wire::callback::ServiceRef;
use ringback_domain::wire::endpoint::GetAvailability;

use super::dates::today;
use super::draft::Draft;
use crate::browser::shares;
use crate::client::Client;
use crate::components::button::Button;
use crate::components::empty_state::{EmptyState, Skeleton};
use crate::components::icon_button::IconButton;
use crate::components::input::{SelectField, SelectOption, TextField};
use crate::format;
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::zones;

/// The slots, or why they could not be loaded; `None` while they are being loaded.
type Slots = RwSignal<Option<Result<Vec<SlotView>, String>>>;

/// The preview.
#[component]
pub(super) fn Preview(draft: Draft) -> impl IntoView {
    let users = Memo::new(move |_| draft.saved.with(|saved| saved.used_by.clone()));
    view! {
        <section class="card rule__part" aria-label=messages::preview()>
            <h3>{messages::preview()}</h3>
            {move || {
                let users = users.get();
                if users.is_empty() {
                    return view! { <p class="subtle">{messages::preview_none()}</p> }.into_any();
                }
                view! { <PreviewOf draft users /> }.into_any()
            }}
        </section>
    }
}

#[component]
fn PreviewOf(draft: Draft, users: Vec<ServiceRef>) -> impl IntoView {
    let client = Client::here();
    let zone = move || draft.saved.with(|saved| saved.content.time_zone.clone());
    let service = RwSignal::new(users.first().map(|one| one.id.to_string()).unwrap_or_default());
    let day = RwSignal::new(today(&untrack(zone)).to_string());
    let slots: Slots = RwSignal::new(None);
    let asked = StoredValue::new(0_u32);
    let load = move || {
        let (Ok(id), zone) = (service.with(|id| id.parse()), zone()) else { return };
        let Ok(date) = day.with(|day| day.parse::<ringback_domain::LocalDate>()) else { return };
        let at = |days| zones::first_instant(date.plus_days(days), &zone);
        let query = AvailabilityQuery {
            from: Some(at(0)),
            to: Some(at(1)),
            time_zone: Some(zone.clone()),
            include: Some(IncludeSlots::All),
            ..AvailabilityQuery::default()
        };
        asked.update_value(|asked| *asked += 1);
        let question = asked.get_value();
        spawn_local(async move {
            let loaded = client.call(&GetAvailability(id, query)).await;
            // The response to an older question is dropped.
            if asked.try_get_value() == Some(question) {
                slots.set(Some(loaded.map(|of| of.items).map_err(|failure| failure.message())));
            }
        });
    };
    // Also once another capacity has been saved.
    Effect::new(move |_| {
        draft.saved.track();
        load();
    });
    let step = move |days: i64| {
        let date = day.with_untracked(|day| day.parse::<ringback_domain::LocalDate>());
        if let Ok(date) = date {
            day.set(date.plus_days(days).to_string());
        }
    };
    let choices: Vec<_> =
        users.into_iter().map(|one| SelectOption { value: one.id.to_string(), label: one.name }).collect();
    view! {
        <form class="preview__form" on:submit=|event| event.prevent_default()>
            <SelectField label=messages::column_service() value=service error=RwSignal::new(None) choices />
            <TextField label=messages::date() value=day error=RwSignal::new(None) kind="date" />
            <span class="stepper">
                <IconButton
                    icon="chevron-left"
                    label=messages::day_before().to_owned()
                    on_press=move |()| step(-1)
                />
                <IconButton
                    icon="chevron-right"
                    label=messages::day_after().to_owned()
                    on_press=move |()| step(1)
                />
            </span>
        </form>
        {move || match slots.get() {
            None => view! { <Skeleton label=messages::loading() /> }.into_any(),
            Some(Err(text)) => view! {
                <EmptyState icon="circle-alert" bad=true title=messages::slots_failed() text>
                    <Button icon="refresh-cw" on_press=move |()| untrack(load)>{messages::try_again()}</Button>
                </EmptyState>
            }
            .into_any(),
            Some(Ok(slots)) => view! { <SlotTable slots /> }.into_any(),
        }}
    }
}

#[component]
fn SlotTable(slots: Vec<SlotView>) -> impl IntoView {
    let preferences = PreferenceStore::here();
    // Most of the night has neither capacity nor bookings.
    let slots: Vec<_> =
        slots.into_iter().filter(|slot| slot.booked > 0 || slot.capacity != Some(0)).collect();
    if slots.is_empty() {
        return view! { <p class="subtle" role="status">{messages::preview_empty()}</p> }.into_any();
    }
    let sum = |of: fn(&SlotView) -> u32| format::count(slots.iter().map(|slot| u64::from(of(slot))).sum());
    let capacity = |slot: &SlotView| slot.capacity.unwrap_or_default();
    let figures = [
        (messages::capacity(), sum(|slot| slot.capacity.unwrap_or_default())),
        (messages::booked(), sum(|slot| slot.booked)),
        (messages::available(), sum(available)),
        (messages::over_capacity(), sum(over)),
    ];
    let figure = |(term, value): (&'static str, String)| view! { <div><dt>{term}</dt><dd class="num">{value}</dd></div> };
    let most = slots.iter().map(|slot| slot.booked.max(capacity(slot))).max().unwrap_or(1).max(1);
    let row = |slot: SlotView| {
        let share = |part: u32| f64::from(part) / f64::from(most);
        let time = slot.local.get(11..16).and_then(|time| time.parse().ok());
        let style = preferences.style();
        let state = slot.reason.map_or(messages::bookable(), reason);
        let extra = over(&slot);
        view! {
            <tr class:is-over={extra > 0}>
                <th scope="row" class="num">{time.map(|time| format::time_of_day(time, style))}</th>
                <td class="preview__bar" aria-hidden="true">
                    <span
                        class="load"
                        use:shares=vec![("--capacity", share(capacity(&slot))), ("--booked", share(slot.booked))]
                    ></span>
                </td>
                <td class="num">{format::count(slot.booked.into())}</td>
                <td class="num">{slot.capacity.map(|capacity| format::count(capacity.into()))}</td>
                <td class="num">{format::count(available(&slot).into())}</td>
                <td class="num preview__over">{(extra > 0).then(|| messages::over(extra))}</td>
                <td class="wrap">{slot.label.unwrap_or_else(|| state.to_owned())}</td>
            </tr>
        }
    };
    let heads = [
        messages::booked(),
        messages::capacity(),
        messages::available(),
        messages::over_capacity(),
        messages::column_state(),
    ];
    let heads = heads.map(|label| view! { <th scope="col">{label}</th> }).collect_view();
    view! {
        <dl class="figures">{figures.map(figure).collect_view()}</dl>
        <div class="record-table__region preview__slots" tabindex="0" role="region" aria-label=messages::slots()>
            <table class="record-table record-table--data" aria-label=messages::slots()>
                <thead>
                    <tr>
                        <th scope="col">{messages::time()}</th>
                        <td aria-hidden="true"></td>
                        {heads}
                    </tr>
                </thead>
                <tbody>{slots.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// How many more can be booked: none where it has begun or the service is closed.
fn available(slot: &SlotView) -> u32 {
    if slot.bookable { slot.capacity.unwrap_or_default().saturating_sub(slot.booked + slot.held) } else { 0 }
}

fn over(slot: &SlotView) -> u32 {
    slot.capacity.map_or(0, |capacity| slot.booked.saturating_sub(capacity))
}

/// Why a slot cannot be booked, in a word.
fn reason(reason: Unavailable) -> &'static str {
    match reason {
        Unavailable::Past => messages::slot_past(),
        Unavailable::TooSoon => messages::slot_too_soon(),
        Unavailable::BeyondHorizon => messages::slot_beyond_horizon(),
        Unavailable::NotAccepting => messages::slot_not_accepting(),
        Unavailable::Closed => messages::closed(),
        Unavailable::Exception => messages::slot_exception(),
        Unavailable::NoCapacity => messages::no_capacity(),
        Unavailable::Full => messages::slot_full(),
        Unavailable::Held => messages::slot_held(),
        Unavailable::LimitReached => messages::slot_limit_reached(),
        Unavailable::OutsidePermittedHours => messages::slot_outside_hours(),
    }
}
