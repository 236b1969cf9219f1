//! Whether a calendar is open, as far as the server keeps it.

use leptos::prelude::*;
use ringback_domain::Timestamp;
use ringback_domain::calendar::office_hours::{OfficeHours, Standing};

use super::rule::{Content, Kind};
use crate::clock::Clock;
use crate::format;
use crate::messages;
use crate::preferences::PreferenceStore;
use crate::zones;

/// Whether a calendar is open, by the rule that the server applies; `None` while the
/// clock of its zone is not known.
pub(super) fn standing(content: &Content, now: Timestamp) -> Option<Standing> {
    let clock = zones::clock_of(&content.time_zone)?;
    Some(OfficeHours::new(content.open_week(), &content.open_dates()).standing(&clock, now))
}

/// `Open until Tue 24 Nov, 18:00`, on the clock of the calendar.
pub(super) fn in_words(standing: &Standing, zone: &str) -> String {
    let style = PreferenceStore::here().style();
    let at =
        |at: Timestamp| format::day_time_in(at, style, zone).unwrap_or_else(|| format::day_time(at, style));
    match (standing.open, standing.until) {
        (true, Some(until)) => messages::open_until(at(until)),
        (true, None) => messages::open_on().to_owned(),
        (false, Some(until)) => messages::opens_at(at(until)),
        (false, None) => messages::closed_on().to_owned(),
    }
}

/// Says whether the calendar is open, and what the clocks there and here show.
#[component]
pub(super) fn OpenNote(
    /// What the server keeps.
    #[prop(into)]
    content: Signal<Content>,
    /// The clocks of the zones have been read.
    #[prop(into)]
    clocks: Signal<bool>,
) -> impl IntoView {
    let clock = Clock::here();
    let preferences = PreferenceStore::here();
    move || {
        let (now, style) = (clock.coarse(), preferences.style());
        clocks.get();
        content.with(|content| {
            let standing = standing(content, now)?;
            let zone = &content.time_zone;
            let here = format::zone_name(style.utc);
            let own = standing.until.filter(|_| *zone != here).map(|until| {
                messages::time_here(format::day_time(until, style), &here)
            });
            let class = if standing.open { "open-note open-note--open" } else { "open-note" };
            let title = if standing.open { messages::open_now() } else { messages::closed_now() };
            Some(view! {
                <p class=class role="status"><b>{title}</b><span>{in_words(&standing, zone)}". "{own}</span></p>
            })
        })
    }
}

/// The line below the name in the list.
pub(super) fn line(content: &Content, kind: Kind, now: Timestamp) -> String {
    match kind {
        Kind::Capacity => messages::from_slot(messages::minutes(content.slot_minutes), &content.time_zone),
        Kind::Hours => standing(content, now)
            .map_or_else(|| content.time_zone.clone(), |standing| in_words(&standing, &content.time_zone)),
    }
}

/// Whether the list marks it as open.
pub(super) fn is_open(content: &Content, kind: Kind, now: Timestamp) -> bool {
    kind == Kind::Hours && standing(content, now).is_some_and(|standing| standing.open)
}
