//! The date range of the list.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::messages;
use crate::pages::callbacks::list::page::PageState;
use crate::ranges::{self, DateRange, Range};

/// The drop-down of date ranges.
#[component]
pub(super) fn RangeSelect() -> impl IntoView {
    let page = PageState::here();
    let current = Memo::new(move |_| page.view.with(|view| view.list.range));
    let change = move |event: leptos::ev::Event| {
        let Some(range) = Range::from_key(&event_target_value(&event)) else { return };
        page.preferences.update_soon(move |preferences| preferences.last_range = Some(range.key()));
        let mut view = page.view.get_untracked().with(|list| list.range = range);
        view.open.clear();
        page.show(&view);
    };
    let option = move |range: Range, label: String| {
        view! { <option value=range.key() selected=move || current.get() == range>{label}</option> }
    };
    let group = move |label: &'static str, ranges: &[DateRange]| {
        let options = ranges.iter().map(|range| option(Range::Preset(*range), range.label().to_owned()));
        view! { <optgroup label=label>{options.collect_view()}</optgroup> }
    };
    // The person's custom ranges, and one that is only in the address.
    let own = Memo::new(move |_| {
        let mut ranges = page.preferences.with(ranges::custom_ranges);
        let shown = current.get();
        if !matches!(shown, Range::Preset(_)) && ranges.iter().all(|(range, _)| *range != shown) {
            ranges.push((shown, page.range_label(shown)));
        }
        ranges
    });
    let own_group = move || {
        let ranges = own.get();
        (!ranges.is_empty()).then(|| {
            let options = ranges.into_iter().map(|(range, label)| option(range, label)).collect_view();
            view! { <optgroup label=messages::ranges_own()>{options}</optgroup> }
        })
    };
    view! {
        <span class="select-wrapper date-range">
            <Icon name="calendar-days" class="icon--leading" />
            <select
                class="select"
                aria-label=messages::date_range()
                prop:value=move || {
                    own.track();
                    current.get().key()
                }
                on:change=change
            >
                {group(messages::ranges_past(), &DateRange::PAST)}
                {group(messages::ranges_now(), &DateRange::NOW)}
                {group(messages::ranges_ahead(), &DateRange::AHEAD)}
                {own_group}
            </select>
            <Icon name="chevron-down" class="icon--small" />
        </span>
    }
}
