//! When a customer who was not reached is dialled again.

use crate::calendar::called_party::{CalledParty, next_permitted};
use crate::calendar::office_hours::ServiceHours;
use crate::callback::Callback;
use crate::callback::state::Reservation;
use crate::dial::{DialResult, RetryPolicy};
use crate::id::CallbackId;
use crate::time::Timestamp;

/// By what a callback is dialled again.
#[derive(Clone, Copy, Debug)]
pub struct Retry<'a> {
    /// The policy of its service.
    pub policy: &'a RetryPolicy,
    /// When its service is open.
    pub hours: &'a ServiceHours<'a>,
    /// When the customer may be called; at any hour if `None`.
    pub party: Option<&'a CalledParty>,
}

impl Callback {
    /// The callback with one more dial on its record.
    pub(super) fn dialled(&self, reservation: &Reservation, result: DialResult) -> Self {
        let mut dialled = self.clone();
        dialled.dial_counts.add(result);
        if result.counts() {
            dialled.first_attempted_at.get_or_insert(reservation.reserved_at);
        }
        dialled
    }

    /// When the customer is dialled again, after the dial that was put on record last;
    /// `None` where that was the last attempt, or no further one fits.
    pub(super) fn next_attempt(
        &self,
        last: DialResult,
        retry: Retry<'_>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let times = self.dial_counts.of(last);
        let (gap, jitter) = retry.policy.gap_after(last, times, self.attempts_made())?;
        let seconds = gap + chance(self.id, self.dial_counts.total()) % (jitter + 1);
        let earliest = now.plus_seconds(i64::try_from(seconds).ok()?);
        let give_up_at = self.desired_time.plus_seconds(i64::from(retry.policy.give_up_after_seconds));
        if earliest > give_up_at {
            return None;
        }
        next_permitted(retry.hours, retry.party, earliest).filter(|at| *at <= give_up_at)
    }
}

/// A number that looks like chance and is the same each time: by the callback and how
/// many dials it had. The steps are those of `SplitMix64`.
fn chance(id: CallbackId, dials: u32) -> u64 {
    let (high, low) = id.0.as_u64_pair();
    let mixed = |seed: u64| {
        let seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let seed = (seed ^ (seed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        seed ^ (seed >> 31)
    };
    mixed(mixed(high ^ u64::from(dials).wrapping_mul(0x9e37_79b9_7f4a_7c15)) ^ low)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn chance_spreads_evenly_and_differs_with_each_dial() {
        let mut tenths = [0_u32; 10];
        for number in 0..10_000_u128 {
            let id = CallbackId(Uuid::from_u128(number));
            tenths[usize::try_from(chance(id, 1) % 10).unwrap()] += 1;
        }
        assert!(tenths.iter().all(|count| (850..1_150).contains(count)), "{tenths:?}");
        let id = CallbackId(Uuid::from_u128(7));
        assert_eq!(chance(id, 1), chance(id, 1));
        assert_ne!(chance(id, 1) % 1_000, chance(id, 2) % 1_000);
    }
}
