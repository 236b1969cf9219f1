//! Simulates agents and customers, for the demo and for tests. Nobody is called.
//!
//! Each simulated agent reserves a callback, lets the phone ring, and reports
//! a random outcome: answered, busy or no answer. The random numbers come from a
//! seed, so that a test can repeat them.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ringback_domain::{AttemptId, Callback, DialResult, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::auth::Grant;
use crate::command::attempts::{self, AttemptReport, Order, Report};
use crate::command::{Audit, Commands, Tx};
use crate::directory::Directory;
use crate::error::Error;
use crate::store::{Store, queue};

/// The parts of the server that the simulated agents use.
#[derive(Clone, Debug)]
pub struct Simulator {
    /// The commands for attempts.
    pub commands: Arc<Commands>,
    /// The services; the agents serve all of them.
    pub directory: Arc<Directory>,
    /// Has the conversations that were open before a restart.
    pub store: Store,
}

/// How the simulated agents and customers behave.
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// Seed of the random numbers.
    pub seed: u64,
    /// Number of agents.
    pub agents: u32,
    /// Minimum and maximum ringing time, in seconds.
    pub ring_seconds: (f64, f64),
    /// Minimum and maximum length of a conversation, in seconds.
    pub talk_seconds: (f64, f64),
    /// Minimum and maximum pause of an agent between two callbacks, in seconds.
    pub rest_seconds: (f64, f64),
    /// Share of customers who answer.
    pub answer_share: f64,
    /// Share of customers whose line is busy; the others do not answer.
    pub busy_share: f64,
    /// Share of the customers who do not answer for a rarer reason, such as a blocked number.
    pub rare_share: f64,
    /// Share of the reservations of which the router never reports, as if it had crashed.
    pub lost_share: f64,
    /// Agents reserve the next callback while they are busy with one, and rest longer at night.
    pub all_day: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            seed: 1,
            agents: 6,
            ring_seconds: (2.0, 8.0),
            talk_seconds: (8.0, 40.0),
            rest_seconds: (2.0, 15.0),
            answer_share: 0.8,
            busy_share: 0.1,
            rare_share: 0.0,
            lost_share: 0.0,
            all_day: false,
        }
    }
}

/// What keeps a dial from a customer, beside a busy line and nobody at home.
pub const RARE_FAILURES: [DialResult; 5] = [
    DialResult::AnsweringMachine,
    DialResult::Rejected,
    DialResult::NoConfirm,
    DialResult::NumberBlocked,
    DialResult::Unreachable,
];

/// Lost leases are likely to be lost again: such a callback may be what stops its router.
const LOST_AGAIN_SHARE: f64 = 0.8;

/// How a simulated customer reacts to the call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Customer {
    Answers { talk: Duration },
    Fails(DialResult),
}

/// The random numbers of one agent.
#[derive(Debug)]
struct Randomness(StdRng);

impl Randomness {
    fn seconds(&mut self, (min, max): (f64, f64)) -> Duration {
        Duration::from_secs_f64(self.0.random_range(min..=max))
    }

    fn customer(&mut self, behaviour: &Behaviour) -> Customer {
        let share: f64 = self.0.random();
        if share < behaviour.answer_share {
            Customer::Answers { talk: self.seconds(behaviour.talk_seconds) }
        } else if share < behaviour.answer_share + behaviour.busy_share {
            Customer::Fails(DialResult::Busy)
        } else if self.happens(behaviour.rare_share) {
            Customer::Fails(RARE_FAILURES[self.0.random_range(0..RARE_FAILURES.len())])
        } else {
            Customer::Fails(DialResult::NoAnswer)
        }
    }

    fn happens(&mut self, share: f64) -> bool {
        self.0.random_bool(share)
    }
}

/// The name of a simulated agent.
pub fn agent_name(number: u32) -> String {
    format!("{AGENT_PREFIX}{number}")
}

const AGENT_PREFIX: &str = "Sim agent ";

/// Starts the simulated agents on the current thread. They end when `stop`
/// becomes true.
pub fn start(
    simulator: &Simulator,
    behaviour: Behaviour,
    stop: &watch::Receiver<bool>,
) -> Vec<JoinHandle<()>> {
    let clean_up = {
        let (simulator, mut stop) = (simulator.clone(), stop.clone());
        rt::spawn(async move {
            tokio::select! {
                () = end_open_conversations(&simulator, behaviour) => {}
                _ = stop.wait_for(|stopped| *stopped) => {}
            }
        })
    };
    let agents = (1..=behaviour.agents)
        .map(|number| {
            let (agent, mut stop) = (Agent::new(simulator.clone(), behaviour, number), stop.clone());
            rt::spawn(async move {
                tokio::select! {
                    () = work(agent) => {}
                    _ = stop.wait_for(|stopped| *stopped) => {}
                }
            })
        })
        .collect::<Vec<_>>();
    agents.into_iter().chain([clean_up]).collect()
}

/// Completes the callbacks that simulated agents had connected before a restart;
/// they would stay in PROCESSING otherwise.
async fn end_open_conversations(simulator: &Simulator, behaviour: Behaviour) {
    let open = async { Ok::<_, Error>(queue::processing(&mut simulator.store.read().await?).await?) };
    let Ok(open) = open.await else { return };
    let mut random = Randomness(StdRng::seed_from_u64(behaviour.seed));
    for callback in open {
        let Some(reservation) = callback.state.reservation() else { continue };
        if !reservation.agent.starts_with(AGENT_PREFIX) {
            continue;
        }
        tokio::time::sleep(random.seconds(behaviour.ring_seconds)).await;
        let (attempt, token) = (reservation.attempt_id, &reservation.lease_token);
        if let Err(error) = simulator.report(attempt, token, completed()).await {
            tracing::debug!(%error, "a simulated conversation had ended already");
        }
    }
}

fn completed() -> Report {
    Report::Completed { result: None, disposition: Some("simulated".to_owned()) }
}

async fn work(mut agent: Agent) {
    loop {
        let pause = agent.step(Duration::from_secs(5)).await;
        tokio::time::sleep(pause).await;
    }
}

/// A simulated agent, with the dialler that works for it.
#[derive(Debug)]
pub struct Agent {
    simulator: Simulator,
    behaviour: Behaviour,
    name: String,
    random: Randomness,
    doing: Doing,
    /// Reserved ahead.
    next: Option<Callback>,
}

/// What a simulated agent does.
#[derive(Debug, Default)]
enum Doing {
    #[default]
    Nothing,
    Dialling(Callback),
    Talking(Callback),
}

impl Agent {
    /// An agent who does nothing yet.
    pub fn new(simulator: Simulator, behaviour: Behaviour, number: u32) -> Self {
        let seed = behaviour.seed.wrapping_mul(1_000) + u64::from(number);
        let random = Randomness(StdRng::seed_from_u64(seed));
        Self { simulator, behaviour, name: agent_name(number), random, doing: Doing::Nothing, next: None }
    }

    /// Does the next thing, and gives how long the agent is busy with it. Without a
    /// callback the agent waits this long for one.
    pub async fn step(&mut self, wait: Duration) -> Duration {
        match self.try_step(wait).await {
            Ok(busy) => busy,
            Err(error) => {
                // This is expected if the callback was cancelled while the phone rang.
                tracing::debug!(%error, "a simulated attempt ended early");
                Duration::from_millis(500) + self.rest()
            }
        }
    }

    async fn try_step(&mut self, wait: Duration) -> Result<Duration, Error> {
        match std::mem::take(&mut self.doing) {
            Doing::Nothing => {
                if self.next.is_none() {
                    self.next = self.reserve(wait).await?;
                }
                let Some(callback) = self.next.take() else { return Ok(self.rest()) };
                let share = self.behaviour.lost_share;
                let lost = if callback.leases_lost > 0 { share.max(LOST_AGAIN_SHARE) } else { share };
                if share > 0.0 && self.random.happens(lost) {
                    return Ok(self.rest());
                }
                self.doing = Doing::Dialling(callback);
                Ok(self.random.seconds(self.behaviour.ring_seconds))
            }
            Doing::Dialling(callback) => {
                if self.behaviour.all_day {
                    self.next = self.reserve(Duration::ZERO).await?;
                }
                match self.random.customer(&self.behaviour) {
                    Customer::Fails(result) => {
                        self.report(&callback, Report::Failed(result)).await?;
                        Ok(self.rest())
                    }
                    Customer::Answers { talk } => {
                        self.report(&callback, Report::Connected).await?;
                        self.doing = Doing::Talking(callback);
                        Ok(talk)
                    }
                }
            }
            Doing::Talking(callback) => {
                self.report(&callback, completed()).await?;
                Ok(self.rest())
            }
        }
    }

    fn rest(&mut self) -> Duration {
        let rest = self.random.seconds(self.behaviour.rest_seconds);
        if !self.behaviour.all_day {
            return rest;
        }
        rest.mul_f64(1.0 + 9.0 * (1.0 - daylight(self.simulator.commands.clock().now())))
    }

    async fn reserve(&self, wait: Duration) -> Result<Option<Callback>, Error> {
        let Simulator { commands, directory, store } = &self.simulator;
        let services = directory.services().await?.ids();
        // A callback that is reserved ahead waits for the end of a conversation.
        let lease_seconds = if self.behaviour.all_day { 900 } else { 120 };
        let order = Order { agent: self.name.clone(), services, limit: 1, lease_seconds };
        let grant = Simulator::grant();
        Ok(attempts::reserve_or_wait(commands, store, None, &grant, order, wait).await?.pop())
    }

    async fn report(&self, callback: &Callback, report: Report) -> Result<(), Error> {
        let Some(held) = callback.state.reservation() else { return Ok(()) };
        self.simulator.report(held.attempt_id, &held.lease_token, report).await
    }
}

/// How much goes on at this time of the day: 0 at night and 1 at noon, by UTC.
#[expect(clippy::cast_precision_loss, reason = "a day has few seconds")]
pub fn daylight(now: Timestamp) -> f64 {
    let part = (now.micros() / 1_000_000).rem_euclid(86_400) as f64 / 86_400.0;
    f64::midpoint(1.0, -(part * std::f64::consts::TAU).cos())
}

impl Simulator {
    fn grant() -> Grant {
        Grant::system("simulator")
    }

    async fn report(&self, attempt_id: AttemptId, token: &str, report: Report) -> Result<(), Error> {
        let report = AttemptReport { attempt_id, lease_token: token.to_owned(), report };
        let apply = async move |tx: &mut Tx<'_>| attempts::report(tx, &report).await.map(drop);
        self.commands.save(Audit::None, None, &Self::grant(), apply).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_customers() {
        let customers = || {
            let mut random = Randomness(StdRng::seed_from_u64(7));
            (0..50).map(|_| random.customer(&Behaviour::default())).collect::<Vec<_>>()
        };
        assert_eq!(customers(), customers());
        assert!(customers().iter().any(|customer| matches!(customer, Customer::Fails(_))));
    }
}
