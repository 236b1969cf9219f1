//! Who is dialled when: retries by dial result, appointments before the line, and how
//! punctual they are.

use ringback_domain::{ApiScope, Timestamp};
use ringback_tests::app::{ReservedCallback, text};
use ringback_tests::{Backend, Client, TestApp, another_number};
use rstest::rstest;
use serde_json::{Value, json};

async fn set(app: &TestApp, settings: Value) -> Value {
    let answer = app.admin().await.patch(&format!("/api/v1/services/{}", app.service), &settings).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.read()
}

fn time(value: &Value) -> Timestamp {
    text(value).parse().unwrap()
}

/// Whether a gap is so long, or longer by chance.
#[track_caller]
fn assert_gap(gap: i64, seconds: i64) {
    assert!((seconds..=seconds + seconds / 10).contains(&gap), "{gap} s instead of {seconds} s");
}

/// Makes a callback that waits for an agent, and gives its id.
async fn queued(app: &TestApp, client: &Client) -> Value {
    let id = client.create_immediate(app.service, &another_number()).await["id"].clone();
    app.submit().await;
    id
}

/// Dials a callback, which fails. Gives the callback then.
async fn fail(app: &TestApp, dial_result: &str) -> Value {
    let reserved = app.router().reserve_one().await;
    report_failed(app, &reserved, dial_result).await
}

async fn report_failed(app: &TestApp, reserved: &ReservedCallback, dial_result: &str) -> Value {
    let answer = app.router().report(reserved, "fail", json!({"dial_result": dial_result})).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.read()
}

/// Lets the gap after a failed dial pass, and gives how long it was, in seconds.
async fn wait_for_retry(app: &TestApp, failed: &Value) -> i64 {
    let gap = time(&failed["metrics"]["retry_at"]).seconds_since(time(&failed["updated_at"]));
    app.advance(gap - 1);
    assert!(app.router().reserve(1).await.is_empty(), "it is not dialled in the gap");
    app.advance(1);
    gap
}

#[rstest]
#[tokio::test]
async fn a_retry_policy_is_changed_in_part_and_checked_in_every_part(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.admin().await;
    let path = format!("/api/v1/services/{}", app.service);
    let usual = client.json(&path).await["retry_policy"].clone();
    assert_eq!((&usual["max_attempts"], &usual["give_up_after_seconds"]), (&json!(3), &json!(259_200)));
    let busy = json!({"max": 4, "gap_seconds": 120, "growth": 2.0, "jitter": 0.1});
    assert_eq!(usual["results"]["BUSY"], busy);
    assert_eq!(usual["results"]["NO_ANSWER"]["gap_seconds"], 900);
    assert_eq!(usual["results"]["ANSWERING_MACHINE"]["gap_seconds"], 3_600);
    assert_eq!(usual["results"].get("INVALID_NUMBER"), None, "final results have no rule");

    let edit = json!({"max_attempts": 5, "results": {"BUSY": {"growth": 1.5}, "UNKNOWN": {"max": 1}}});
    let edited = set(&app, json!({"retry_policy": edit})).await["retry_policy"].clone();
    let mut expected = usual.clone();
    expected["max_attempts"] = json!(5);
    expected["results"]["BUSY"]["growth"] = json!(1.5);
    expected["results"]["UNKNOWN"]["max"] = json!(1);
    assert_eq!(edited, expected);

    let rule = |result: &str, name: &str, value: Value| json!({"results": {result: {name: value}}});
    let in_rule = |result: &str, name: &str| format!("/retry_policy/results/{result}/{name}");
    for (wrong, pointer, code) in [
        (json!({"max_attempts": 0}), "/retry_policy/max_attempts".into(), "out_of_range"),
        (json!({"max_attempts": 21}), "/retry_policy/max_attempts".into(), "out_of_range"),
        (
            json!({"give_up_after_seconds": 864_001}),
            "/retry_policy/give_up_after_seconds".into(),
            "out_of_range",
        ),
        (rule("BUSY", "growth", json!(0.99)), in_rule("BUSY", "growth"), "out_of_range"),
        (rule("BUSY", "growth", json!(1e300)), in_rule("BUSY", "growth"), "out_of_range"),
        (rule("BUSY", "growth", json!("2")), in_rule("BUSY", "growth"), "wrong_type"),
        (rule("BUSY", "jitter", json!(-0.5)), in_rule("BUSY", "jitter"), "out_of_range"),
        (rule("BUSY", "jitter", json!(1.01)), in_rule("BUSY", "jitter"), "out_of_range"),
        (rule("BUSY", "max", json!(0)), in_rule("BUSY", "max"), "out_of_range"),
        (rule("BUSY", "gap_seconds", json!(0)), in_rule("BUSY", "gap_seconds"), "out_of_range"),
        (rule("BUSY", "gap_seconds", json!(86_401)), in_rule("BUSY", "gap_seconds"), "out_of_range"),
        (rule("UNKNOWN", "gap_seconds", json!(59)), in_rule("UNKNOWN", "gap_seconds"), "out_of_range"),
        (rule("BUSY", "gap", json!(60)), in_rule("BUSY", "gap"), "unknown_field"),
        (
            rule("INVALID_NUMBER", "max", json!(2)),
            "/retry_policy/results/INVALID_NUMBER".into(),
            "not_allowed",
        ),
    ] {
        let answer = client.patch(&path, &json!({"retry_policy": wrong})).await;
        assert_eq!(answer.status, 422, "{wrong} {answer}");
        let problem: Value = answer.read();
        let error = &problem["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)), "{wrong}");
    }
    let answer = client.patch(&path, &json!({"retry_policy": {"results": {"ENGAGED": {"max": 2}}}})).await;
    assert_eq!(answer.status, 422, "{answer}");
    let answer = client.patch(&path, &json!({"appointment_lead_seconds": 604_801})).await;
    assert_eq!(
        (answer.status, answer.read::<Value>()["errors"][0]["pointer"].clone()),
        (422, json!("/appointment_lead_seconds"))
    );
    assert_eq!(client.json(&path).await["retry_policy"], expected, "nothing else changed");
}

#[rstest]
#[tokio::test]
async fn each_dial_result_has_its_gap_which_grows_with_each_of_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    set(&app, json!({"retry_policy": {"max_attempts": 9}})).await;
    let client = app.integration();
    let id = queued(&app, &client).await;
    // Each report reads what was counted from the record.
    for (result, seconds) in
        [("BUSY", 120), ("NO_ANSWER", 900), ("BUSY", 240), ("UNKNOWN", 600), ("BUSY", 480)]
    {
        let failed = fail(&app, result).await;
        assert_eq!(failed["state"], "QUEUED", "{result}");
        assert_gap(wait_for_retry(&app, &failed).await, seconds);
    }
    let last = fail(&app, "BUSY").await;
    assert_eq!((&last["state"], &last["result"]), (&json!("COMPLETED"), &json!("FAIL_CALL_TO_CUSTOMER")));
    let metrics = client.callback(&id).await["metrics"].clone();
    assert_eq!((&metrics["attempts_made"], &metrics["max_attempts"]), (&json!(6), &json!(9)), "BUSY ends it");
}

#[rstest]
#[tokio::test]
async fn what_is_our_fault_costs_no_attempt_and_ends_with_the_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    set(&app, json!({"retry_policy": {"max_attempts": 1, "give_up_after_seconds": 200}})).await;
    let client = app.integration();
    queued(&app, &client).await;
    for (result, seconds) in
        [("CONGESTION", 20), ("CONGESTION", 40), ("CREATE_CALL_ERROR", 20), ("ERROR_TONE", 20)]
    {
        let failed = fail(&app, result).await;
        assert_eq!(failed["metrics"]["attempts_made"], 0);
        assert_eq!(failed["metrics"].get("attempted_on_time"), None, "nobody's phone rang");
        assert_gap(wait_for_retry(&app, &failed).await, seconds);
    }
    // 80 seconds and more would be too late.
    app.advance(25);
    let last = fail(&app, "CONGESTION").await;
    assert_eq!((&last["state"], &last["result"]), (&json!("COMPLETED"), &json!("FAIL_CALL_TO_CUSTOMER")));
    assert_eq!(last["metrics"]["attempts_made"], 0);
}

#[rstest]
#[tokio::test]
async fn nobody_is_dialled_again_before_the_service_opens(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let day = json!([{"from": "09:00", "to": "17:00"}]);
    let calendar = json!({
        "name": "London office", "time_zone": "Europe/London",
        "weekly": {"mon": day, "tue": day, "wed": day, "thu": day, "fri": day},
    });
    let made: Value = app.admin().await.post("/api/v1/office-hours", &calendar).await.read();
    set(&app, json!({"open_calendars": [made["id"]]})).await;
    app.advance(8 * 3_600 - 600);
    let client = app.integration();
    for _ in 0..2 {
        queued(&app, &client).await;
    }
    let reserved = app.router().reserve(2).await;
    let failed = report_failed(&app, &reserved[0], "NO_ANSWER").await;
    assert_eq!(failed["state"], "QUEUED");
    assert_eq!(failed["metrics"]["retry_at"], "2026-11-25T09:00:00Z");
    set(&app, json!({"retry_policy": {"give_up_after_seconds": 3_600}})).await;
    let failed = report_failed(&app, &reserved[1], "NO_CONFIRM").await;
    assert_eq!(
        (&failed["state"], &failed["result"]),
        (&json!("COMPLETED"), &json!("FAIL_USER_NO_CONFIRM")),
        "it ends as its last dial did, where no further one fits"
    );
}

#[rstest]
#[tokio::test]
async fn several_reports_in_one_call_follow_the_policy_of_their_services(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    set(&app, json!({"retry_policy": {"max_attempts": 1}})).await;
    let client = app.integration();
    queued(&app, &client).await;
    client.create_immediate(app.other_service, "+4930123456").await;
    app.submit().await;
    let reserved = app.router().reserve(2).await;
    let report = |reserved: &ReservedCallback| {
        json!({
            "attempt_id": reserved.attempt, "lease_token": reserved.token,
            "report": "failed", "dial_result": "BUSY",
        })
    };
    let body = json!({"reports": reserved.iter().map(report).collect::<Vec<_>>()});
    let router = app.key(ApiScope::Router);
    let answer: Value = router.post("/api/v1/attempts/reports", &body).await.read();
    for (reserved, outcome) in reserved.iter().zip(answer["outcomes"].as_array().unwrap()) {
        let one_only = reserved.callback["service"]["id"] == json!(app.service);
        assert_eq!(outcome["state"], if one_only { "COMPLETED" } else { "QUEUED" }, "{outcome}");
    }
}

#[rstest]
#[case::before_the_line(None, true)]
#[case::in_its_turn(Some(0), false)]
#[case::before_those_who_came_lately(Some(600), false)]
#[case::before_those_who_came_a_while_ago(Some(2_400), true)]
#[tokio::test]
async fn a_due_appointment_goes_before_those_who_wait_as_its_service_says(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] lead: Option<u32>,
    #[case] goes_first: bool,
) {
    let app = TestApp::start(backend).await;
    if let Some(seconds) = lead {
        set(&app, json!({"appointment_lead_seconds": seconds})).await;
    }
    let client = app.integration();
    let appointment =
        client.create_scheduled(app.service, &another_number(), "2026-11-24T09:30:00Z").await["id"].clone();
    let waiting = queued(&app, &client).await;
    let important = json!({
        "callback_type": "immediate", "service_id": app.service, "customer_number": another_number(), "priority": 1,
    });
    let important = client.create(&important).await["id"].clone();
    app.submit().await;
    app.advance(1_799);
    assert_eq!(app.submit().await, 0);
    assert_eq!(client.callback(&appointment).await["state"], "SCHEDULED", "it is never queued early");
    app.advance(1);
    assert_eq!(app.submit().await, 1);
    let [first, second] = if goes_first { [&appointment, &waiting] } else { [&waiting, &appointment] };
    let record = client.callback(first).await;
    assert_eq!(record["metrics"]["position_in_queue"], 2, "priority counts first");
    assert_eq!(record["metrics"].get("arrived_at"), None, "nobody arrived before they asked");
    assert_eq!(client.callback(&appointment).await["metrics"]["queued_at"], "2026-11-24T09:30:00Z");
    let handed = app.router().reserve(3).await;
    let ids: Vec<&Value> = handed.iter().map(|reserved| &reserved.callback["id"]).collect();
    assert_eq!(ids, [&important, first, second]);

    // After a failed attempt it has the same place.
    report_failed(&app, &handed[1], "BUSY").await;
    report_failed(&app, &handed[2], "BUSY").await;
    app.advance(300);
    let again = app.router().reserve(2).await;
    let ids: Vec<&Value> = again.iter().map(|reserved| &reserved.callback["id"]).collect();
    assert_eq!(ids, [first, second]);
}

#[rstest]
#[tokio::test]
async fn an_estimated_wait_counts_appointments_that_go_before(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    // One was connected in half an hour.
    queued(&app, &client).await;
    let reserved = app.router().reserve_one().await;
    assert_eq!(app.router().report(&reserved, "connect", json!({})).await.status, 200);
    for at in ["2026-11-24T09:10:00Z", "2026-11-24T09:20:00Z", "2026-11-24T09:40:00Z"] {
        client.create_scheduled(app.service, &another_number(), at).await;
    }
    app.advance(2);
    let id = queued(&app, &client).await;
    let metrics = client.callback(&id).await["metrics"].clone();
    // Two of the three fall due within the 1,800 s of its own turn.
    assert_eq!(
        (&metrics["position_in_queue"], &metrics["estimated_wait_seconds"]),
        (&json!(1), &json!(5_400))
    );
}

#[rstest]
#[tokio::test]
async fn a_record_says_whether_the_customer_was_called_on_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    let id =
        client.create_scheduled(app.service, &another_number(), "2026-11-24T09:10:00Z").await["id"].clone();
    app.advance(600);
    app.submit().await;
    let failed = fail(&app, "CONGESTION").await;
    assert_eq!(failed["metrics"].get("first_attempted_at"), None, "nobody's phone rang");
    app.advance(60);
    let reserved = app.router().reserve_one().await;
    app.advance(20);
    let failed = report_failed(&app, &reserved, "BUSY").await;
    wait_for_retry(&app, &failed).await;
    let reserved = app.router().reserve_one().await;
    assert_eq!(app.router().report(&reserved, "connect", json!({})).await.status, 200);
    for metrics in [
        client.callback(&id).await["metrics"].clone(),
        client.json("/api/v1/callbacks").await["items"][0]["metrics"].clone(),
    ] {
        assert_eq!(metrics["first_attempted_at"], "2026-11-24T09:11:00Z", "when the agent was reserved");
        assert_eq!(
            (&metrics["attempted_on_time"], &metrics["connected_on_time"]),
            (&json!(true), &json!(false))
        );
    }
    let csv = app.supervisor().await.get("/api/v1/callbacks/export?format=csv").await;
    let lines: Vec<Vec<&str>> = csv.body.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| lines[1][lines[0].iter().position(|heading| *heading == name).unwrap()];
    assert_eq!(
        [column("first_attempted_at"), column("attempted_on_time"), column("connected_on_time")],
        ["2026-11-24T09:11:00Z", "true", "false"]
    );
}
