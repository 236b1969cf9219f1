//! Booking, moving, cancelling and holding places of slots on two nodes, explored in every course
//! that a small world can take. Each step is one statement of a command; between two of them
//! anything can happen, a crash of the node among it.

use std::cmp::Ordering;

use ringback_domain::calendar::availability::{Taken, without_room};
use stateright::{Checker, Model, Property};

const NODES: usize = 2;
const CUSTOMERS: usize = 3;
/// What each slot can hold.
const CAPACITY: [u32; 2] = [1, 2];

/// How a command makes sure that nobody else takes the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    /// As Ringback does: by a lock of the slot, under which it counts again.
    LockAndCount,
    /// Not at all: it counts and writes.
    Nothing,
    /// As Ringback does, but a hold is believed without it.
    NothingForHolds,
}

/// Where a customer's callback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    None,
    /// A place is kept for a customer who is about to book.
    Held(usize),
    Booked(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Wish {
    Hold(usize),
    /// Books, with or without a hold, or moves.
    Book(usize),
    Cancel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Begun,
    Looked,
    Locked,
    Counted,
}

/// A command that runs on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Command {
    customer: usize,
    wish: Wish,
    stage: Stage,
    /// It books what the customer held as it began.
    has_hold: bool,
    /// Another command has changed the record since it was read.
    is_stale: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    places: [Place; CUSTOMERS],
    nodes: [Option<Command>; NODES],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Action {
    Begin(usize, usize, Wish),
    Step(usize),
    Crash(usize),
    /// The time of a hold is over.
    Expire(usize),
}

impl Wish {
    const fn slot(self) -> Option<usize> {
        match self {
            Self::Hold(slot) | Self::Book(slot) => Some(slot),
            Self::Cancel => None,
        }
    }
}

impl World {
    /// What is taken of a slot, without the place of this customer.
    fn taken(&self, slot: usize, without: Option<usize>) -> Taken {
        let others = self.places.iter().enumerate().filter(|(customer, _)| Some(*customer) != without);
        let others: Vec<Place> = others.map(|(_, place)| *place).collect();
        let count = |of: Place| others.iter().map(|place| u32::from(*place == of)).sum();
        Taken { booked: count(Place::Booked(slot)), held: count(Place::Held(slot)) }
    }

    /// Whether a slot is taken by as many as this, or by fewer.
    fn compare(&self, slot: usize, count: u32) -> Ordering {
        let taken = self.taken(slot, None);
        (taken.booked + taken.held).cmp(&count)
    }

    fn is_locked(&self, slot: usize, by_others_than: usize) -> bool {
        let others = self.nodes.iter().enumerate().filter(|(node, _)| *node != by_others_than);
        others.filter_map(|(_, command)| *command).any(|command| {
            command.wish.slot() == Some(slot) && matches!(command.stage, Stage::Locked | Stage::Counted)
        })
    }

    fn is_full(&self, slot: usize, customer: usize) -> bool {
        without_room(CAPACITY[slot], self.taken(slot, Some(customer))).is_some()
    }

    /// Writes what a command is for. Whoever has read the record before has to begin again.
    fn commit(&mut self, node: usize, command: Command) {
        self.nodes[node] = None;
        if command.is_stale {
            return;
        }
        self.places[command.customer] = match command.wish {
            Wish::Hold(slot) => Place::Held(slot),
            Wish::Book(slot) => Place::Booked(slot),
            Wish::Cancel => Place::None,
        };
        for other in self.nodes.iter_mut().flatten().filter(|other| other.customer == command.customer) {
            other.is_stale = true;
        }
    }
}

impl Guard {
    /// What a command does next. `None` while it waits for a lock.
    fn step(self, world: &World, node: usize) -> Option<World> {
        let mut after = world.clone();
        let command = world.nodes[node]?;
        let next = |stage| Some(Command { stage, ..command });
        let Some(slot) = command.wish.slot() else {
            after.commit(node, command);
            return Some(after);
        };
        let is_full = world.is_full(slot, command.customer);
        let is_trusted = self == Self::NothingForHolds && command.has_hold;
        match command.stage {
            Stage::Begun if is_trusted => after.nodes[node] = next(Stage::Counted),
            Stage::Begun => after.nodes[node] = if is_full { None } else { next(Stage::Looked) },
            Stage::Looked if self == Self::Nothing => after.nodes[node] = next(Stage::Counted),
            Stage::Looked if world.is_locked(slot, node) => return None,
            Stage::Looked => after.nodes[node] = next(Stage::Locked),
            Stage::Locked => after.nodes[node] = if is_full { None } else { next(Stage::Counted) },
            Stage::Counted => after.commit(node, command),
        }
        Some(after)
    }
}

impl Model for Guard {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World { places: [Place::None; CUSTOMERS], nodes: [None; NODES] }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (node, command) in world.nodes.iter().enumerate() {
            if command.is_some() {
                actions.extend([Action::Step(node), Action::Crash(node)]);
                continue;
            }
            for (customer, place) in world.places.iter().enumerate() {
                let slots = 0..CAPACITY.len();
                let mut begin = |wish| actions.push(Action::Begin(node, customer, wish));
                match place {
                    Place::None => slots.clone().for_each(|slot| begin(Wish::Hold(slot))),
                    Place::Booked(_) => begin(Wish::Cancel),
                    Place::Held(_) => {}
                }
                slots.for_each(|slot| begin(Wish::Book(slot)));
            }
        }
        let held = world.places.iter().enumerate().filter(|(_, place)| matches!(place, Place::Held(_)));
        actions.extend(held.map(|(customer, _)| Action::Expire(customer)));
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut after = world.clone();
        match action {
            Action::Begin(node, customer, wish) => {
                let has_hold = wish.slot().is_some_and(|slot| world.places[customer] == Place::Held(slot));
                after.nodes[node] =
                    Some(Command { customer, wish, stage: Stage::Begun, has_hold, is_stale: false });
            }
            Action::Step(node) => return self.step(world, node),
            Action::Crash(node) => after.nodes[node] = None,
            // Nobody writes anything: those who count see that its time is over.
            Action::Expire(customer) => after.places[customer] = Place::None,
        }
        Some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(WITHIN, |_, world: &World| {
                (0..CAPACITY.len()).all(|slot| world.compare(slot, CAPACITY[slot]).is_le())
            }),
            Property::sometimes(FULL, |_, world: &World| {
                (0..CAPACITY.len()).all(|slot| world.compare(slot, CAPACITY[slot]).is_eq())
            }),
            Property::sometimes(WAITS, |_, world: &World| {
                let waits = |(node, command): (usize, &Option<Command>)| {
                    command.is_some_and(|command| {
                        command.stage == Stage::Looked
                            && command.wish.slot().is_some_and(|slot| world.is_locked(slot, node))
                    })
                };
                world.nodes.iter().enumerate().any(waits)
            }),
        ]
    }
}

const WITHIN: &str = "no slot is booked above its capacity";
const FULL: &str = "all that can be promised is promised";
const WAITS: &str = "a node waits for another";

#[test]
fn no_course_of_two_nodes_books_a_slot_above_its_capacity() {
    let explored = Guard::LockAndCount.checker().threads(2).spawn_bfs().join();
    explored.assert_properties();
    assert!(explored.unique_state_count() > 100_000, "the world is smaller than it was");
}

#[test]
fn without_its_guard_a_booking_exceeds_the_capacity() {
    for guard in [Guard::Nothing, Guard::NothingForHolds] {
        let explored = guard.checker().spawn_bfs().join();
        explored.assert_any_discovery(WITHIN);
    }
}
