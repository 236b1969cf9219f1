//! Spreading callbacks over the free places of a stretch of time.

use std::collections::HashMap;

use super::availability::{Taken, Unavailable, without_room};
use crate::time::Timestamp;
use crate::zone::Span;

/// A slot that callbacks may be moved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From its start, which becomes the desired time, until the next slot begins.
    pub span: Span,
    /// Callbacks that it can hold; `None` for any number.
    pub capacity: Option<u32>,
    /// What is taken of it.
    pub taken: Taken,
    /// Why nobody of its choice can be moved to it, whatever room it has.
    pub closed: Option<Unavailable>,
}

/// The slots of a service for customers who may be called at the same hours, in order.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What its room is shared with: choices of the same number fill the same slots.
    pub pool: usize,
    /// The slots.
    pub places: Vec<Place>,
}

/// A callback that is to be moved.
#[derive(Clone, Copy, Debug)]
pub struct Mover {
    /// The index of its choice.
    pub choice: usize,
    /// Its desired time.
    pub at: Timestamp,
}

/// What becomes of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// It is moved to the slot that begins then.
    Moves(Timestamp),
    /// It has one of the slots already, and keeps it.
    AlreadyThere,
    /// There is no slot for it: the least of what is in the way.
    Stays(Unavailable),
}

/// Gives each callback the first slot of its choice that has room, in the order in which they
/// come. Where any number fits, a pool is spread evenly over the slots that are open.
pub fn spread(choices: &[Choice], movers: &[Mover]) -> Vec<Placement> {
    let mut spreading = Spreading::new(choices, movers);
    movers.iter().map(|mover| spreading.place(mover)).collect()
}

struct Spreading<'a> {
    choices: &'a [Choice],
    /// Callbacks that were given a slot, by pool and start.
    moved: HashMap<(usize, Timestamp), u32>,
    /// The first slot of each choice that may still have room.
    first: Vec<usize>,
    /// The slots of each choice that is spread evenly; `None` where room is limited.
    open: Vec<Option<Vec<&'a Place>>>,
    /// Why nothing of a choice is left, once that is so: room only becomes less.
    reasons: Vec<Option<Unavailable>>,
    /// Callbacks of each pool that need a slot, and how many of them came.
    wanted: HashMap<usize, (usize, usize)>,
}

impl<'a> Spreading<'a> {
    fn new(choices: &'a [Choice], movers: &[Mover]) -> Self {
        let mut wanted: HashMap<usize, (usize, usize)> = HashMap::new();
        for mover in movers {
            let choice = &choices[mover.choice];
            if !is_there(choice, mover.at) {
                wanted.entry(choice.pool).or_default().0 += 1;
            }
        }
        Self {
            choices,
            moved: HashMap::new(),
            first: vec![0; choices.len()],
            open: choices.iter().map(open).collect(),
            reasons: vec![None; choices.len()],
            wanted,
        }
    }

    fn place(&mut self, mover: &Mover) -> Placement {
        let choice = &self.choices[mover.choice];
        if is_there(choice, mover.at) {
            return Placement::AlreadyThere;
        }
        let (wanted, come) = self.wanted.entry(choice.pool).or_default();
        let share = (*come, *wanted);
        *come += 1;
        let found = match &self.open[mover.choice] {
            None => self.earliest(mover.choice),
            Some(open) => even(open, share),
        };
        let Some(place) = found else { return Placement::Stays(self.least_obstacle(mover.choice)) };
        *self.moved.entry((choice.pool, place.span.from)).or_default() += 1;
        Placement::Moves(place.span.from)
    }

    fn earliest(&mut self, index: usize) -> Option<&'a Place> {
        let choice = &self.choices[index];
        let after = &choice.places[self.first[index]..];
        let found = after.iter().position(|place| self.obstacle(choice, place).is_none());
        self.first[index] = found.map_or(choice.places.len(), |found| self.first[index] + found);
        choice.places.get(self.first[index])
    }

    /// Why a slot takes no further callback.
    fn obstacle(&self, choice: &Choice, place: &Place) -> Option<Unavailable> {
        let moved = self.moved.get(&(choice.pool, place.span.from)).copied().unwrap_or_default();
        let taken = Taken { booked: place.taken.booked.saturating_add(moved), held: place.taken.held };
        place.closed.or_else(|| place.capacity.and_then(|capacity| without_room(capacity, taken)))
    }

    fn least_obstacle(&mut self, index: usize) -> Unavailable {
        if let Some(known) = self.reasons[index] {
            return known;
        }
        let choice = &self.choices[index];
        let all = choice.places.iter().filter_map(|place| self.obstacle(choice, place));
        let least = all.max_by_key(|obstacle| nearness(*obstacle)).unwrap_or(Unavailable::Closed);
        *self.reasons[index].insert(least)
    }
}

/// Whether a callback has one of the slots that it could be moved to.
fn is_there(choice: &Choice, at: Timestamp) -> bool {
    let next = choice.places.partition_point(|place| place.span.from <= at);
    let place = next.checked_sub(1).and_then(|index| choice.places.get(index));
    place.is_some_and(|place| at < place.span.to && place.closed.is_none())
}

/// The slots in which the service of a choice is open, unless its room is limited.
fn open(choice: &Choice) -> Option<Vec<&Place>> {
    let may_be_open =
        |place: &&Place| matches!(place.closed, None | Some(Unavailable::OutsidePermittedHours));
    let is_limited = choice.places.iter().any(|place| place.capacity.is_some());
    (!is_limited).then(|| choice.places.iter().filter(may_be_open).collect())
}

/// The slot of a callback of which others came before it, of so many in all. Where the customer
/// is not called then, the next at which they are, or the last before it.
fn even<'a>(open: &[&'a Place], (before, all): (usize, usize)) -> Option<&'a Place> {
    let share = before * open.len() / all.max(1);
    let (earlier, later) = open.split_at(share.min(open.len()));
    later.iter().chain(earlier.iter().rev()).find(|place| place.closed.is_none()).copied()
}

/// The larger, the nearer a slot was to being taken.
const fn nearness(obstacle: Unavailable) -> u8 {
    match obstacle {
        Unavailable::Full => 10,
        Unavailable::Held => 9,
        Unavailable::OutsidePermittedHours => 8,
        Unavailable::NoCapacity => 7,
        Unavailable::Exception => 6,
        Unavailable::Closed => 5,
        Unavailable::BeyondHorizon => 4,
        Unavailable::TooSoon => 3,
        Unavailable::LimitReached => 2,
        Unavailable::NotAccepting => 1,
        Unavailable::Past => 0,
    }
}
