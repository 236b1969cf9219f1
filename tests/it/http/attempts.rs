//! Attempts that end badly or not at all, and what a supervisor and a router can
//! do about it.

use reqwest::Method;
use ringback_domain::ApiScope;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Client, TestApp, another_number};
use rstest::rstest;
use serde_json::{Value, json};

/// Reserves one callback for this agent, if one is offered.
async fn reserve_for(app: &TestApp, router: &Client, agent: &str) -> Option<Value> {
    let order = json!({"agent": agent, "services": [app.service]});
    let answer = router.post("/api/v1/router/reservations", &order).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.read::<Value>()["reservations"].get(0).cloned()
}

async fn report(router: &Client, reserved: &Value, report: &str, mut fields: Value) -> Answer {
    fields["lease_token"] = reserved["lease_token"].clone();
    router.post(&format!("/api/v1/attempts/{}/{report}", text(&reserved["attempt_id"])), &fields).await
}

async fn timeline(client: &Client, id: &Value) -> Vec<Value> {
    let items = client.json(&format!("/api/v1/callbacks/{}/timeline", text(id))).await;
    items["items"].as_array().unwrap().clone()
}

async fn queued(app: &TestApp, client: &Client, service: ringback_domain::ServiceId) -> Value {
    let id = client.create_immediate(service, &another_number()).await["id"].clone();
    app.advance(1);
    app.submit().await;
    id
}

#[rstest]
#[tokio::test]
async fn a_callback_that_loses_three_leases_waits_for_a_person(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (supervisor, monitor) = (app.supervisor().await, app.monitor().await);
    let router = app.key(ApiScope::Router);
    let id = queued(&app, &supervisor, app.service).await;
    let other = queued(&app, &supervisor, app.service).await;
    for _ in 0..3 {
        let reserved = reserve_for(&app, &router, "agent-1").await.unwrap();
        assert_eq!(reserved["callback"]["id"], id);
        app.advance(31);
        assert_eq!(app.expire_leases().await, 1);
    }
    let callback = supervisor.callback(&id).await;
    assert_eq!(callback["state"], "QUEUED");
    assert!(callback["metrics"]["quarantined_at"].is_string(), "{callback}");
    assert_eq!(callback["metrics"]["position_in_queue"], Value::Null);
    assert_eq!((&callback["can"]["requeue"], &callback["can"]["cancel"]), (&json!(true), &json!(true)));
    assert_eq!(monitor.callback(&id).await["can"]["requeue"], false);
    assert_eq!(supervisor.callback(&other).await["metrics"]["position_in_queue"], 1);
    let page = supervisor.json("/api/v1/callbacks").await;
    assert!(page["items"][0]["metrics"]["quarantined_at"].is_string(), "{page}");
    let next = reserve_for(&app, &router, "agent-1").await.unwrap();
    assert_eq!(next["callback"]["id"], other, "the others are made");
    assert_eq!(reserve_for(&app, &router, "agent-2").await, None);
    app.update_gauges().await;
    let metrics = app.anonymous().get("/metrics").await.body;
    assert!(metrics.contains("ringback_callbacks_quarantined 1"), "{metrics}");

    assert_eq!(monitor.command(&id, "requeue", &json!({})).await.status, 403);
    assert_eq!(supervisor.command(&other, "requeue", &json!({})).await.status, 409);
    assert_eq!(supervisor.command(&id, "requeue", &json!({})).await.status, 200);
    assert_eq!(supervisor.command(&id, "requeue", &json!({})).await.status, 409, "it is not quarantined");
    let reserved = reserve_for(&app, &router, "agent-2").await.unwrap();
    assert_eq!(reserved["callback"]["id"], id);
    app.advance(31);
    app.expire_leases().await;
    assert!(supervisor.callback(&id).await["metrics"].get("quarantined_at").is_none(), "counted anew");
    let actions: Vec<String> =
        timeline(&supervisor, &id).await.iter().map(|line| text(&line["action"])).collect();
    assert_eq!(
        actions[2..],
        [
            "reserved",
            "lease_expired",
            "reserved",
            "lease_expired",
            "reserved",
            "quarantined",
            "requeued",
            "reserved",
            "lease_expired"
        ]
    );
}

#[rstest]
#[tokio::test]
async fn an_agent_who_releases_a_callback_is_offered_others_for_a_while(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let supervisor = app.supervisor().await;
    let router = app.key(ApiScope::Router);
    let id = queued(&app, &supervisor, app.service).await;
    let reserved = reserve_for(&app, &router, "agent-1").await.unwrap();
    let why = json!({"reason": "Speaks Welsh only", "pause_seconds": 120});
    assert_eq!(report(&router, &reserved, "release", why).await.status, 200);
    assert_eq!(reserve_for(&app, &router, "agent-1").await, None);
    let other = queued(&app, &supervisor, app.service).await;
    let offered = reserve_for(&app, &router, "agent-1").await.unwrap();
    assert_eq!(offered["callback"]["id"], other);
    let keyed = router.request(Method::POST, "/api/v1/router/reservations").header("Idempotency-Key", "once");
    let order = json!({"agent": "agent-1", "services": [app.service]});
    assert_eq!(Answer::to(keyed.json(&order)).await.read::<Value>(), json!({"reservations": []}));

    let reserved = reserve_for(&app, &router, "agent-2").await.unwrap();
    assert_eq!(reserved["callback"]["id"], id);
    assert_eq!(report(&router, &reserved, "release", json!({})).await.status, 200);
    for agent in ["agent-1", "agent-2"] {
        assert_eq!(reserve_for(&app, &router, agent).await, None, "both are paused");
    }
    app.advance(121);
    let reserved = reserve_for(&app, &router, "agent-1").await.unwrap();
    assert_eq!(reserved["callback"]["id"], id);
    let released = timeline(&supervisor, &id).await;
    let reasons: Vec<&Value> = released
        .iter()
        .filter(|line| line["action"] == "released")
        .map(|line| &line["detail"]["reason"])
        .collect();
    assert_eq!(reasons, [&json!("Speaks Welsh only"), &Value::Null]);

    let many = json!({"reports": [{
        "attempt_id": reserved["attempt_id"], "lease_token": reserved["lease_token"], "report": "released",
        "pause_seconds": 0
    }]});
    let answer = router.post("/api/v1/attempts/reports", &many).await;
    assert_eq!(answer.read::<Value>()["outcomes"][0]["status"], 200, "{answer}");
    assert!(reserve_for(&app, &router, "agent-1").await.is_some(), "without a pause it is the next again");
}

#[rstest]
#[tokio::test]
async fn agents_who_ask_together_get_what_each_is_not_paused_for(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let supervisor = app.supervisor().await;
    let router = app.key(ApiScope::Router);
    for _ in 0..3 {
        queued(&app, &supervisor, app.service).await;
        let reserved = reserve_for(&app, &router, "agent-1").await.unwrap();
        assert_eq!(report(&router, &reserved, "release", json!({})).await.status, 200);
    }
    queued(&app, &supervisor, app.service).await;
    let agents = ["agent-1", "agent-2", "agent-3"];
    let reserved =
        futures_util::future::join_all(agents.map(|agent| reserve_for(&app, &router, agent))).await;
    let ids: std::collections::HashSet<String> =
        reserved.iter().map(|one| text(&one.as_ref().unwrap()["callback"]["id"])).collect();
    assert_eq!(ids.len(), 3, "each got another one: {reserved:?}");
}

#[rstest]
#[tokio::test]
async fn a_person_ends_a_conversation_whose_end_nobody_reports(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (supervisor, monitor) = (app.supervisor().await, app.monitor().await);
    let router = app.key(ApiScope::Router);
    let id = queued(&app, &supervisor, app.service).await;
    let close = json!({"result": "AGENT_CONNECTED", "reason": "The agent says it ended at noon."});
    assert_eq!(supervisor.command(&id, "close", &close).await.status, 409, "nobody talks yet");
    let reserved = reserve_for(&app, &router, "agent-1").await.unwrap();
    assert_eq!(report(&router, &reserved, "connect", json!({})).await.status, 200);
    assert_eq!(supervisor.callback(&id).await["can"]["close"], true);
    assert_eq!(monitor.command(&id, "close", &close).await.status, 403);
    for (wrong, pointer) in [
        (json!({"result": "CANCELLED", "reason": "Why"}), "/result"),
        (json!({"result": "AGENT_CONNECTED", "reason": " "}), "/reason"),
        (json!({"result": "AGENT_CONNECTED", "reason": "x".repeat(501)}), "/reason"),
    ] {
        let answer = supervisor.command(&id, "close", &wrong).await;
        assert_eq!(answer.status, 422, "{answer}");
        assert_eq!(answer.read::<Value>()["errors"][0]["pointer"], pointer);
    }
    let closed: Value = supervisor.command(&id, "close", &close).await.read();
    assert_eq!((&closed["state"], &closed["result"]), (&json!("COMPLETED"), &json!("AGENT_CONNECTED")));
    assert_eq!(closed["can"]["recreate"], false, "nobody is called again for it");
    let last = timeline(&supervisor, &id).await.pop().unwrap();
    assert_eq!((&last["action"], &last["actor"]["name"]), (&json!("closed"), &json!("supervisor")));
    assert_eq!(last["detail"]["reason"], "The agent says it ended at noon.");
    assert_eq!(report(&router, &reserved, "complete", json!({})).await.status, 409);
}

#[rstest]
#[tokio::test]
async fn a_router_that_starts_again_lists_what_it_holds(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let supervisor = app.supervisor().await;
    let router = app.key(ApiScope::Router);
    let other_key = json!({"name": "Another router", "scopes": ["router"]});
    let created: Value = app.admin().await.post("/api/v1/api-keys", &other_key).await.read();
    let stranger = app.anonymous().with_key(text(&created["key"]));
    let mut held = Vec::new();
    for agent in ["agent-1", "agent-2", "agent-1"] {
        queued(&app, &supervisor, app.service).await;
        held.push(reserve_for(&app, &router, agent).await.unwrap());
    }
    report(&router, &held[0], "connect", json!({})).await;
    report(&router, &held[1], "fail", json!({"dial_result": "BUSY"})).await;
    let open = async |client: &Client, query: &str| -> Vec<(Value, Value)> {
        let open = client.json(&format!("/api/v1/router/attempts{query}")).await;
        let open = open["reservations"].as_array().unwrap().iter();
        open.map(|one| (one["attempt_id"].clone(), one["lease_token"].clone())).collect()
    };
    let of = |reserved: &Value| (reserved["attempt_id"].clone(), reserved["lease_token"].clone());
    assert_eq!(open(&router, "").await, [of(&held[0]), of(&held[2])]);
    assert_eq!(open(&router, "?agent=agent-1").await.len(), 2);
    assert_eq!(open(&router, "?agent=agent-2").await, []);
    assert_eq!(open(&stranger, "").await, [], "what another holds is its own");
    assert_eq!(supervisor.get("/api/v1/router/attempts").await.status, 403);
}

#[rstest]
#[tokio::test]
async fn a_dial_result_that_is_final_ends_the_callback_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let supervisor = app.supervisor().await;
    let router = app.key(ApiScope::Router);
    for (dial_result, state, result) in [
        ("INVALID_NUMBER", "COMPLETED", json!("FAIL_CALL_TO_CUSTOMER")),
        ("NUMBER_BLOCKED", "COMPLETED", json!("FAIL_NUMBER_BLOCKED")),
        ("REJECTED", "QUEUED", Value::Null),
        ("NO_CONFIRM", "QUEUED", Value::Null),
        ("UNREACHABLE", "QUEUED", Value::Null),
        ("CONGESTION", "QUEUED", Value::Null),
    ] {
        let id = queued(&app, &supervisor, app.service).await;
        let reserved = reserve_for(&app, &router, "agent-1").await.unwrap();
        assert_eq!(reserved["callback"]["id"], id);
        let failed: Value =
            report(&router, &reserved, "fail", json!({"dial_result": dial_result})).await.read();
        assert_eq!((&failed["state"], &failed["result"]), (&json!(state), &result), "{dial_result}");
        assert_eq!(failed["metrics"]["attempts_made"], u32::from(dial_result != "CONGESTION"));
    }
}

#[rstest]
#[tokio::test]
async fn a_repeated_reservation_hands_out_only_what_is_still_held(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let supervisor = app.supervisor().await;
    let router = app.key(ApiScope::Router);
    for _ in 0..3 {
        queued(&app, &supervisor, app.service).await;
    }
    let order = json!({"agent": "agent-1", "services": [app.service], "limit": 3});
    let reserve = async || {
        let request = router.request(Method::POST, "/api/v1/router/reservations");
        let answer = Answer::to(request.header("Idempotency-Key", "morning").json(&order)).await;
        assert_eq!(answer.status, 200, "{answer}");
        answer.read::<Value>()["reservations"].as_array().unwrap().clone()
    };
    let first = reserve().await;
    assert_eq!(first.len(), 3);
    assert_eq!(reserve().await, first);
    report(&router, &first[0], "release", json!({"pause_seconds": 0})).await;
    report(&router, &first[1], "extend", json!({"lease_seconds": 300})).await;
    app.advance(31);
    app.expire_leases().await;
    let again = reserve().await;
    assert_eq!(again.len(), 1, "{again:?}");
    assert_eq!(again[0]["attempt_id"], first[1]["attempt_id"]);
    let taken = reserve_for(&app, &router, "agent-2").await.unwrap();
    assert_eq!(taken["callback"]["id"], first[0]["callback"]["id"]);
    assert_eq!(reserve().await.len(), 1, "another agent's customer is not handed out");
}

#[rstest]
#[case::made("make", "QUEUED", Value::Null, false)]
#[case::asked("ask", "QUEUED", Value::Null, true)]
#[case::closed("close", "COMPLETED", json!("FAIL_MISSED_WINDOW"), false)]
#[tokio::test]
async fn a_service_decides_what_becomes_of_what_an_outage_missed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] policy: &str,
    #[case] state: &str,
    #[case] result: Value,
    #[case] quarantined: bool,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let service = format!("/api/v1/services/{}", app.service);
    let changed = admin.patch(&service, &json!({"late_policy": policy})).await;
    assert_eq!(changed.read::<Value>()["late_policy"], policy, "{changed}");
    let missed =
        admin.create_scheduled(app.service, &another_number(), "2026-11-24T10:00:00Z").await["id"].clone();
    let in_time =
        admin.create_scheduled(app.service, &another_number(), "2026-11-24T10:02:00Z").await["id"].clone();
    app.advance(3_600 + 121);
    assert_eq!(app.submit().await, 2);
    let admin = app.admin().await;
    let callback = admin.callback(&missed).await;
    assert_eq!((&callback["state"], &callback["result"]), (&json!(state), &result), "{callback}");
    assert_eq!(callback["metrics"].get("quarantined_at").is_some(), quarantined);
    assert_eq!(admin.callback(&in_time).await["state"], "QUEUED");
    let offered = reserve_for(&app, &app.key(ApiScope::Router), "agent-1").await.unwrap();
    let expected = if policy == "make" { &missed } else { &in_time };
    assert_eq!(&offered["callback"]["id"], expected);
}
