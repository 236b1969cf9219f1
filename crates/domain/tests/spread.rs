//! Spreading callbacks over free places, for any day and any selection.

use std::collections::HashMap;

use proptest::prelude::*;
use ringback_domain::Timestamp;
use ringback_domain::calendar::availability::{Taken, Unavailable};
use ringback_domain::calendar::spread::{Choice, Mover, Place, Placement, spread};
use ringback_domain::zone::Span;

const SLOT: i64 = 900;

fn at(slot: i64) -> Timestamp {
    Timestamp::from_micros(1_795_000_000_000_000).plus_seconds(slot * SLOT)
}

fn place(index: i64, capacity: Option<u32>, taken: Taken, closed: Option<Unavailable>) -> Place {
    let span = Span { from: at(index), to: at(index + 1) };
    Place { span, capacity, taken, closed }
}

fn booked(booked: u32) -> Taken {
    Taken { booked, held: 0 }
}

/// Capacity of a slot, and what is booked and held of it.
fn room() -> impl Strategy<Value = (u32, Taken)> {
    (0..6_u32, 0..5_u32, 0..4_u32).prop_map(|(capacity, booked, held)| (capacity, Taken { booked, held }))
}

fn taken(place: &Place) -> u32 {
    place.taken.booked + place.taken.held
}

fn closed() -> impl Strategy<Value = Option<Unavailable>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(Unavailable::Closed)),
        1 => Just(Some(Unavailable::OutsidePermittedHours)),
    ]
}

/// Two services that share a rule, each with hours of its own, and callbacks of both from before.
fn shared() -> impl Strategy<Value = (Vec<Choice>, Vec<Mover>)> {
    let slots = prop::collection::vec((room(), closed(), closed()), 0..12);
    let movers = prop::collection::vec((0..2_usize, -40..14_i64), 0..40);
    (slots, movers).prop_map(|(slots, mut movers)| {
        let choice = |which: usize| Choice {
            pool: 7,
            places: (0..)
                .zip(&slots)
                .map(|(index, ((capacity, taken), first, second))| {
                    place(index, Some(*capacity), *taken, [*first, *second][which])
                })
                .collect(),
        };
        movers.sort_by_key(|(_, slot)| *slot);
        let movers = movers.into_iter().map(|(choice, slot)| Mover { choice, at: at(slot) }).collect();
        (vec![choice(0), choice(1)], movers)
    })
}

fn moved_to(placements: &[Placement]) -> Vec<Timestamp> {
    let to = |placement: &Placement| match placement {
        Placement::Moves(to) => Some(*to),
        _ => None,
    };
    placements.iter().filter_map(to).collect()
}

fn counts(placements: &[Placement]) -> HashMap<Timestamp, u32> {
    let mut counts = HashMap::new();
    for to in moved_to(placements) {
        *counts.entry(to).or_default() += 1;
    }
    counts
}

proptest! {
    #[test]
    fn no_slot_is_filled_beyond_its_capacity((choices, movers) in shared()) {
        let counts = counts(&spread(&choices, &movers));
        for place in &choices[0].places {
            let moved = counts.get(&place.span.from).copied().unwrap_or_default();
            let capacity = place.capacity.unwrap_or(u32::MAX);
            prop_assert!(moved == 0 || taken(place) + moved <= capacity, "{place:?} and {moved}");
        }
    }

    #[test]
    fn nobody_stays_while_a_slot_of_theirs_has_room((choices, movers) in shared()) {
        let placements = spread(&choices, &movers);
        let counts = counts(&placements);
        for (mover, placement) in movers.iter().zip(&placements) {
            let places = &choices[mover.choice].places;
            match placement {
                Placement::Stays(_) => for place in places.iter().filter(|place| place.closed.is_none()) {
                    let moved = counts.get(&place.span.from).copied().unwrap_or_default();
                    prop_assert!(taken(place) + moved >= place.capacity.unwrap_or(u32::MAX), "{place:?}");
                },
                Placement::Moves(to) => {
                    let place = places.iter().find(|place| place.span.from == *to);
                    prop_assert_eq!(place.map(|place| place.closed), Some(None), "{:?}", to);
                }
                Placement::AlreadyThere => {
                    let within = |place: &&Place| place.span.from <= mover.at && mover.at < place.span.to;
                    let place = places.iter().find(within);
                    prop_assert_eq!(place.map(|place| place.closed), Some(None), "{:?}", mover.at);
                }
            }
        }
    }

    #[test]
    fn of_one_service_as_many_move_as_there_are_places(
        slots in prop::collection::vec((room(), prop::option::of(Just(Unavailable::Closed))), 0..12),
        callbacks in 0..50_usize,
    ) {
        let places: Vec<Place> = (0..).zip(slots)
            .map(|(index, ((capacity, taken), closed))| place(index, Some(capacity), taken, closed))
            .collect();
        let open = places.iter().filter(|place| place.closed.is_none());
        let free: u32 = open.map(|place| place.capacity.unwrap_or_default().saturating_sub(taken(place))).sum();
        let movers: Vec<Mover> = (0..callbacks).map(|_| Mover { choice: 0, at: at(-3) }).collect();
        let placements = spread(&[Choice { pool: 0, places }], &movers);
        let to = moved_to(&placements);
        prop_assert_eq!(to.len(), callbacks.min(free as usize));
        prop_assert!(to.is_sorted(), "the earliest gets the earliest: {to:?}");
        prop_assert!(
            placements[..to.len()].iter().all(|one| matches!(one, Placement::Moves(_))),
            "those who stay are the last: {placements:?}"
        );
    }

    #[test]
    fn without_a_rule_callbacks_are_spread_evenly_in_their_order(
        slots in prop::collection::vec(prop::option::of(Just(Unavailable::Closed)), 1..12),
        callbacks in 0..50_usize,
    ) {
        let places: Vec<Place> =
            (0..).zip(slots).map(|(index, closed)| place(index, None, booked(0), closed)).collect();
        let open: Vec<Timestamp> =
            places.iter().filter(|place| place.closed.is_none()).map(|place| place.span.from).collect();
        let movers: Vec<Mover> = (0..callbacks).map(|_| Mover { choice: 0, at: at(-3) }).collect();
        let placements = spread(&[Choice { pool: 0, places }], &movers);
        let to = moved_to(&placements);
        prop_assert_eq!(to.len(), if open.is_empty() { 0 } else { callbacks });
        prop_assert!(to.is_sorted(), "{to:?}");
        let counts = counts(&placements);
        let of = |from: &Timestamp| counts.get(from).copied().unwrap_or_default();
        let (least, most) = (open.iter().map(of).min(), open.iter().map(of).max());
        prop_assert!(most.unwrap_or_default() - least.unwrap_or_default() <= 1, "{counts:?}");
    }
}

#[test]
fn the_reason_to_stay_is_what_was_nearest_to_a_place() {
    let stays =
        |places: Vec<Place>| spread(&[Choice { pool: 0, places }], &[Mover { choice: 0, at: at(-1) }])[0];
    let full = place(0, Some(2), booked(2), None);
    let night = place(1, Some(2), booked(0), Some(Unavailable::OutsidePermittedHours));
    let shut = place(2, Some(2), booked(0), Some(Unavailable::Closed));
    assert_eq!(stays(vec![full, night.clone(), shut.clone()]), Placement::Stays(Unavailable::Full));
    assert_eq!(stays(vec![shut.clone(), night]), Placement::Stays(Unavailable::OutsidePermittedHours));
    assert_eq!(stays(vec![shut]), Placement::Stays(Unavailable::Closed));
    assert_eq!(stays(Vec::new()), Placement::Stays(Unavailable::Closed));
}

#[test]
fn a_customer_who_is_asleep_then_gets_the_next_slot_they_are_awake_in() {
    let asleep = Some(Unavailable::OutsidePermittedHours);
    let awake: Vec<Place> = (0..4).map(|index| place(index, None, booked(0), None)).collect();
    let mut late = awake.clone();
    late[0].closed = asleep;
    late[1].closed = asleep;
    let mut early = awake.clone();
    early[2].closed = asleep;
    early[3].closed = asleep;
    let choices = [awake, late, early].map(|places| Choice { pool: 0, places });
    let movers = [1, 0, 0, 2].map(|choice| Mover { choice, at: at(-1) });
    let expected = [2, 1, 2, 1].map(|slot| Placement::Moves(at(slot)));
    assert_eq!(spread(&choices, &movers), expected);
}
