//! The settings of a service: what is refused, and what the audit says of a change.

use ringback_tests::{Backend, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

const UNKNOWN: &str = "00000000-0000-7000-8000-000000000000";

/// A body with one setting, by the path to it.
fn body(path: &str, value: Value) -> Value {
    path.rsplit('/').fold(value, |value, name| json!({ name: value }))
}

#[rstest]
#[tokio::test]
async fn every_setting_refuses_a_wrong_value_at_its_field(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let path = format!("/api/v1/services/{}", app.service);
    let before = admin.json(&path).await;
    let text = |length: usize| json!("a".repeat(length));
    let many = |count: usize| json!(vec![UNKNOWN; count]);
    for (field, values, code) in [
        ("name", vec![json!(""), json!(" A"), text(101)], "invalid_value"),
        ("time_zone", vec![json!(""), json!("Europe/Nowhere")], "unknown_time_zone"),
        ("default_country", vec![json!("XX"), json!("gb"), json!("GBR")], "unknown_country"),
        ("accept_new", vec![json!("yes"), json!(1)], "wrong_type"),
        ("dial_pending", vec![json!("no")], "wrong_type"),
        ("immediate_enabled", vec![json!(0)], "wrong_type"),
        ("scheduled_enabled", vec![json!([])], "wrong_type"),
        ("desired_window_seconds", vec![json!(0), json!(86_401)], "out_of_range"),
        ("late_policy", vec![json!("later")], "unknown_value"),
        ("closed_when_due", vec![json!("wait")], "unknown_value"),
        ("horizon_days", vec![json!(0), json!(367)], "out_of_range"),
        ("minimum_notice_seconds", vec![json!(604_801)], "out_of_range"),
        ("open_calendars", vec![many(21)], "too_long"),
        ("closed_calendars", vec![many(21)], "too_long"),
        ("capacity_rule", vec![json!(UNKNOWN)], "unknown"),
        ("number_rules", vec![many(51)], "too_long"),
        ("appointment_lead_seconds", vec![json!(604_801)], "out_of_range"),
        ("duplicate_policy", vec![json!("ignore")], "unknown_value"),
        ("limits/pending", vec![json!(0), json!(1_000_001)], "out_of_range"),
        ("limits/per_number_per_day", vec![json!(0), json!(1_001)], "out_of_range"),
        ("limits/longest_wait_seconds", vec![json!(0), json!(86_401)], "out_of_range"),
        ("retry_policy/max_attempts", vec![json!(0), json!(21)], "out_of_range"),
        ("retry_policy/give_up_after_seconds", vec![json!(0), json!(864_001)], "out_of_range"),
        ("retry_policy/results/FAX/max", vec![json!(0), json!(1_001)], "out_of_range"),
        ("retry_policy/results/FAX/gap_seconds", vec![json!(0), json!(86_401)], "out_of_range"),
        ("retry_policy/results/FAX/growth", vec![json!(0.99), json!(10.01)], "out_of_range"),
        ("retry_policy/results/FAX/jitter", vec![json!(-0.01), json!(1.01)], "out_of_range"),
    ] {
        for value in values {
            let answer = admin.patch(&path, &body(field, value.clone())).await;
            assert_eq!(answer.status, 422, "{field} {value} {answer}");
            let error = answer.read::<Value>()["errors"][0].clone();
            let expected = (json!(format!("/{field}")), json!(code));
            assert_eq!((error["pointer"].clone(), error["code"].clone()), expected, "{value}");
        }
    }
    for list in ["open_calendars", "closed_calendars", "number_rules"] {
        let answer = admin.patch(&path, &body(list, many(1))).await;
        let error = answer.read::<Value>()["errors"][0].clone();
        assert_eq!((&error["pointer"], &error["code"]), (&json!(format!("/{list}/0")), &json!("unknown")));
    }
    let answer = admin.patch(&path, &json!({"called_party_hours": ["never"]})).await;
    assert_eq!(answer.status, 422, "{answer}");
    assert!(
        answer.read::<Value>()["errors"][0]["pointer"].as_str().unwrap().starts_with("/called_party_hours")
    );
    assert_eq!(admin.json(&path).await, before, "nothing changed");
}

#[rstest]
#[tokio::test]
async fn the_audit_says_of_each_value_what_it_was_and_is(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let path = format!("/api/v1/services/{}", app.service);
    // What is sent as it was is no change.
    let edit = json!({
        "accept_new": true, "dial_pending": false,
        "limits": {"pending": 7}, "retry_policy": {"results": {"BUSY": {"gap_seconds": 60, "max": 4}}},
    });
    assert_eq!(admin.patch(&path, &edit).await.status, 200);
    app.seal_audit().await;
    let of_service = format!("/api/v1/audit?action=service.edit&object={}", app.service);
    let details = admin.json(&of_service).await["items"][0]["details"].clone();
    let change = |pointer: &str, from: Value, to: Value| json!({"pointer": pointer, "from": from, "to": to});
    let changes = json!([
        change("/dial_pending", json!(true), json!(false)),
        change("/limits/pending", Value::Null, json!(7)),
        change("/retry_policy/results/BUSY/gap_seconds", json!(120), json!(60)),
    ]);
    assert_eq!(details, json!({"version": 2, "changes": changes}));
}
