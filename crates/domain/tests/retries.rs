//! Properties of dialling again, on generated policies and office hours: a callback is
//! dialled, and its dials fail, for as long as the policy lets it.

mod common;
mod hours;

use common::{claim, machine, request, reservation};
use hours::{DAY, begin, clocks, hours};
use proptest::prelude::*;
use ringback_domain::calendar::office_hours::{Calendar, OfficeHours, ServiceHours};
use ringback_domain::callback::{Callback, Retry};
use ringback_domain::dial::{DialResult, Ratio, RetryPolicy, RetryRule};
use ringback_domain::zone::ZoneClock;
use ringback_domain::{ResultCode, State, Timestamp};

/// A dial that failed.
struct Dial {
    result: DialResult,
    failed_at: Timestamp,
    before: Callback,
    after: Callback,
}

/// Everything that a property looks at.
#[derive(Debug)]
struct Story {
    policy: RetryPolicy,
    calendars: Vec<(OfficeHours, ZoneClock)>,
    id: u128,
    /// How each dial ends, and how long after it could be made it is, in seconds.
    dials: Vec<(DialResult, i64)>,
}

impl Story {
    fn hours(&self) -> ServiceHours<'_> {
        let calendars = self.calendars.iter().map(|(hours, clock)| Calendar { hours, clock });
        ServiceHours { open: (!self.calendars.is_empty()).then(|| calendars.collect()), closed: Vec::new() }
    }

    fn give_up_at(&self, callback: &Callback) -> Timestamp {
        callback.desired_time.plus_seconds(i64::from(self.policy.give_up_after_seconds))
    }

    /// Dials whenever the service is open and the callback may be handed out, and fails.
    fn tell(&self) -> Vec<Dial> {
        let hours = self.hours();
        let mut now = begin().plus_seconds(DAY);
        let made = Callback::schedule(request(self.id, None), &machine(), now).expect("it is made");
        let mut callback = made.callback.submit(0, &machine(), now).expect("it is due").callback;
        let mut told = Vec::new();
        for (attempt, (result, later)) in (1..).zip(&self.dials) {
            let Some(at) = hours.next_open(now.plus_seconds(*later)) else { break };
            now = at;
            let held = reservation(attempt, now, 30);
            let routing = callback.reserve(held.clone(), &machine(), now).expect("it may be handed out");
            let retry = Retry { policy: &self.policy, hours: &hours, party: None };
            let failed = routing.callback.fail_attempt(claim(&held), *result, retry, &machine(), now);
            let after = failed.expect("the dial was ours").callback;
            told.push(Dial { result: *result, failed_at: now, before: callback, after: after.clone() });
            callback = after;
            match &callback.state {
                State::Queued(queued) => now = queued.retry_at.expect("it waits for its next attempt"),
                _ => break,
            }
        }
        told
    }
}

impl Dial {
    fn retry_at(&self) -> Option<Timestamp> {
        if let State::Queued(queued) = &self.after.state { queued.retry_at } else { None }
    }

    /// The gap that the rule asks for, in seconds, by the formula as it is written.
    fn gap(&self, rule: &RetryRule) -> f64 {
        let growth: f64 = rule.growth.to_string().parse().expect("a number");
        let grown = f64::from(rule.gap_seconds)
            * growth.powi(i32::try_from(self.before.dial_counts.of(self.result)).expect("few dials"));
        let most = if self.result.counts() { 86_400.0 } else { 600.0 };
        grown.min(f64::from(rule.gap_seconds).max(most))
    }
}

/// So many whole seconds at least.
#[expect(clippy::cast_possible_truncation, reason = "gaps are two days at most")]
fn whole(seconds: f64) -> i64 {
    seconds.ceil() as i64
}

fn rules() -> impl Strategy<Value = RetryRule> {
    (1..6_u32, prop_oneof![60..600_u32, 600..20_000_u32], 100..=400, 0..=100).prop_map(
        |(max, gap_seconds, growth, jitter)| RetryRule {
            max,
            gap_seconds,
            growth: Ratio::percent(growth),
            jitter: Ratio::percent(jitter),
        },
    )
}

fn policies() -> impl Strategy<Value = RetryPolicy> {
    let results = RetryPolicy::default().results.into_keys().collect::<Vec<_>>();
    let rules = prop::collection::vec(rules(), results.len());
    (1..6_u32, 60..10 * 86_400_u32, rules).prop_map(move |(max_attempts, give_up_after_seconds, rules)| {
        let mut policy = RetryPolicy {
            max_attempts,
            give_up_after_seconds,
            results: results.iter().copied().zip(rules).collect(),
        };
        // What does not count ends with the time alone.
        for (_, rule) in policy.results.iter_mut().filter(|(result, _)| !result.counts()) {
            rule.max *= 20;
        }
        policy
    })
}

fn stories() -> impl Strategy<Value = Story> {
    let results: Vec<DialResult> =
        DialResult::ALL.iter().copied().filter(|result| *result != DialResult::Connected).collect();
    let final_ones = [DialResult::InvalidNumber, DialResult::NumberBlocked];
    let (last, others) = results.into_iter().partition::<Vec<_>, _>(|result| final_ones.contains(result));
    let result = prop_oneof![
        20 => prop::sample::select(others),
        6 => Just(DialResult::Congestion),
        1 => prop::sample::select(last),
    ];
    let later = prop_oneof![4 => 0..60_i64, 1 => 0..DAY];
    let calendars = prop::collection::vec((hours(), clocks()), 0..3);
    (policies(), calendars, any::<u128>(), prop::collection::vec((result, later), 60))
        .prop_map(|(policy, calendars, id, dials)| Story { policy, calendars, id, dials })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_more_attempts_count_than_the_policy_allows(story in stories()) {
        for dial in story.tell() {
            prop_assert!(dial.after.attempts_made() <= story.policy.max_attempts);
            let counted = dial.after.attempts_made() - dial.before.attempts_made();
            prop_assert_eq!(counted, u32::from(dial.result.counts()), "{:?}", dial.result);
            if let Some(rule) = story.policy.results.get(&dial.result) {
                prop_assert!(dial.after.dial_counts.of(dial.result) <= rule.max);
            }
        }
    }

    #[test]
    fn nobody_is_dialled_again_while_closed_or_past_giving_up(story in stories()) {
        let hours = story.hours();
        for dial in story.tell() {
            if let Some(at) = dial.retry_at() {
                prop_assert!(hours.is_open(at));
                prop_assert!(at <= story.give_up_at(&dial.after));
            }
        }
    }

    #[test]
    fn a_gap_is_as_long_as_its_rule_and_longer_only_by_chance_or_closing(story in stories()) {
        let hours = story.hours();
        for dial in story.tell() {
            let Some(at) = dial.retry_at() else { continue };
            let rule = &story.policy.results[&dial.result];
            let gap = dial.gap(rule);
            let waited = u32::try_from(at.seconds_since(dial.failed_at)).expect("a gap ahead");
            // Each growth is cut to a hundredth of a second.
            prop_assert!(f64::from(waited) >= gap - 1.0, "{waited} s instead of {gap} s");
            let jitter: f64 = rule.jitter.to_string().parse().expect("a number");
            let latest = dial.failed_at.plus_seconds(whole(gap * (1.0 + jitter)) + 1);
            prop_assert!(at <= latest || hours.next_open(latest) == Some(at), "{waited} s, {gap} s");
        }
    }

    #[test]
    fn a_callback_ends_only_where_no_further_attempt_may_be(story in stories()) {
        let hours = story.hours();
        for dial in story.tell() {
            let State::Completed(completion) = &dial.after.state else { continue };
            let expected = match dial.result {
                DialResult::NumberBlocked => ResultCode::FAIL_NUMBER_BLOCKED,
                DialResult::NoConfirm => ResultCode::FAIL_USER_NO_CONFIRM,
                _ => ResultCode::FAIL_CALL_TO_CUSTOMER,
            };
            prop_assert_eq!(completion.result, expected);
            let Some(rule) = story.policy.results.get(&dial.result) else { continue };
            let used_up = dial.after.attempts_made() == story.policy.max_attempts
                || dial.after.dial_counts.of(dial.result) == rule.max;
            let jitter: f64 = rule.jitter.to_string().parse().expect("a number");
            let latest = whole(dial.gap(rule) * (1.0 + jitter)) + 1;
            let next = hours.next_open(dial.failed_at.plus_seconds(latest));
            prop_assert!(used_up || next.is_none_or(|at| at > story.give_up_at(&dial.after)));
        }
    }

    #[test]
    fn a_failed_dial_keeps_the_place_in_the_queue(story in stories()) {
        for dial in story.tell() {
            let place = |callback: &Callback| (callback.queue_arrival, callback.state.queued_at());
            prop_assert_eq!(place(&dial.before), place(&dial.after));
            prop_assert_eq!(dial.before.desired_time, dial.after.desired_time);
        }
    }
}

/// What the page says of a policy before anybody is dialled.
#[test]
fn the_gaps_of_a_policy_are_those_of_a_callback_whose_dials_all_end_so() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..50 {
        let mut policy = policies().new_tree(&mut runner).expect("a policy").current();
        for rule in policy.results.values_mut() {
            rule.jitter = Ratio::percent(0);
        }
        for result in policy.results.keys().copied() {
            let dials = vec![(result, 0); 200];
            let story = Story { policy: policy.clone(), calendars: Vec::new(), id: 1, dials };
            let waited = |dial: &Dial| Some(dial.retry_at()?.seconds_since(dial.failed_at));
            let waits: Vec<_> = story.tell().iter().filter_map(waited).collect();
            let gaps = policy.gaps(result).into_iter().map(|gap| i64::try_from(gap).expect("days"));
            assert_eq!(gaps.collect::<Vec<_>>(), waits, "{result:?} {policy:?}");
        }
    }
}

/// The others would hold as well if nobody were ever dialled again.
#[test]
fn the_stories_have_long_ones_and_every_kind_of_ending() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut longest, mut used_up, mut too_late, mut moved_to_opening) = (0, 0, 0, 0);
    for _ in 0..300 {
        let story = stories().new_tree(&mut runner).expect("a story").current();
        let dials = story.tell();
        longest = longest.max(dials.len());
        for dial in &dials {
            let rule = story.policy.results.get(&dial.result);
            if let (Some(rule), Some(at)) = (rule, dial.retry_at()) {
                let waited = f64::from(i32::try_from(at.seconds_since(dial.failed_at)).expect("days"));
                moved_to_opening += u32::from(waited > 2.0 * dial.gap(rule) + 1.0);
            } else if let Some(rule) = rule {
                let all = dial.after.attempts_made() == story.policy.max_attempts
                    || dial.after.dial_counts.of(dial.result) == rule.max;
                used_up += u32::from(all);
                too_late += u32::from(!all);
            }
        }
    }
    assert!(
        longest > 10 && used_up > 20 && too_late > 20 && moved_to_opening > 20,
        "{longest} {used_up} {too_late} {moved_to_opening}"
    );
}
