//! The week as it is drawn: what of each interval lies in which day, and what a
//! pointer that is dragged makes of it.

use ringback_domain::calendar::capacity::CapacityInterval;
use ringback_domain::calendar::schedule::{EndOfInterval, Interval, Weekly};
use ringback_domain::{TimeOfDay, Weekday};

/// Minutes of a day.
pub(super) const DAY: u16 = TimeOfDay::MINUTES;

/// The days of the week in their order.
pub(super) const WEEKDAYS: [Weekday; 7] = {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    [Mon, Tue, Wed, Thu, Fri, Sat, Sun]
};

/// The part of an interval that lies in one day, in minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The line of the interval.
    pub(super) key: u32,
    pub(super) from: u16,
    pub(super) to: u16,
    pub(super) capacity: u32,
    /// The interval begins in this day.
    pub(super) begins: bool,
    /// The interval ends in this day.
    pub(super) ends: bool,
}

/// What a day has of its own intervals and of those of the day before.
pub(super) fn pieces(own: &[(u32, CapacityInterval)], before: &[(u32, CapacityInterval)]) -> Vec<Piece> {
    let crosses = |of: &CapacityInterval| of.ends().minutes() <= of.begins().minutes();
    let spilled = before.iter().filter(|(_, of)| crosses(of)).map(|(key, of)| Piece {
        key: *key,
        from: 0,
        to: of.to.minutes(),
        capacity: of.capacity,
        begins: false,
        ends: true,
    });
    let own = own.iter().map(|(key, of)| Piece {
        key: *key,
        from: of.from.minutes(),
        to: if crosses(of) { DAY } else { of.to.minutes() },
        capacity: of.capacity,
        begins: true,
        ends: !crosses(of),
    });
    spilled.chain(own).collect()
}

/// What is dragged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grip {
    /// A new interval, which begins or ends where the pointer was pressed.
    New,
    /// The beginning of an interval.
    From,
    /// The end of an interval.
    To,
    /// The whole interval.
    Whole,
}

/// A drag that has begun. Times are minutes since midnight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drag {
    /// What is dragged, with its line.
    pub(super) piece: Piece,
    pub(super) grip: Grip,
    /// Where the pointer was pressed.
    pub(super) origin: u16,
    /// Between what others of the day leave.
    room: (u16, u16),
    /// Edges lie at multiples of this.
    step: u16,
}

impl Drag {
    /// A drag of a piece among all pieces of its day.
    pub(super) fn of(piece: Piece, grip: Grip, origin: u16, all: &[Piece], step: u16) -> Self {
        let others = all.iter().filter(|other| other.key != piece.key);
        let room = others.fold((0, DAY), |(from, to), other| {
            if other.to <= piece.from {
                (from.max(other.to), to)
            } else {
                (from, to.min(other.from.max(piece.from)))
            }
        });
        Self { piece, grip, origin, room, step }
    }

    /// A new interval of an hour, or of what room there is; `None` where there is none.
    pub(super) fn new(key: u32, at: u16, all: &[Piece], step: u16, capacity: u32) -> Option<Self> {
        let from = (at.min(DAY - 1) / step) * step;
        let piece = Piece { key, from, to: from + step, capacity, begins: true, ends: true };
        let mut drag = Self::of(piece, Grip::New, at, all, step);
        drag.piece.to = drag.room.1.min(from + HOUR.max(step));
        let free = !all.iter().any(|other| other.from < from + step && from < other.to);
        (free && drag.piece.from < drag.piece.to).then_some(drag)
    }

    /// Where the piece begins and ends once the pointer is at this minute.
    pub(super) fn at(&self, minute: u16) -> (u16, u16) {
        let Self { piece, step, room, .. } = *self;
        let down = |minute: u16| minute / step * step;
        let near = |minute: u16| down(minute + step / 2).min(DAY);
        let up = |minute: u16| minute.div_ceil(step) * step;
        let within = |minute: u16| minute.clamp(room.0, room.1);
        match self.grip {
            // A press without a drag keeps its hour.
            Grip::New if minute.abs_diff(self.origin) < step / 2 => (piece.from, piece.to),
            Grip::New if minute < self.origin => (within(down(minute)), within(piece.from + step)),
            Grip::New => (piece.from, within(up(minute)).max(piece.from + step)),
            Grip::From => (near(minute).clamp(room.0, piece.to.saturating_sub(step).max(room.0)), piece.to),
            Grip::To => (piece.from, near(minute).clamp((piece.from + step).min(room.1), room.1)),
            Grip::Whole => {
                let length = piece.to - piece.from;
                let wanted = near((piece.from + minute).saturating_sub(self.origin));
                let from = wanted.clamp(room.0, room.1.saturating_sub(length).max(room.0));
                (from, from + length)
            }
        }
    }
}

const HOUR: u16 = 60;

/// A time of the day as the fields have it; the end of the day is `24:00`.
pub(super) fn text(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// An interval, if it is one.
pub(super) fn interval(from: &str, to: &str, capacity: u32) -> Option<CapacityInterval> {
    Some(CapacityInterval { from: from.parse().ok()?, to: to.parse::<EndOfInterval>().ok()?, capacity })
}

/// Minutes from the beginning of an interval to its end.
pub(super) fn length(of: &CapacityInterval) -> u16 {
    let (from, to) = (of.from.minutes(), of.to.minutes());
    if to > from { to - from } else { to + DAY - from }
}

/// The same week with something else for each interval.
pub(super) fn map<T, U>(weekly: &Weekly<T>, of: impl Fn(&T) -> U) -> Weekly<U> {
    let mut mapped = Weekly::default();
    for day in WEEKDAYS {
        *mapped.on_mut(day) = weekly.on(day).iter().map(&of).collect();
    }
    mapped
}

/// The place of the day before in the week.
pub(super) const fn day_before(index: usize) -> usize {
    (index + 6) % WEEKDAYS.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(key: u32, from: &str, to: &str) -> (u32, CapacityInterval) {
        (key, interval(from, to, 1).unwrap())
    }

    fn monday() -> Vec<Piece> {
        pieces(&[line(1, "09:00", "12:00"), line(2, "22:00", "02:00")], &[line(3, "20:00", "01:00")])
    }

    #[test]
    fn an_interval_over_midnight_is_a_piece_of_two_days() {
        let spans: Vec<_> = monday().iter().map(|of| (of.key, of.from, of.to, of.begins, of.ends)).collect();
        assert_eq!(spans, [(3, 0, 60, false, true), (1, 540, 720, true, true), (2, 1320, 1440, true, false)]);
        assert_eq!(length(&interval("22:00", "02:00", 1).unwrap()), 240);
        assert_eq!((day_before(0), day_before(3)), (6, 2));
    }

    #[test]
    fn a_press_makes_an_hour_and_a_drag_what_it_covers() {
        let new = |at| Drag::new(9, at, &monday(), 15, 1);
        let drag = new(785).unwrap();
        assert_eq!(drag.at(787), (780, 840));
        assert_eq!(drag.at(905), (780, 915));
        assert_eq!(drag.at(1_439), (780, 1_320), "it stops at the next interval");
        assert_eq!(drag.at(745), (735, 795));
        assert_eq!(drag.at(10), (720, 795));
        assert!(new(600).is_none(), "the time is taken");
        assert_eq!(new(1_310).unwrap().at(1_310), (1_305, 1_320), "less than an hour is left");
    }

    #[test]
    fn edges_stop_at_neighbours_and_at_each_other() {
        let all = monday();
        let drag = |grip| Drag::of(all[1], grip, 600, &all, 15);
        assert_eq!(drag(Grip::From).at(500), (495, 720));
        assert_eq!(drag(Grip::From).at(0), (60, 720));
        assert_eq!(drag(Grip::From).at(1_000), (705, 720));
        assert_eq!(drag(Grip::To).at(1_439), (540, 1_320));
        assert_eq!(drag(Grip::To).at(0), (540, 555));
        assert_eq!(drag(Grip::Whole).at(660), (600, 780));
        assert_eq!(drag(Grip::Whole).at(1_440), (1_140, 1_320));
        assert_eq!(drag(Grip::Whole).at(0), (60, 240));
        let spilled = Drag::of(all[0], Grip::To, 60, &all, 15);
        assert_eq!(spilled.at(1_440), (0, 540));
        assert_eq!(text(1_440), "24:00");
    }
}
