//! What agents do: they look for work, dial, talk, and go.

use rand::Rng;
use ringback_api::command::attempts::{self, AttemptReport, Order, Report};
use ringback_api::command::{Audit, Tx};
use ringback_api::error::Error;
use ringback_domain::callback::Callback;
use ringback_domain::callback::state::{Reservation, State};
use ringback_domain::callback::transition::Release;
use ringback_domain::{CallbackId, DialResult, ResultCode, StateName};

use super::{Event, LEASE_SECONDS, MAX_ATTEMPTS, Stands, Week, is_open, seconds};
use crate::store_setup::dialler;

impl Week {
    /// Notes where a callback stands after an attempt.
    pub(super) fn settle(&mut self, id: CallbackId, callback: &Callback) {
        let record = self.records.get_mut(&id).unwrap();
        self.open_numbers.remove(&record.number);
        match &callback.state {
            State::Queued(queued) => {
                record.not_before = queued.retry_at.map_or(record.not_before, seconds);
                if queued.quarantined_at.is_some() {
                    // A person decides: that it is too late.
                    record.not_before = i64::MAX;
                    let soon = self.now() + 600;
                    self.at(soon, Event::Cancel(id.0));
                }
                self.stand(id, Stands::Queued);
            }
            State::Completed(ended) => {
                if ended.result == ResultCode::AGENT_CONNECTED {
                    self.tally.reached += 1;
                } else {
                    self.tally.failed += 1;
                }
                self.stand(id, Stands::Done);
            }
            other => panic!("{id}: {other:?}"),
        }
    }

    pub(super) async fn look(&mut self, agent: usize) {
        if self.agents[agent].at.is_some() {
            return;
        }
        let now = self.now();
        let (zone, zones) = (self.agents[agent].zone, self.scale.zones);
        let served = (0..self.services.len()).filter(|service| service % zones == zone);
        let order = Order {
            agent: format!("agent-{agent}"),
            services: served.map(|service| self.services[service]).collect(),
            limit: 1,
            lease_seconds: LEASE_SECONDS,
        };
        let node = self.node();
        let (commands, grant) = (&self.cluster.nodes[node].commands, dialler());
        let taken = attempts::reserve_together(commands, &grant, &order).await.unwrap();
        let Some(callback) = taken.first() else {
            assert_eq!(self.first_in_line(agent), None, "nobody was handed out while somebody could be");
            self.agents[agent].is_idle = true;
            return;
        };
        self.check_hand_out(agent, callback);
        let held = callback.state.reservation().unwrap().clone();
        self.stand(callback.id, Stands::Open);
        let record = self.records.get_mut(&callback.id).unwrap();
        record.first_attempt.get_or_insert(now);
        self.open_numbers.insert(record.number.clone());
        let taken_by = &mut self.agents[agent];
        (taken_by.at, taken_by.is_idle) = (Some((callback.id, held)), false);
        taken_by.attempts += 1;
        let attempt = taken_by.attempts;
        self.tally.dials += 1;
        self.at(now + LEASE_SECONDS, Event::LeaseEnds);
        let ring = self.rng.random_range(8..25);
        if self.rng.random_range(0..100) < 3 {
            // The agent is gone, and nobody says so.
            self.tally.lost_agents += 1;
            self.at(now + 600, Event::Free(agent));
        } else {
            self.at(now + ring, Event::Answered(agent, attempt));
        }
    }

    /// Who is to be handed out next to this agent, by the watcher's own rules.
    pub(super) fn first_in_line(&self, agent: usize) -> Option<CallbackId> {
        let (agent, now) = (&self.agents[agent], self.now());
        if !is_open(agent.zone, &self.zones[agent.zone], now) {
            return None;
        }
        let is_ready = |id: &CallbackId| {
            let record = &self.records[id];
            record.not_before <= now
                && record.is_permitted(now)
                && !self.open_numbers.contains(&record.number)
                && agent.released.get(id).is_none_or(|until| *until <= now)
        };
        self.waiting[agent.zone].iter().map(|(_, id)| CallbackId(*id)).find(is_ready)
    }

    fn check_hand_out(&self, agent: usize, callback: &Callback) {
        let (record, now) = (&self.records[&callback.id], self.now());
        let zone = &self.zones[record.zone];
        assert_eq!(record.stands, Stands::Queued, "handed out although it is {:?}", record.stands);
        assert!(record.desired <= now, "called {} s early", record.desired - now);
        assert!(record.not_before <= now, "called again before its pause was over");
        assert!(!self.open_numbers.contains(&record.number), "a customer is called twice at once");
        assert!(is_open(record.zone, zone, now), "called while it is closed");
        assert!(record.is_permitted(now), "called at night");
        assert!(record.attempts < MAX_ATTEMPTS, "called a fourth time");
        assert_eq!(self.first_in_line(agent), Some(callback.id), "not the first in line");
    }

    async fn report(&mut self, held: &Reservation, report: Report) -> Callback {
        let report =
            AttemptReport { attempt_id: held.attempt_id, lease_token: held.lease_token.clone(), report };
        let node = self.node();
        let once = report.clone();
        let send = async move |tx: &mut Tx<'_>| attempts::report(tx, &once).await;
        let done = self.cluster.nodes[node].commands.change(Audit::None, &dialler(), send).await.unwrap();
        if self.rng.random_range(0..20) == 0 {
            // The answer was lost, and the router sends it again, to any node.
            self.tally.repeated += 1;
            let node = self.node();
            let send = async move |tx: &mut Tx<'_>| attempts::report(tx, &report).await;
            let again = self.cluster.nodes[node].commands.change(Audit::None, &dialler(), send).await;
            assert!(matches!(again, Err(Error::Refused { .. } | Error::LeaseLost)), "a report counts twice");
        }
        done
    }

    pub(super) async fn answered(&mut self, agent: usize) {
        let Some((id, held)) = self.agents[agent].at.clone() else { return };
        let now = self.now();
        let outcome = match self.rng.random_range(0..100) {
            0..68 => Report::Connected,
            68..76 => Report::Failed(DialResult::Busy),
            76..88 => Report::Failed(DialResult::NoAnswer),
            88..91 => Report::Failed(DialResult::AnsweringMachine),
            91..93 => Report::Failed(DialResult::Rejected),
            93..95 => Report::Failed(DialResult::Congestion),
            95..96 => Report::Failed(DialResult::InvalidNumber),
            96..97 => Report::Failed(DialResult::Unknown),
            _ => Report::Released(Release { reason: None, pause_seconds: 300 }),
        };
        let callback = self.report(&held, outcome.clone()).await;
        if matches!(outcome, Report::Connected) {
            let talk = self.rng.random_range(60..300);
            let attempt = self.agents[agent].attempts;
            return self.at(now + talk, Event::Ends(agent, attempt));
        }
        if let Report::Failed(result) = outcome
            && result.counts()
        {
            self.records.get_mut(&id).unwrap().attempts += 1;
        }
        if matches!(outcome, Report::Released(_)) {
            self.agents[agent].released.insert(id, now + 300);
        }
        self.agents[agent].at = None;
        self.settle(id, &callback);
        self.at(now + 5, Event::Free(agent));
    }

    pub(super) async fn ends(&mut self, agent: usize) {
        let Some((id, held)) = self.agents[agent].at.take() else { return };
        let callback = self.report(&held, Report::Completed { result: None, disposition: None }).await;
        assert_eq!(callback.state.name(), StateName::Completed);
        self.settle(id, &callback);
        // After some calls the agent goes for a while.
        let pause = if self.rng.random_range(0..30) == 0 { 1_200 } else { 10 };
        let now = self.now();
        self.at(now + pause, Event::Free(agent));
    }
}
