//! The transitions, T1 to T12 of the state machine, as pure functions.
//!
//! Each takes the callback as it is and gives the callback as it would be,
//! with the line for its timeline, or says why not. Nothing is changed in
//! place: the caller writes the result under the version that it read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{Actor, ActorKind};
use crate::calendar::called_party::SPARED_SECONDS;
use crate::callback::action::Action;
use crate::callback::outcome::{ResultCategory, ResultCode};
pub use crate::callback::refusal::Refusal;
use crate::callback::rules;
use crate::callback::state::{Completion, Processing, Queued, Reservation, Routing, State, StateName};
use crate::callback::{AgentPause, Callback, CallbackType, Origin, Request, Reschedules, Retry};
use crate::dial::{DialCounts, DialResult};
use crate::id::{AttemptId, CallbackId};
use crate::time::Timestamp;
use crate::wall_time::{DesiredTime, WallTime};

/// A transition that applies: the callback afterwards, and what to record.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// The callback as it is to be written.
    pub callback: Callback,
    /// The line for the timeline.
    pub entry: Entry,
    /// What becomes of an attempt by it.
    pub attempt: Option<AttemptChange>,
}

/// What a transition does to an attempt: it is open for exactly as long as the
/// callback's state holds its reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptChange {
    /// A reservation opened it.
    Opened(Reservation),
    /// Agent and customer were connected.
    Connected(AttemptId),
    /// The state does not hold its reservation any more.
    Ended(AttemptId),
}

impl Transition {
    /// The same, with another record that the timeline names unless it names one.
    #[must_use]
    pub fn related_to(mut self, other: CallbackId) -> Self {
        self.entry.detail.related_callback_id.get_or_insert(other);
        self
    }
}

impl AttemptChange {
    fn between(before: &State, after: &State) -> Option<Self> {
        match (before.reservation(), after.reservation()) {
            (None, Some(opened)) => Some(Self::Opened(opened.clone())),
            (Some(ended), None) => Some(Self::Ended(ended.attempt_id)),
            (Some(held), Some(_)) => (before.connected_at().is_none() && after.connected_at().is_some())
                .then_some(Self::Connected(held.attempt_id)),
            (None, None) => None,
        }
    }
}

/// A line of the timeline, less the time, which is the callback's `updated_at`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What happened.
    pub action: Action,
    /// Who did it.
    pub actor: Actor,
    /// The state before; none for a new record.
    pub from: Option<StateName>,
    /// The state after.
    pub to: StateName,
    /// What else there is to know.
    pub detail: Detail,
}

/// What else a line of the timeline says; each part only where it applies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Detail {
    /// The attempt concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt_id: Option<AttemptId>,
    /// The agent concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// How the dial ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dial_result: Option<DialResult>,
    /// The result it completed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ResultCode>,
    /// The router's own word for the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    /// The desired time from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_time: Option<Timestamp>,
    /// The desired time until now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_desired_time: Option<Timestamp>,
    /// When the cancellation takes effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<Timestamp>,
    /// Earliest time of the next attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// The record that this one repeats or replaces, or that repeats or replaces this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_callback_id: Option<CallbackId>,
    /// Why, in the words of whoever did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Proof that the caller holds the open attempt.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Its lease token.
    pub lease_token: &'a str,
}

/// How a router gives a callback back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Why, in the router's own words.
    pub reason: Option<String>,
    /// Seconds for which this agent is offered others.
    pub pause_seconds: u32,
}

/// Leases that run out in a row until a callback is quarantined.
pub const MAX_LEASES_LOST: u32 = 3;

/// A new record in the making.
#[derive(Clone, Debug)]
pub struct NewCallback {
    /// Its identifier.
    pub id: CallbackId,
    /// What was asked for.
    pub request: Request,
    /// The chosen time; `None` for an immediate callback.
    pub desired_time: Option<DesiredTime>,
    /// The service's window at this moment, in seconds.
    pub desired_window_seconds: u32,
}

impl Callback {
    /// T1: takes a request in.
    ///
    /// # Errors
    /// [`Refusal::DesiredTimePast`] where a scheduled callback has no time ahead.
    pub fn schedule(new: NewCallback, actor: &Actor, now: Timestamp) -> Result<Transition, Refusal> {
        let is_immediate = new.request.callback_type == CallbackType::Immediate;
        let DesiredTime { at: desired_time, wall: wall_time, outside_hours } = if is_immediate {
            now.into()
        } else {
            new.desired_time.filter(|time| time.at > now).ok_or(Refusal::DesiredTimePast)?
        };
        let is_spared = is_immediate || outside_hours;
        let callback = Self {
            id: new.id,
            request: new.request,
            origin: if actor.kind == ActorKind::User { Origin::Ui } else { Origin::Api },
            created_at: now,
            created_by: actor.username(),
            desired_time,
            wall_time,
            desired_window_seconds: new.desired_window_seconds,
            spared_until: is_spared.then(|| desired_time.plus_seconds(SPARED_SECONDS)),
            reschedules: Reschedules::default(),
            dial_counts: DialCounts::default(),
            first_attempted_at: None,
            queue_arrival: desired_time,
            leases_lost: 0,
            last_place: None,
            cancellation: None,
            agent_pauses: Vec::new(),
            recreated_from: None,
            recreated_as: None,
            recreated_by: None,
            state: State::Scheduled,
            updated_at: now,
            version: 1,
        };
        let detail = Detail { desired_time: Some(desired_time), ..Detail::default() };
        let entry = Entry {
            action: Action::Created,
            actor: actor.clone(),
            from: None,
            to: StateName::Scheduled,
            detail,
        };
        Ok(Transition { callback, entry, attempt: None })
    }

    /// T2: moves the desired time of a SCHEDULED callback, and with it the
    /// removal date.
    pub fn reschedule(
        &self,
        desired_time: impl Into<DesiredTime>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Transition, Refusal> {
        let DesiredTime { at: desired_time, wall: wall_time, outside_hours } = desired_time.into();
        if !rules::can_reschedule(self.state.name()) {
            return Err(self.forbidden());
        }
        self.check_not_cancelling()?;
        if desired_time <= now {
            return Err(Refusal::DesiredTimePast);
        }
        let detail = Detail {
            desired_time: Some(desired_time),
            previous_desired_time: Some(self.desired_time),
            ..Detail::default()
        };
        let mut moved = self.moved(State::Scheduled, Action::Rescheduled, actor, detail, now);
        moved.callback.desired_time = desired_time;
        moved.callback.queue_arrival = desired_time;
        moved.callback.wall_time = wall_time;
        moved.callback.spared_until = outside_hours.then(|| desired_time.plus_seconds(SPARED_SECONDS));
        moved.callback.reschedules =
            Reschedules { count: self.reschedules.count + 1, last_at: Some(now), last_by: actor.username() };
        Ok(moved)
    }

    /// T2: the law on the wall clock changed. The wall time of a SCHEDULED
    /// callback stays, and its desired time moves, into the past as well: it is
    /// due then. Nobody rescheduled it.
    pub fn follow_clocks(
        &self,
        desired_time: Timestamp,
        wall_time: WallTime,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Transition, Refusal> {
        if !rules::can_reschedule(self.state.name()) {
            return Err(self.forbidden());
        }
        let detail = Detail {
            desired_time: Some(desired_time),
            previous_desired_time: Some(self.desired_time),
            reason: Some(format!("time zone database {}", wall_time.tables)),
            ..Detail::default()
        };
        let mut moved = self.moved(State::Scheduled, Action::ClocksChanged, actor, detail, now);
        moved.callback.desired_time = desired_time;
        moved.callback.queue_arrival = desired_time;
        moved.callback.wall_time = Some(wall_time);
        moved.callback.spared_until = self.spared_until.map(|_| desired_time.plus_seconds(SPARED_SECONDS));
        Ok(moved)
    }

    /// T5: hands the callback to a router for an agent.
    pub fn reserve(
        &self,
        reservation: Reservation,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Transition, Refusal> {
        let State::Queued(queued) = &self.state else {
            return Err(self.forbidden());
        };
        self.check_not_cancelling()?;
        if queued.quarantined_at.is_some() {
            return Err(Refusal::Quarantined);
        }
        if queued.retry_at.is_some_and(|at| now < at) {
            return Err(Refusal::RetryGap);
        }
        if self.is_paused_for(&reservation.agent, now) {
            return Err(Refusal::AgentPaused);
        }
        let detail = Detail::of(&reservation);
        let routing = State::Routing(Routing { queued_at: queued.queued_at, reservation });
        Ok(self.moved(routing, Action::Reserved, actor, detail, now))
    }

    /// T6: the router gives the callback back; it takes its old place, and the
    /// agent is offered others for a while.
    pub fn release(
        &self,
        claim: Claim<'_>,
        release: Release,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Transition, Refusal> {
        let routing = self.routing(claim)?;
        let agent = &routing.reservation.agent;
        let detail = Detail { reason: release.reason, ..Detail::of(&routing.reservation) };
        let mut moved = self.back_in_queue(routing, Action::Released, actor, detail, now);
        let pauses = &mut moved.callback.agent_pauses;
        pauses.retain(|pause| now < pause.until && pause.agent != *agent);
        if release.pause_seconds > 0 {
            let until = now.plus_seconds(i64::from(release.pause_seconds));
            pauses.push(AgentPause { agent: agent.clone(), until });
        }
        moved.callback.leases_lost = 0;
        Ok(moved)
    }

    /// T6: the reservation ran out; the callback takes its old place. Where that
    /// has happened too often in a row it is not handed out again until a person
    /// decides: it may be what stops the routers.
    pub fn expire_lease(&self, actor: &Actor, now: Timestamp) -> Result<Transition, Refusal> {
        let State::Routing(routing) = &self.state else {
            return Err(self.forbidden());
        };
        if now < routing.reservation.lease_expires_at {
            return Err(Refusal::LeaseAlive);
        }
        let detail = Detail::of(&routing.reservation);
        let mut moved = self.back_in_queue(routing, Action::LeaseExpired, actor, detail, now);
        moved.callback.leases_lost = self.leases_lost + 1;
        if moved.callback.leases_lost >= MAX_LEASES_LOST
            && let State::Queued(queued) = &mut moved.callback.state
        {
            queued.quarantined_at = Some(now);
            moved.entry.action = Action::Quarantined;
        }
        Ok(moved)
    }

    /// T12: a person puts a quarantined callback back into the queue, in its old
    /// place.
    pub fn requeue(&self, actor: &Actor, now: Timestamp) -> Result<Transition, Refusal> {
        let State::Queued(queued) = &self.state else {
            return Err(self.forbidden());
        };
        self.check_not_cancelling()?;
        if queued.quarantined_at.is_none() {
            return Err(Refusal::NotQuarantined);
        }
        let state = State::Queued(Queued { quarantined_at: None, ..queued.clone() });
        let mut moved = self.moved(state, Action::Requeued, actor, Detail::default(), now);
        moved.callback.leases_lost = 0;
        Ok(moved)
    }

    /// T6 or T9: the dial failed. Another attempt follows when the policy says so and the
    /// service is open. Otherwise the callback completes as this dial ended, whether the
    /// result is final, the attempts are used up or no further one fits. A dial that
    /// connected did not fail.
    pub fn fail_attempt(
        &self,
        claim: Claim<'_>,
        dial_result: DialResult,
        retry: Retry<'_>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Transition, Refusal> {
        let routing = self.routing(claim)?;
        if dial_result == DialResult::Connected {
            return Err(Refusal::ResultNotAllowed);
        }
        let dialled = self.dialled(&routing.reservation, dial_result);
        let detail = Detail { dial_result: Some(dial_result), ..Detail::of(&routing.reservation) };
        let mut moved = match dialled.next_attempt(dial_result, retry, now) {
            None => dialled.completed(dial_result.last_result(), Action::AttemptFailed, actor, detail, now),
            Some(retry_at) => {
                let queued = State::Queued(Queued {
                    queued_at: routing.queued_at,
                    retry_at: Some(retry_at),
                    quarantined_at: None,
                });
                let detail = Detail { retry_at: Some(retry_at), ..detail };
                dialled.moved(queued, Action::AttemptFailed, actor, detail, now)
            }
        };
        moved.callback.leases_lost = 0;
        Ok(moved)
    }

    /// T7: the call with the agent stands.
    ///
    /// A lease that ran out but was not taken by another still connects: the
    /// customer is on the line, and refusing would have them called again.
    pub fn connect(&self, claim: Claim<'_>, actor: &Actor, now: Timestamp) -> Result<Transition, Refusal> {
        let routing = self.routing(claim)?;
        let detail = Detail { dial_result: Some(DialResult::Connected), ..Detail::of(&routing.reservation) };
        let processing = State::Processing(Processing {
            queued_at: routing.queued_at,
            reservation: routing.reservation.clone(),
            connected_at: now,
        });
        let dialled = self.dialled(&routing.reservation, DialResult::Connected);
        let mut moved = dialled.moved(processing, Action::Connected, actor, detail, now);
        moved.callback.leases_lost = 0;
        Ok(moved)
    }

    /// T10: the conversation ended. The result is `AGENT_CONNECTED` unless the
    /// router knows of a failure; it is never a cancellation.
    pub fn finish(
        &self,
        claim: Claim<'_>,
        result: Option<ResultCode>,
        disposition: Option<String>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Transition, Refusal> {
        let State::Processing(processing) = &self.state else {
            return Err(self.lost_or_forbidden(claim));
        };
        processing.reservation.check(claim)?;
        let result = result.unwrap_or(ResultCode::AGENT_CONNECTED);
        if result.category() == ResultCategory::Cancelled {
            return Err(Refusal::ResultNotAllowed);
        }
        let detail = Detail { disposition: disposition.clone(), ..Detail::of(&processing.reservation) };
        let mut moved = self.completed(result, Action::Finished, actor, detail, now);
        if let State::Completed(completion) = &mut moved.callback.state {
            completion.disposition = disposition;
        }
        Ok(moved)
    }

    /// T10: a person ends a conversation whose end nobody reports. Nobody is
    /// called again for it.
    pub fn close(
        &self,
        result: ResultCode,
        reason: String,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Transition, Refusal> {
        let State::Processing(processing) = &self.state else {
            return Err(self.forbidden());
        };
        if result.category() == ResultCategory::Cancelled {
            return Err(Refusal::ResultNotAllowed);
        }
        let detail = Detail { reason: Some(reason), ..Detail::of(&processing.reservation) };
        Ok(self.completed(result, Action::Closed, actor, detail, now))
    }

    /// T4, T8, T9 or T10: it was not made in time. Its record is kept for some
    /// days, so that somebody sees it.
    pub fn expire(&self, actor: &Actor, now: Timestamp) -> Result<Transition, Refusal> {
        if self.state.name() == StateName::Completed {
            return Err(self.forbidden());
        }
        if now < crate::retention::give_up_at(self.desired_time) {
            return Err(Refusal::NotExpired);
        }
        let detail = self.state.reservation().map(Detail::of).unwrap_or_default();
        Ok(self.completed(ResultCode::FAIL_TIMEOUT_TTL, Action::Expired, actor, detail, now))
    }

    /// T11: repeats a finished callback as a new record. Gives the old record,
    /// which now names its successor and changes in nothing else, and the new.
    pub fn recreate(
        &self,
        new: NewCallback,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(Transition, Transition), Refusal> {
        let State::Completed(completion) = &self.state else {
            return Err(self.forbidden());
        };
        if !rules::can_recreate(Some(completion.result), self.recreated_as.is_some()) {
            return Err(Refusal::NotRecreatable);
        }
        let mut made = Self::schedule(new, actor, now)?;
        made.callback.origin = Origin::Recreate;
        made.callback.recreated_from = Some(self.id);
        made.callback.recreated_by = actor.username();
        made.entry.detail.related_callback_id = Some(self.id);

        let detail = Detail { related_callback_id: Some(made.callback.id), ..Detail::default() };
        let mut old = self.moved(self.state.clone(), Action::Recreated, actor, detail, now);
        old.callback.recreated_as = Some(made.callback.id);
        old.callback.recreated_by = actor.username();
        Ok((old, made))
    }

    pub(super) fn forbidden(&self) -> Refusal {
        Refusal::State(self.state.name())
    }

    /// Why a claim does not apply: somebody else's attempt, or the wrong state.
    fn lost_or_forbidden(&self, claim: Claim<'_>) -> Refusal {
        match self.state.reservation() {
            Some(reservation) => match reservation.check(claim) {
                Ok(()) => self.forbidden(),
                Err(lost) => lost,
            },
            None => Refusal::LeaseLost,
        }
    }

    fn routing(&self, claim: Claim<'_>) -> Result<&Routing, Refusal> {
        match &self.state {
            State::Routing(routing) => routing.reservation.check(claim).map(|()| routing),
            _ => Err(self.lost_or_forbidden(claim)),
        }
    }

    pub(super) fn moved(
        &self,
        to: State,
        action: Action,
        actor: &Actor,
        detail: Detail,
        now: Timestamp,
    ) -> Transition {
        let entry =
            Entry { action, actor: actor.clone(), from: Some(self.state.name()), to: to.name(), detail };
        let attempt = AttemptChange::between(&self.state, &to);
        let callback = Self { state: to, updated_at: now, version: self.version + 1, ..self.clone() };
        Transition { callback, entry, attempt }
    }

    fn back_in_queue(
        &self,
        routing: &Routing,
        action: Action,
        actor: &Actor,
        detail: Detail,
        now: Timestamp,
    ) -> Transition {
        let queued =
            State::Queued(Queued { queued_at: routing.queued_at, retry_at: None, quarantined_at: None });
        self.moved(queued, action, actor, detail, now)
    }

    pub(super) fn completed(
        &self,
        result: ResultCode,
        action: Action,
        actor: &Actor,
        detail: Detail,
        now: Timestamp,
    ) -> Transition {
        let reservation = self.state.reservation();
        let completion = Completion {
            result,
            completed_at: now,
            cancelled_by: None,
            disposition: None,
            queued_at: self.state.queued_at(),
            agent: reservation.map(|reservation| reservation.agent.clone()),
            reserved_at: reservation.map(|reservation| reservation.reserved_at),
            connected_at: self.state.connected_at(),
        };
        let detail = Detail { result: Some(result), ..detail };
        let mut moved = self.moved(State::Completed(completion), action, actor, detail, now);
        moved.callback.cancellation = None;
        moved
    }
}

impl Reservation {
    /// Whether the claim is for this reservation.
    fn check(&self, claim: Claim<'_>) -> Result<(), Refusal> {
        let held = self.attempt_id == claim.attempt_id && self.lease_token == claim.lease_token;
        if held { Ok(()) } else { Err(Refusal::LeaseLost) }
    }
}

impl Detail {
    pub(super) fn of(reservation: &Reservation) -> Self {
        Self {
            attempt_id: Some(reservation.attempt_id),
            agent: Some(reservation.agent.clone()),
            ..Self::default()
        }
    }
}
