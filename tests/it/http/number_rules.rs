//! Rules on which numbers a service calls.

use reqwest::Method;
use ringback_domain::ApiScope;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

const RULES: &str = "/api/v1/number-rules";
const LONDON: &str = "+442079460318";
const BERLIN: &str = "+493023125760";
const PREMIUM: &str = "+449001234567";

async fn make(client: &Client, rule: &Value) -> Value {
    let answer = client.post(RULES, rule).await;
    assert_eq!(answer.status, 201, "{answer}");
    answer.read::<Value>()["id"].clone()
}

async fn set(app: &TestApp, rules: &[&Value]) {
    let settings = json!({ "number_rules": rules });
    let answer = app.admin().await.patch(&format!("/api/v1/services/{}", app.service), &settings).await;
    assert_eq!(answer.status, 200, "{answer}");
}

async fn book(app: &TestApp, number: &str) -> Answer {
    let body = json!({"callback_type": "immediate", "service_id": app.service, "customer_number": number});
    app.integration().post("/api/v1/callbacks", &body).await
}

fn code(answer: &Answer) -> (String, String) {
    let problem: Value = serde_json::from_str(&answer.body).unwrap();
    (text(&problem["errors"][0]["pointer"]), text(&problem["errors"][0]["code"]))
}

#[rstest]
#[tokio::test]
async fn a_service_calls_the_numbers_that_its_rules_allow(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let british = make(&admin, &json!({"name": "GB", "kind": "allow_countries", "countries": ["GB"]})).await;
    let german = make(&admin, &json!({"name": "DE", "kind": "allow_countries", "countries": ["DE"]})).await;
    let premium = make(&admin, &json!({"name": "Premium", "kind": "block_premium"})).await;
    let office =
        make(&admin, &json!({"name": "Office", "kind": "block_pattern", "pattern": "+4420794604*"})).await;
    assert_eq!(book(&app, PREMIUM).await.status, 201, "without rules any number is called");

    set(&app, &[&british, &premium, &office]).await;
    for (number, rule) in
        [(LONDON, None), (BERLIN, Some("GB")), (PREMIUM, Some("Premium")), ("+442079460400", Some("Office"))]
    {
        let answer = book(&app, number).await;
        let path = format!("{RULES}/test?service={}&number={}", app.service, number.replace('+', "%2B"));
        let verdict = app.integration().json(&path).await;
        let path =
            format!("/api/v1/services/{}/number-reading?number={}", app.service, number.replace('+', "%2B"));
        let reading = app.integration().json(&path).await;
        assert_eq!(reading["refused_by"], verdict["rule"], "{number}");
        assert_eq!(verdict["allowed"], rule.is_none(), "{number}");
        if let Some(rule) = rule {
            assert_eq!(answer.status, 422, "{number}");
            assert_eq!(code(&answer), ("/customer_number".into(), "blocked_number".into()));
            assert!(answer.body.contains(rule), "{answer}");
            assert_eq!(verdict["rule"]["name"], rule);
        } else {
            assert_eq!(answer.status, 201, "{number}");
            assert_eq!(verdict["rule"], Value::Null);
        }
    }
    set(&app, &[&british, &german]).await;
    assert_eq!(book(&app, BERLIN).await.status, 201, "any of the rules may allow it");
}

#[rstest]
#[tokio::test]
async fn what_was_promised_before_a_rule_is_not_dialled_after_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    let mut blocked = Vec::new();
    for index in 0..3 {
        let number = format!("+44900123456{index}");
        blocked.push(client.create_immediate(app.service, &number).await["id"].clone());
        app.advance(1);
    }
    let elsewhere = client.create_immediate(app.other_service, "+449001234569").await["id"].clone();
    app.advance(1);
    let allowed = client.create_immediate(app.service, LONDON).await["id"].clone();
    app.submit().await;
    let rule = make(&app.admin().await, &json!({"name": "Premium", "kind": "block_premium"})).await;
    set(&app, &[&rule]).await;

    let reserved = app.router().reserve(2).await;
    let ids: Vec<&Value> = reserved.iter().map(|one| &one.callback["id"]).collect();
    assert_eq!(
        ids,
        [&elsewhere, &allowed],
        "those behind are handed out, and other services have other rules"
    );
    for id in &blocked {
        let callback = client.callback(id).await;
        assert_eq!(callback["state"], "COMPLETED");
        assert_eq!(callback["result"], "FAIL_NUMBER_BLOCKED");
        assert_eq!(callback["metrics"]["attempts_made"], 0);
        let timeline = client.json(&format!("/api/v1/callbacks/{}/timeline", text(id))).await;
        let last = timeline["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(
            (&last["action"], &last["detail"]["reason"]),
            (&json!("number_blocked"), &json!("Premium"))
        );
    }
}

#[tokio::test]
async fn a_number_rule_says_what_is_wrong_with_it() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    for (rule, pointer, fault) in [
        (json!({"name": "", "kind": "block_premium"}), "/name", "invalid_value"),
        (json!({"name": "A", "kind": "block_all"}), "/kind", "unknown_value"),
        (json!({"name": "A", "kind": "allow_countries"}), "/countries", "required"),
        (
            json!({"name": "A", "kind": "allow_countries", "countries": ["DE", "XX"]}),
            "/countries/1",
            "unknown_country",
        ),
        (json!({"name": "A", "kind": "block_premium", "countries": ["DE"]}), "/countries", "not_allowed"),
        (json!({"name": "A", "kind": "block_pattern"}), "/pattern", "required"),
        (json!({"name": "A", "kind": "block_pattern", "pattern": "4490*"}), "/pattern", "invalid_value"),
        (json!({"name": "A", "kind": "block_premium", "pattern": "+44*"}), "/pattern", "not_allowed"),
    ] {
        let answer = admin.post(RULES, &rule).await;
        assert_eq!(answer.status, 422, "{rule}");
        assert_eq!(code(&answer), (pointer.to_owned(), fault.to_owned()), "{answer}");
    }
    let rule = make(&admin, &json!({"name": "A", "kind": "block_premium"})).await;
    let again = admin.post(RULES, &json!({"name": "A", "kind": "block_premium"})).await;
    assert_eq!(again.status, 409);
    set(&app, &[&rule]).await;
    let remove = admin.request(Method::DELETE, &format!("{RULES}/{}", text(&rule)));
    assert_eq!(Answer::to(remove).await.status, 409, "a service uses it");
    let nobody = json!({"number_rules": ["00000000-0000-7000-8000-000000000000"]});
    let refused = admin.patch(&format!("/api/v1/services/{}", app.service), &nobody).await;
    assert_eq!(code(&refused), ("/number_rules/0".into(), "unknown".into()));
    let reader = app.key(ApiScope::CallbacksRead);
    assert_eq!(reader.post(RULES, &json!({"name": "B", "kind": "block_premium"})).await.status, 403);
}
