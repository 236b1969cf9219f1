//! A customer is called for one callback at a time, whichever services and routers there are.

use std::collections::HashMap;
use std::sync::Mutex;

use futures_util::future::join_all;
use ringback_domain::ApiScope;
use ringback_tests::app::{ReservedCallback, clear, text};
use ringback_tests::{Backend, Client, TestApp, size, wait_for};
use rstest::rstest;
use serde_json::{Value, json};

const NUMBER: &str = "+442079460318";

#[rstest]
#[tokio::test]
async fn a_number_is_called_for_one_callback_at_a_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    let first = client.create_immediate(app.service, NUMBER).await["id"].clone();
    app.advance(1);
    let second = client.create_immediate(app.other_service, NUMBER).await["id"].clone();
    app.advance(1);
    let third = client.create_immediate(app.service, "+442079460319").await["id"].clone();
    app.submit().await;
    let router = app.router();
    let reserved = router.reserve(10).await;
    let ids = |reserved: &[ReservedCallback]| -> Vec<Value> {
        reserved.iter().map(|one| one.callback["id"].clone()).collect()
    };
    assert_eq!(ids(&reserved), [first.clone(), third]);
    assert!(router.reserve(10).await.is_empty());

    let waiting = client.callback(&second).await;
    assert_eq!(waiting["waiting_for"], json!({"reason": "other_call"}));
    assert_eq!(waiting["metrics"]["position_in_queue"], Value::Null);
    wait_for("the list to say the same", async || {
        let list = client.json("/api/v1/callbacks?state=QUEUED").await;
        let row = &list["items"][0];
        (row["waiting_for"]["reason"] == "other_call" && row["metrics"]["position_in_queue"].is_null())
            .then_some(())
    })
    .await;

    let one = reserved.iter().find(|one| one.callback["id"] == first).unwrap();
    assert!(router.report(one, "connect", json!({})).await.is_success());
    assert!(router.reserve(10).await.is_empty(), "the customer is talking");
    assert!(router.report(one, "complete", json!({})).await.is_success());
    assert_eq!(client.callback(&second).await["waiting_for"], json!({"reason": "agent"}));
    assert_eq!(ids(&router.reserve(10).await), [second]);
}

#[rstest]
#[tokio::test]
async fn extensions_of_a_number_are_called_side_by_side(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    for extension in [" ext 12", " ext 13", "", " ext 12"] {
        client.create_immediate(app.service, &format!("{NUMBER}{extension}")).await;
    }
    app.submit().await;
    assert_eq!(app.router().reserve(10).await.len(), 3);
}

/// Takes callbacks, one or several at a time, and notes which numbers it holds.
async fn route(app: &TestApp, client: &Client, holding: &Mutex<HashMap<String, u32>>, limit: usize) -> usize {
    let services = [app.service, app.other_service];
    let order = json!({"agent": format!("agent-{limit}"), "services": services, "limit": limit});
    let mut done = 0;
    loop {
        let answer: Value = client.post("/api/v1/router/reservations", &order).await.read();
        let reservations = answer["reservations"].as_array().unwrap();
        for one in reservations {
            let mut holding = holding.lock().unwrap();
            let number = holding.entry(text(&one["callback"]["customer_number"])).or_default();
            *number += 1;
            assert_eq!(*number, 1, "two call {one}");
        }
        if reservations.is_empty() {
            let left: Value = client.json("/api/v1/router/attempts").await;
            if left["items"].as_array().is_none_or(Vec::is_empty) {
                return done;
            }
        }
        for one in reservations {
            let path = format!("/api/v1/attempts/{}/connect", text(&one["attempt_id"]));
            let body = json!({"lease_token": one["lease_token"]});
            assert_eq!(client.post(&path, &body).await.status, 200);
            holding.lock().unwrap().remove(&text(&one["callback"]["customer_number"]));
            let path = format!("/api/v1/attempts/{}/complete", text(&one["attempt_id"]));
            assert_eq!(client.post(&path, &body).await.status, 200);
            done += 1;
        }
    }
}

#[rstest]
#[tokio::test]
async fn routers_that_ask_together_never_call_a_number_twice(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const NUMBERS: usize = 5;
    let app = TestApp::start(backend).await;
    let node = if backend == Backend::Postgres { Some(app.start_node().await) } else { None };
    let here = app.key(ApiScope::Router);
    let there = node
        .as_ref()
        .map_or_else(|| here.clone(), |node| Client::new(node.address).with_key(clear(ApiScope::Router)));
    let client = app.integration();
    let count = size(60, 2_000);
    for index in 0..count {
        let service = if index % 2 == 0 { app.service } else { app.other_service };
        client.create_immediate(service, &format!("+44207946{:04}", index % NUMBERS)).await;
    }
    app.submit().await;
    let holding = Mutex::default();
    let routers =
        (0..8).map(|index| route(&app, if index % 2 == 0 { &here } else { &there }, &holding, 1 + index % 3));
    let done: usize = join_all(routers).await.into_iter().sum();
    assert_eq!(done, count);
}
