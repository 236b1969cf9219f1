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
use ringback_domain::{AttemptId, DialResult};
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
        }
    }
}

/// How a simulated customer reacts to the call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Customer {
    Answers { talk: Duration },
    Fails(DialResult),
}

/// The random numbers of one agent.
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
        } else {
            Customer::Fails(DialResult::NoAnswer)
        }
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
            let (simulator, mut stop) = (simulator.clone(), stop.clone());
            let seed = behaviour.seed.wrapping_mul(1_000) + u64::from(number);
            let random = Randomness(StdRng::seed_from_u64(seed));
            rt::spawn(async move {
                tokio::select! {
                    () = work(simulator, behaviour, number, random) => {}
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

async fn work(simulator: Simulator, behaviour: Behaviour, number: u32, mut random: Randomness) {
    let agent = agent_name(number);
    loop {
        if let Err(error) = simulator.one_callback(&agent, &behaviour, &mut random).await {
            // This is expected if the callback was cancelled while the phone rang.
            tracing::debug!(%error, "a simulated attempt ended early");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        tokio::time::sleep(random.seconds(behaviour.rest_seconds)).await;
    }
}

impl Simulator {
    fn grant() -> Grant {
        Grant::system("simulator")
    }

    async fn one_callback(
        &self,
        agent: &str,
        behaviour: &Behaviour,
        random: &mut Randomness,
    ) -> Result<(), Error> {
        let services = self.directory.services().await?.ids();
        let order = Order { agent: agent.to_owned(), services, limit: 1, lease_seconds: 120 };
        let wait = Duration::from_secs(5);
        let (commands, store) = (&self.commands, &self.store);
        let reserved = attempts::reserve_or_wait(commands, store, None, &Self::grant(), order, wait).await?;
        for held in reserved.iter().filter_map(|callback| callback.state.reservation()) {
            let (attempt, token) = (held.attempt_id, &held.lease_token);
            tokio::time::sleep(random.seconds(behaviour.ring_seconds)).await;
            match random.customer(behaviour) {
                Customer::Fails(result) => self.report(attempt, token, Report::Failed(result)).await?,
                Customer::Answers { talk } => {
                    self.report(attempt, token, Report::Connected).await?;
                    tokio::time::sleep(talk).await;
                    self.report(attempt, token, completed()).await?;
                }
            }
        }
        Ok(())
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
