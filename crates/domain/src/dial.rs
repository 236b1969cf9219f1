//! How a dial attempt ended, and by what rules the customer is dialled again.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

/// How one dial attempt ended.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum DialResult {
    /// Our side could not make the call.
    CreateCallError,
    /// The customer's line was busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// A machine answered.
    AnsweringMachine,
    /// The network answered with a tone.
    ErrorTone,
    /// A fax answered.
    Fax,
    /// A person answered, but the agent did not get the call.
    Person,
    /// The customer declined the call.
    Rejected,
    /// A person answered and did not confirm.
    NoConfirm,
    /// The number does not exist. Final.
    InvalidNumber,
    /// The number must not be called. Final.
    NumberBlocked,
    /// The customer's phone is switched off or out of reach.
    Unreachable,
    /// The network had no line.
    Congestion,
    /// The call reached the agent.
    Connected,
    /// Anything else.
    Unknown,
}

impl DialResult {
    /// Whether an attempt that ended so is one of those that a callback may have. What
    /// our side or the network did not manage is not: nobody's phone rang, and the
    /// customer must not lose an attempt by it.
    pub const fn counts(self) -> bool {
        !matches!(self, Self::CreateCallError | Self::ErrorTone | Self::Congestion)
    }

    /// The least gap after it, in seconds. After [`Self::Unknown`] the customer may have
    /// been reached, so nobody is called again at once.
    pub const fn min_gap_seconds(self) -> u32 {
        if matches!(self, Self::Unknown) { 60 } else { 1 }
    }

    /// How long the gap after it can grow, in seconds: what does not count is tried
    /// again within ten minutes, as the fault may be over by then.
    const fn max_grown_gap_seconds(self) -> u32 {
        if self.counts() { MAX_GAP_SECONDS } else { 600 }
    }
}

/// Most dial attempts that a service may set.
pub const MAX_ATTEMPTS: u32 = 20;

/// Most attempts that may end in one way.
pub const MAX_OF_RESULT: u32 = 1_000;

/// Longest gap between two attempts, in seconds: a day.
pub const MAX_GAP_SECONDS: u32 = 86_400;

/// Longest time after the desired time in which a service may dial again, in seconds:
/// ten days. A day later a callback is given up in any case.
pub const MAX_GIVE_UP_SECONDS: u32 = 10 * 86_400;

/// The factors by which a gap may grow each time.
pub const GROWTH: std::ops::RangeInclusive<Ratio> = Ratio::percent(100)..=Ratio::percent(1_000);

/// The parts of a gap that may be added to it by chance.
pub const JITTER: std::ops::RangeInclusive<Ratio> = Ratio::percent(0)..=Ratio::percent(100);

/// A factor or a share, to the hundredth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(i32);

impl Ratio {
    /// So many hundredths.
    pub const fn percent(hundredths: i32) -> Self {
        Self(hundredths)
    }

    /// The ratio as a number.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// So much of a number; nothing of it where the ratio is negative.
    fn of(self, number: u64) -> u64 {
        number.saturating_mul(u64::from(self.0.max(0).unsigned_abs())) / 100
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_f64(), f)
    }
}

impl fmt::Debug for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Ratio {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_f64())
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hundredths = (f64::deserialize(deserializer)? * 100.0).round();
        #[expect(clippy::cast_possible_truncation, reason = "it ends at the bounds of the type")]
        Ok(Self(hundredths as i32))
    }
}

/// When a callback is dialled again after its dial ended in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetryRule {
    /// Attempts that may end so; the last of them completes the callback.
    #[schema(minimum = 1, maximum = 1_000)]
    pub max: u32,
    /// Seconds from the first of them to the next attempt.
    #[schema(minimum = 1, maximum = 86_400)]
    pub gap_seconds: u32,
    /// By what the gap grows with each further one, to the hundredth.
    #[schema(value_type = f64, minimum = 1, maximum = 10)]
    pub growth: Ratio,
    /// The part of the gap that is added to it at most, by chance, so that callbacks
    /// that failed together do not come back together; to the hundredth.
    #[schema(value_type = f64, minimum = 0, maximum = 1)]
    pub jitter: Ratio,
}

impl RetryRule {
    /// No further attempt.
    pub(crate) const NEVER: Self =
        Self { max: 1, gap_seconds: MAX_GAP_SECONDS, growth: Ratio::percent(100), jitter: Ratio::percent(0) };

    /// The rule unless the service has another; `None` where the customer is never
    /// dialled again.
    pub const fn default_for(result: DialResult) -> Option<Self> {
        use DialResult as D;
        let (max, gap_seconds, growth) = match result {
            D::Busy => (4, 120, 200),
            D::NoAnswer | D::Unreachable => (3, 900, 200),
            D::AnsweringMachine | D::Fax => (2, 3_600, 100),
            D::Rejected => (2, 1_800, 100),
            D::NoConfirm => (2, 900, 100),
            // Somebody picked up in vain, and is still near the phone.
            D::Person => (2, 120, 100),
            D::CreateCallError | D::Congestion => (MAX_OF_RESULT, 20, 200),
            // The tone may also say that there is no such number.
            D::ErrorTone => (10, 20, 200),
            D::Unknown => (3, 600, 100),
            D::InvalidNumber | D::NumberBlocked | D::Connected => return None,
        };
        Some(Self { max, gap_seconds, growth: Ratio::percent(growth), jitter: Ratio::percent(10) })
    }

    /// The gap after the attempt that was the so-manieth to end with this result,
    /// from 1 on, and how much chance may add to it, in seconds.
    pub fn gap_after(&self, result: DialResult, times: u32) -> (u64, u64) {
        let most = u64::from(result.max_grown_gap_seconds().max(self.gap_seconds)) * 100;
        let mut hundredths = u64::from(self.gap_seconds) * 100;
        for _ in 1..times.min(MAX_OF_RESULT) {
            hundredths = self.growth.of(hundredths).clamp(hundredths, most);
        }
        let gap = hundredths.div_ceil(100);
        (gap, self.jitter.of(gap))
    }
}

/// How often and when a customer is dialled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetryPolicy {
    /// Dial attempts in all. What our side or the network did not manage
    /// (`CREATE_CALL_ERROR`, `CONGESTION`, `ERROR_TONE`) does not count.
    #[schema(minimum = 1, maximum = 20)]
    pub max_attempts: u32,
    /// Seconds after the desired time in which there may be a further attempt. Where none
    /// fits, the callback completes.
    #[schema(minimum = 1, maximum = 864_000)]
    pub give_up_after_seconds: u32,
    /// The rule for each dial result after which there may be a further attempt.
    #[serde(default, deserialize_with = "with_defaults")]
    pub results: BTreeMap<DialResult, RetryRule>,
}

impl RetryPolicy {
    /// The gap after a dial that ended so, the so-manieth of this result, and how much chance may
    /// add to it, in seconds; `None` where that was the last attempt. `attempts` is how many
    /// dials count as attempts so far.
    pub fn gap_after(&self, result: DialResult, times: u32, attempts: u32) -> Option<(u64, u64)> {
        let rule = self.results.get(&result)?;
        (times < rule.max && attempts < self.max_attempts).then(|| rule.gap_after(result, times))
    }

    /// The gaps between the dials of a callback all of which end so, in seconds, where nothing
    /// but the policy makes them wait and chance adds nothing. There is one dial more than gaps.
    pub fn gaps(&self, result: DialResult) -> Vec<u64> {
        let mut gaps = Vec::new();
        let mut since_desired = 0;
        for times in 1..MAX_OF_RESULT {
            let attempts = if result.counts() { times } else { 0 };
            let Some((gap, _)) = self.gap_after(result, times, attempts) else { break };
            since_desired += gap;
            if since_desired > u64::from(self.give_up_after_seconds) {
                break;
            }
            gaps.push(gap);
        }
        gaps
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        // Three days: what fails before a weekend is tried again after it.
        Self { max_attempts: 3, give_up_after_seconds: 3 * 86_400, results: default_rules() }
    }
}

fn default_rules() -> BTreeMap<DialResult, RetryRule> {
    let rule = |result: &DialResult| Some((*result, RetryRule::default_for(*result)?));
    DialResult::ALL.iter().filter_map(rule).collect()
}

/// Rules as they were kept, with that of a result that is new since then.
fn with_defaults<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<DialResult, RetryRule>, D::Error> {
    let mut rules = default_rules();
    rules.extend(BTreeMap::<DialResult, RetryRule>::deserialize(from)?);
    Ok(rules)
}

/// How often the dials of a callback ended in each way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DialCounts(BTreeMap<DialResult, u32>);

impl DialCounts {
    /// How many ended so.
    pub fn of(&self, result: DialResult) -> u32 {
        self.0.get(&result).copied().unwrap_or_default()
    }

    /// How many there were.
    pub fn total(&self) -> u32 {
        self.0.values().sum()
    }

    /// How many count as attempts.
    pub fn counted(&self) -> u32 {
        self.0.iter().filter(|(result, _)| result.counts()).map(|(_, times)| times).sum()
    }

    /// One more that ended so.
    pub fn add(&mut self, result: DialResult) {
        *self.0.entry(result).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_lacks_a_rule_has_its_default() {
        let kept = r#"{"max_attempts": 5, "give_up_after_seconds": 60, "results":
            {"BUSY": {"max": 1, "gap_seconds": 7, "growth": 1.5, "jitter": 0}}}"#;
        let policy: RetryPolicy = serde_json::from_str(kept).unwrap();
        let busy =
            RetryRule { max: 1, gap_seconds: 7, growth: Ratio::percent(150), jitter: Ratio::percent(0) };
        let mut results = default_rules();
        results.insert(DialResult::Busy, busy);
        assert_eq!(policy, RetryPolicy { max_attempts: 5, give_up_after_seconds: 60, results });
        let read: RetryPolicy = serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
        assert_eq!(read, policy);
    }

    #[test]
    fn gaps_grow_until_what_is_our_fault_is_tried_every_ten_minutes() {
        let gaps = |result: DialResult| {
            let rule = RetryRule::default_for(result).unwrap();
            (1..=7).map(|times| rule.gap_after(result, times).0).collect::<Vec<_>>()
        };
        assert_eq!(gaps(DialResult::Busy), [120, 240, 480, 960, 1_920, 3_840, 7_680]);
        assert_eq!(gaps(DialResult::Congestion), [20, 40, 80, 160, 320, 600, 600]);
        assert_eq!(gaps(DialResult::AnsweringMachine), [3_600; 7]);
        let slow = RetryRule { gap_seconds: 900, ..RetryRule::default_for(DialResult::Congestion).unwrap() };
        assert_eq!(slow.gap_after(DialResult::Congestion, 9), (900, 90), "it never shrinks");
    }

    #[test]
    fn gaps_end_with_the_attempts_and_with_the_time_to_give_up() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.gaps(DialResult::Busy), [120, 240], "three attempts in all");
        assert_eq!(policy.gaps(DialResult::Rejected), [1_800]);
        assert!(policy.gaps(DialResult::InvalidNumber).is_empty());
        let short = RetryPolicy { max_attempts: 1, give_up_after_seconds: 145, ..policy };
        assert!(short.gaps(DialResult::Busy).is_empty());
        assert_eq!(short.gaps(DialResult::Congestion), [20, 40, 80], "it counts as no attempt");
    }

    #[test]
    fn the_defaults_are_within_the_limits() {
        for (result, rule) in default_rules() {
            assert!((1..=MAX_OF_RESULT).contains(&rule.max), "{result:?}");
            assert!((result.min_gap_seconds()..=MAX_GAP_SECONDS).contains(&rule.gap_seconds), "{result:?}");
            assert!(GROWTH.contains(&rule.growth) && JITTER.contains(&rule.jitter), "{result:?}");
        }
    }
}
