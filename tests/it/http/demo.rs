//! The demo goes on by itself: at any time there is something of everything to see.

use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::rt::System;
use ringback_api::app::App;
use ringback_api::clock::Clock;
use ringback_api::demo;
use ringback_api::store::Store;
use ringback_api::store::list::{RowCache, Selection, Start, count, page};
use ringback_api::store::{queue, services};
use ringback_api::telephony::simulator::Agent;
use ringback_api::worker;
use ringback_domain::retention::AUDIT_DAYS;
use ringback_domain::wire::list::Sort;
use ringback_domain::{ServiceId, StateName, Timestamp};
use ringback_tests::Backend;
use ringback_tests::app::{START, migrate};

/// A demo whose clock the test moves.
struct Demo {
    app: App,
    clock: Clock,
    agents: Vec<(Agent, Timestamp)>,
    /// Conversations from before the agents began.
    open: u64,
}

impl Demo {
    async fn start(url: &str) -> Self {
        let clock = Clock::manual(START.parse().unwrap());
        let store = Store::connect(url).await.unwrap();
        demo::fill(&store, &clock).await.unwrap().expect("the database was empty");
        let app = App::new(store, clock.clone(), AUDIT_DAYS).await.unwrap();
        let agents = (1..=demo::BEHAVIOUR.agents)
            .map(|number| (Agent::new(app.simulator(), demo::BEHAVIOUR, number), clock.now()))
            .collect();
        let open = queue::processing(&mut app.store.read().await.unwrap()).await.unwrap().len() as u64;
        Self { app, clock, agents, open }
    }

    /// Lets a round's time pass, with all that happens in it.
    async fn round(&mut self) {
        self.clock.advance_seconds(demo::ROUND.as_secs().cast_signed());
        worker::cancellations::round(&self.app.workers).await.unwrap();
        worker::submitter::round(&self.app.workers).await.unwrap();
        worker::leases::round(&self.app.workers).await.unwrap();
        demo::round(&self.app.commands).await.unwrap();
        let now = self.clock.now();
        for (agent, until) in &mut self.agents {
            if *until <= now {
                let busy = agent.step(Duration::ZERO).await;
                *until = now.plus_seconds(busy.as_secs().cast_signed());
            }
        }
    }

    /// Looks for something of everything. Gives how many callbacks there are in all.
    async fn look(&self) -> u64 {
        let mut conn = self.app.store.read().await.unwrap();
        let now = self.clock.now();
        let mut counted = count(&mut conn, &Selection::default(), None, now).await.unwrap();
        for state in StateName::ALL.iter().copied() {
            // Those that were open when the agents began stay so.
            let open = if state == StateName::Processing { self.open } else { 0 };
            assert!(*counted.by_state.of(state) > open, "nothing is {state} at {now}");
        }
        assert!(counted.overdue > 0, "nothing is overdue at {now}");
        assert!(!queue::quarantined(&mut conn, 1).await.unwrap().is_empty(), "nothing is set aside at {now}");
        assert!(!queue::order(&mut conn, now).await.unwrap().is_empty(), "nobody is in line at {now}");
        counted.total
    }

    /// The results of the callbacks that changed last.
    async fn results(&self, limit: u32) -> BTreeSet<String> {
        let mut conn = self.app.store.read().await.unwrap();
        let (cache, all) = (RowCache::default(), Selection::default());
        let known = services::list(&mut conn).await.unwrap();
        let ids: Vec<ServiceId> = known.iter().map(|service| service.id).collect();
        let newest = Sort::UpdatedAtDescending;
        let page = page(&mut conn, &cache, &all, newest, Start::First, limit, &ids).await.unwrap();
        page.rows.iter().filter_map(|row| row.result.map(|result| result.to_string())).collect()
    }
}

#[test]
fn the_demo_shows_something_of_everything_at_any_time_of_a_day() {
    System::new().block_on(async {
        let database = Backend::Sqlite.database(migrate).await;
        let mut demo = Demo::start(database.url()).await;
        let rounds = 15 * 60 / demo::ROUND.as_secs();
        let mut total = 0;
        for quarter in 0..=24 * 4 {
            for _ in 0..rounds {
                demo.round().await;
            }
            let before = std::mem::replace(&mut total, demo.look().await);
            assert!(quarter == 0 || total - before < 50, "a few thousand a day at most");
        }
        let results = demo.results(1_000).await;
        for result in [
            "AGENT_CONNECTED",
            "CANCELLED",
            "CANCELLED_BY_ADMIN",
            "FAIL_CALL_TO_CUSTOMER",
            "FAIL_MISSED_WINDOW",
            "FAIL_NUMBER_BLOCKED",
        ] {
            assert!(results.contains(result), "{result} is not among {results:?}");
        }
        demo.app.store.close().await;
    });
}
