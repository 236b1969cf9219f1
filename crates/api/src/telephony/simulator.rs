//! Plays agents and customers, for the demo and for tests. Nobody is called.
//!
//! Each simulated agent reserves a callback, lets the phone ring, and reports
//! what a customer might have done: answered and talked, been busy, not
//! answered. The draws come from a seed, so that a test can repeat them.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ringback_domain::callback::Callback;
use ringback_domain::{AttemptId, DialResult};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::auth::Grant;
use crate::command::attempts::{self, AttemptReport, Order, Report};
use crate::command::{Commands, Tx};
use crate::directory::Directory;
use crate::error::Error;
use crate::store::{Store, queue};

/// What the simulated agents work with.
#[derive(Clone, Debug)]
pub struct Simulator {
    /// The telephony port.
    pub commands: Arc<Commands>,
    /// The services that they serve: all of them.
    pub directory: Arc<Directory>,
    /// Where their open conversations are found after a restart.
    pub store: Store,
}

/// How the simulated world behaves.
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// Where the draws begin.
    pub seed: u64,
    /// Agents at work.
    pub agents: u32,
    /// Seconds that a phone rings, at least and at most.
    pub ring_seconds: (f64, f64),
    /// Seconds that a conversation lasts, at least and at most.
    pub talk_seconds: (f64, f64),
    /// Seconds that an agent rests between two callbacks, at least and at most.
    pub rest_seconds: (f64, f64),
    /// Share of customers who answer.
    pub answer_share: f64,
    /// Share of customers whose line is busy; the rest does not answer.
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

/// What a simulated customer does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Customer {
    Answers { talk: Duration },
    Fails(DialResult),
}

/// The draws of one agent.
struct Dice(StdRng);

impl Dice {
    fn seconds(&mut self, (least, most): (f64, f64)) -> Duration {
        Duration::from_secs_f64(self.0.random_range(least..=most))
    }

    fn customer(&mut self, behaviour: &Behaviour) -> Customer {
        let draw: f64 = self.0.random();
        if draw < behaviour.answer_share {
            Customer::Answers { talk: self.seconds(behaviour.talk_seconds) }
        } else if draw < behaviour.answer_share + behaviour.busy_share {
            Customer::Fails(DialResult::Busy)
        } else {
            Customer::Fails(DialResult::NoAnswer)
        }
    }
}

/// The name of a simulated agent.
pub fn agent_name(number: u32) -> String {
    format!("{AGENT}{number}")
}

const AGENT: &str = "Sim agent ";

/// Starts the simulated agents on the current thread, until `stop` turns true.
pub fn start(
    simulator: &Simulator,
    behaviour: Behaviour,
    stop: &watch::Receiver<bool>,
) -> Vec<JoinHandle<()>> {
    let (adopting, mut stopped) = (simulator.clone(), stop.clone());
    let adopt = rt::spawn(async move {
        tokio::select! {
            () = hang_up(&adopting, behaviour) => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    });
    let agents = (1..=behaviour.agents)
        .map(|number| {
            let (simulator, mut stop) = (simulator.clone(), stop.clone());
            let dice = Dice(StdRng::seed_from_u64(behaviour.seed.wrapping_mul(1_000) + u64::from(number)));
            rt::spawn(async move {
                tokio::select! {
                    () = work(simulator, behaviour, number, dice) => {}
                    _ = stop.wait_for(|stopped| *stopped) => {}
                }
            })
        })
        .collect::<Vec<_>>();
    agents.into_iter().chain([adopt]).collect()
}

/// Ends the conversations that simulated agents had when the server stopped:
/// nobody else would.
async fn hang_up(simulator: &Simulator, behaviour: Behaviour) {
    let open = async { Ok::<_, Error>(queue::processing(&mut simulator.store.read().await?).await?) };
    let Ok(open) = open.await else { return };
    let mut dice = Dice(StdRng::seed_from_u64(behaviour.seed));
    for callback in open {
        let Some(held) = callback.state.reservation() else { continue };
        if !held.agent.starts_with(AGENT) {
            continue;
        }
        tokio::time::sleep(dice.seconds(behaviour.ring_seconds)).await;
        if let Err(error) = simulator.report(held.attempt_id, &held.lease_token, talked()).await {
            tracing::debug!(%error, "a simulated conversation had ended already");
        }
    }
}

fn talked() -> Report {
    Report::Completed { result: None, disposition: Some("simulated".to_owned()) }
}

async fn work(simulator: Simulator, behaviour: Behaviour, number: u32, mut dice: Dice) {
    let agent = agent_name(number);
    loop {
        if let Err(error) = simulator.one_callback(&agent, &behaviour, &mut dice).await {
            // A callback that was cancelled while the phone rang is no fault.
            tracing::debug!(%error, "a simulated attempt ended early");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        tokio::time::sleep(dice.seconds(behaviour.rest_seconds)).await;
    }
}

impl Simulator {
    fn grant() -> Grant {
        Grant::system("simulator")
    }

    async fn one_callback(&self, agent: &str, behaviour: &Behaviour, dice: &mut Dice) -> Result<(), Error> {
        let services = self.directory.services().await?.ids();
        let order = Order { agent: agent.to_owned(), services, limit: 1, lease_seconds: 120 };
        let held = |reserved: &[Callback], _| {
            let held = reserved.iter().filter_map(|callback| callback.state.reservation());
            Ok(held.map(|held| (held.attempt_id, held.lease_token.clone())).collect::<Vec<_>>())
        };
        let wait = Duration::from_secs(5);
        let (commands, store) = (&self.commands, &self.store);
        let reserved =
            attempts::reserve_or_wait(commands, store, None, &Self::grant(), order, wait, held).await?;
        for (attempt, token) in &reserved {
            tokio::time::sleep(dice.seconds(behaviour.ring_seconds)).await;
            match dice.customer(behaviour) {
                Customer::Fails(result) => self.report(*attempt, token, Report::Failed(result)).await?,
                Customer::Answers { talk } => {
                    self.report(*attempt, token, Report::Connected).await?;
                    tokio::time::sleep(talk).await;
                    self.report(*attempt, token, talked()).await?;
                }
            }
        }
        Ok(())
    }

    async fn report(&self, attempt_id: AttemptId, token: &str, report: Report) -> Result<(), Error> {
        let report = AttemptReport { attempt_id, lease_token: token.to_owned(), report };
        let apply = async move |tx: &mut Tx<'_>| attempts::report(tx, &report).await.map(drop);
        self.commands.save(None, &Self::grant(), apply).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_customers() {
        let draw = || {
            let mut dice = Dice(StdRng::seed_from_u64(7));
            (0..50).map(|_| dice.customer(&Behaviour::default())).collect::<Vec<_>>()
        };
        assert_eq!(draw(), draw());
        assert!(draw().iter().any(|customer| matches!(customer, Customer::Fails(_))));
    }
}
