//! Every kind of refusal, each as a problem document with its reason.

use reqwest::Method;
use ringback_domain::wire::problem::Problem;
use ringback_domain::{ApiScope, StateName};
use ringback_tests::app::{clear, text};
use ringback_tests::{Answer, Backend, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

const CALLBACKS: &str = "/api/v1/callbacks";
const NUMBER: &str = "+442079460318";
const UNKNOWN: &str = "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2";

/// The problem in an answer, after checking all its members.
#[track_caller]
pub(super) fn problem(answer: &Answer, status: u16, slug: &str) -> Problem {
    assert_eq!(answer.status, status, "{answer}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer}");
    let problem: Problem = answer.read();
    assert_eq!(problem.kind, format!("urn:ringback:problem:{slug}"), "{answer}");
    assert_eq!(problem.status, status);
    assert!(!problem.title.is_empty() && !problem.detail.is_empty(), "{answer}");
    assert!(problem.instance.starts_with('/'), "{answer}");
    assert_eq!(answer.header("x-request-id"), Some(&*problem.request_id), "{answer}");
    problem
}

/// Checks that the answer refuses exactly these fields, each with its code.
#[track_caller]
fn invalid(answer: &Answer, expected: &[(&str, &str)]) {
    let problem = problem(answer, 422, "invalid");
    let named: Vec<_> = problem.errors.iter().map(|error| (&*error.pointer, error.code.as_str())).collect();
    assert_eq!(named, expected, "{answer}");
}

#[tokio::test]
async fn a_body_that_is_not_json_is_malformed() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    for body in ["{", "", "{\"callback_type\": }", "\u{0}"] {
        let request = client.request(Method::POST, CALLBACKS).header("content-type", "application/json");
        let answer = Answer::to(request.body(body)).await;
        let problem = problem(&answer, 400, "malformed");
        assert_eq!(problem.instance, CALLBACKS);
    }
    let request = client.request(Method::POST, CALLBACKS).header("content-type", "application/json");
    problem(&Answer::to(request.body(vec![b'"', 0xff, b'"'])).await, 400, "malformed");
}

#[tokio::test]
async fn an_id_in_the_path_that_is_not_a_uuid_is_malformed() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    let path = "/api/v1/callbacks/17/timeline";
    assert_eq!(problem(&client.get(path).await, 400, "malformed").instance, path);
    problem(&client.post("/api/v1/callbacks/17/cancel", &json!({})).await, 400, "malformed");
    let router = app.key(ApiScope::Router);
    problem(
        &router.post("/api/v1/attempts/17/connect", &json!({"lease_token": "x"})).await,
        400,
        "malformed",
    );
}

#[tokio::test]
async fn a_wrong_query_names_its_parameter() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    for (query, pointer, code) in [
        ("colour=red", "?colour", "unknown_field"),
        ("limit=251", "?limit", "out_of_range"),
        ("limit=0", "?limit", "out_of_range"),
        ("page=0", "?page", "out_of_range"),
        ("page=41", "?page", "out_of_range"),
        ("page=1&cursor=abc", "?page", "conflict"),
        ("cursor=abc", "?cursor", "invalid_value"),
        ("from=2026-11-25T00:00:00Z&to=2026-11-24T00:00:00Z", "?to", "invalid_value"),
        ("sort=colour", "?sort", "unknown_value"),
    ] {
        invalid(&client.get(&format!("{CALLBACKS}?{query}")).await, &[(pointer, code)]);
    }
    for query in ["limit=many", "from=yesterday", "service=17", "state=LOST", "limit=-1"] {
        let answer = client.get(&format!("{CALLBACKS}?{query}")).await;
        let problem = problem(&answer, 422, "invalid");
        let name = query.split('=').next().unwrap();
        assert_eq!(problem.errors[0].pointer, format!("?{name}"), "{answer}");
    }
    invalid(&client.get("/api/v1/callbacks/search").await, &[("?id", "required")]);
    invalid(&client.get("/api/v1/callbacks/search?id=17").await, &[("?id", "invalid_value")]);
    invalid(
        &client.get("/api/v1/callbacks/search?customer_number=kim").await,
        &[("?customer_number", "malformed_number")],
    );
}

#[tokio::test]
async fn a_field_that_is_unknown_missing_or_of_a_wrong_type_is_named() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    let good = json!({"callback_type": "immediate", "service_id": app.service, "customer_number": NUMBER});
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let mut without_number = good.clone();
    without_number.as_object_mut().unwrap().remove("customer_number");
    for (body, pointer, code) in [
        (with("colour", json!("red")), "/colour", "unknown_field"),
        (without_number, "/customer_number", "required"),
        (with("priority", json!("high")), "/priority", "wrong_type"),
        (with("callback_type", json!("soon")), "/callback_type", "unknown_value"),
        (with("service_id", json!("17")), "/service_id", "invalid_value"),
    ] {
        invalid(&client.post(CALLBACKS, &body).await, &[(pointer, code)]);
    }
    let nested = json!({"range": {"from": "2026-11-24T00:00:00Z", "to": "2026-11-25T00:00:00Z", "at": 1}});
    invalid(&client.post("/api/v1/bulk-cancellations", &nested).await, &[("/range/at", "unknown_field")]);
    let ids = json!({"ids": [UNKNOWN, "17"]});
    invalid(&client.post("/api/v1/bulk-cancellations", &ids).await, &[("/ids/1", "invalid_value")]);
    let answer = client.post(&format!("{CALLBACKS}/{UNKNOWN}/cancel"), &json!({"why": "x"})).await;
    invalid(&answer, &[("/why", "unknown_field")]);
}

/// Shows: S10
#[tokio::test]
async fn a_list_is_not_taken_for_the_fields_of_an_object() {
    let app = TestApp::start(Backend::Sqlite).await;
    let list = json!(["immediate", app.service, "+442079460318"]);
    let answer = app.supervisor().await.post("/api/v1/callbacks", &list).await;
    assert_eq!(answer.status, 422, "{answer}");
    assert_eq!(answer.read::<Value>()["errors"][0]["code"], "wrong_type");
}

#[tokio::test]
async fn only_voice_callbacks_can_be_requested() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    for (field, value) in [("media_type", "chat"), ("channel", "email")] {
        let mut body =
            json!({"callback_type": "immediate", "service_id": app.service, "customer_number": NUMBER});
        body[field] = value.into();
        let pointer = format!("/{field}");
        invalid(&client.post(CALLBACKS, &body).await, &[(&pointer, "unknown_field")]);
    }
    let sip = json!({
        "callback_type": "immediate", "service_id": app.service, "customer_number": "sip:kim@example.com",
    });
    invalid(&client.post(CALLBACKS, &sip).await, &[("/customer_number", "malformed_number")]);
}

/// PostgreSQL keeps no text with this character; a refusal is that of one router
/// and not of those who ask at the same moment.
#[rstest]
#[actix_web::test]
async fn an_agent_has_no_control_characters(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let client = app.key(ApiScope::Router);
    let body = json!({"agent": "agent\u{0}17", "services": [app.service]});
    let answer = client.post("/api/v1/router/reservations", &body).await;
    let problem = problem(&answer, 422, "invalid");
    assert_eq!(problem.errors[0].pointer, "/agent");
}

#[tokio::test]
async fn all_invalid_values_are_named_at_once() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    for (number, code) in [
        ("+44 12", "impossible_number"),
        ("+1 212 555 01421", "impossible_number"),
        ("kim", "malformed_number"),
        ("", "malformed_number"),
    ] {
        let body =
            json!({"callback_type": "immediate", "service_id": app.service, "customer_number": number});
        let answer = client.post(CALLBACKS, &body).await;
        let problem = problem(&answer, 422, "invalid");
        assert_eq!(problem.errors.len(), 1, "{answer}");
        assert_eq!(problem.errors[0].pointer, "/customer_number", "{answer}");
        assert_eq!(problem.errors[0].code.as_str(), code, "{number}: {answer}");
    }
    let many = json!({
        "callback_type": "scheduled", "service_id": app.service, "customer_number": "kim",
        "customer_time_zone": "Mars/Olympus", "language": "en_GB", "priority": 1001, "user_data": [],
    });
    let answer = client.post(CALLBACKS, &many).await;
    let named = problem(&answer, 422, "invalid").errors;
    for pointer in
        ["/customer_number", "/desired_time", "/customer_time_zone", "/language", "/priority", "/user_data"]
    {
        assert!(named.iter().any(|error| error.pointer == pointer), "{pointer} is missing in {answer}");
    }
    let past = json!({
        "callback_type": "scheduled", "service_id": app.service, "customer_number": NUMBER,
        "desired_time": "2026-11-24T09:00:00Z",
    });
    invalid(&client.post(CALLBACKS, &past).await, &[("/desired_time", "in_the_past")]);
    let nowhere = json!({"callback_type": "immediate", "service_id": UNKNOWN, "customer_number": NUMBER});
    invalid(&client.post(CALLBACKS, &nowhere).await, &[("/service_id", "unknown")]);
}

#[tokio::test]
async fn a_time_may_lack_its_seconds_but_not_its_offset() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    let create = async |time: &str| {
        let body = json!({
            "callback_type": "scheduled", "service_id": app.service, "customer_number": NUMBER,
            "desired_time": time,
        });
        client.post(CALLBACKS, &body).await
    };
    let made = create("2026-11-25T10:00+01:00").await;
    assert_eq!(
        (made.status, &made.read::<Value>()["desired_time"]),
        (201, &json!("2026-11-25T09:00:00Z")),
        "{made}"
    );
    let refused = create("2026-11-25T10:00:00").await;
    invalid(&refused, &[("/desired_time", "invalid_value")]);
    assert!(refused.body.contains("Add Z or an offset such as +01:00"), "{refused}");
    let long = client.get(&format!("{CALLBACKS}/search?customer_number={}", "7".repeat(101))).await;
    invalid(&long, &[("?customer_number", "too_long")]);
    let listed = client.get(&format!("{CALLBACKS}?from=2026-11-25T09:00")).await;
    invalid(&listed, &[("?from", "invalid_value")]);
    assert!(listed.body.contains("Add Z or an offset"), "{listed}");
}

#[tokio::test]
async fn a_service_can_stop_accepting_and_dialling_callbacks() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    let service = format!("/api/v1/services/{}", text(&json!(app.service)));
    let create = async |kind: &str| {
        let mut body = json!({"callback_type": kind, "service_id": app.service, "customer_number": NUMBER});
        if kind == "scheduled" {
            body["desired_time"] = "2026-11-25T09:00:00Z".into();
        }
        admin.post(CALLBACKS, &body).await
    };
    assert_eq!(admin.patch(&service, &json!({"scheduled_enabled": false})).await.status, 200);
    invalid(&create("scheduled").await, &[("/callback_type", "not_enabled")]);
    assert_eq!(create("immediate").await.status, 201);
    assert_eq!(admin.patch(&service, &json!({"accept_new": false})).await.status, 200);
    invalid(&create("immediate").await, &[("/service_id", "not_accepting")]);

    assert_eq!(admin.patch(&service, &json!({"dial_pending": false})).await.status, 200);
    app.submit().await;
    assert!(app.router().reserve(1).await.is_empty(), "queued callbacks are not dialled");
    assert_eq!(admin.patch(&service, &json!({"dial_pending": true})).await.status, 200);
    assert_eq!(app.router().reserve(1).await.len(), 1);
}

#[tokio::test]
async fn an_unknown_path_is_404_and_a_wrong_method_405() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    for path in ["/api/v1/nothing", "/api/v2/callbacks", "/api/", "/health/nothing"] {
        assert_eq!(problem(&client.get(path).await, 404, "not-found").instance, path);
    }
    let missing = format!("{CALLBACKS}/{UNKNOWN}");
    problem(&client.get(&missing).await, 404, "not-found");
    problem(&client.post(&format!("{missing}/cancel"), &json!({})).await, 404, "not-found");
    for (method, path, allowed) in [
        (Method::DELETE, CALLBACKS, "GET, HEAD, POST"),
        (Method::PUT, "/api/v1/callbacks/count", "GET, HEAD"),
        (Method::GET, "/api/v1/router/reservations", "POST"),
        (Method::POST, "/health/live", "GET, HEAD"),
        (Method::PATCH, "/api/v1/me/preferences", "GET, HEAD, PUT"),
    ] {
        let answer = Answer::to(client.request(method, path)).await;
        problem(&answer, 405, "method-not-allowed");
        assert_eq!(answer.header("allow"), Some(allowed), "{path}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_or_of_another_type_is_refused() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    let large = json!({"callback_type": "x".repeat(70_000)});
    problem(&client.post(CALLBACKS, &large).await, 413, "too-large");
    for media in ["text/plain", "application/x-www-form-urlencoded"] {
        let request = client.request(Method::POST, CALLBACKS).header("content-type", media);
        problem(&Answer::to(request.body("{}")).await, 415, "unsupported-media-type");
    }
    problem(
        &Answer::to(client.request(Method::POST, CALLBACKS).body("{}")).await,
        415,
        "unsupported-media-type",
    );
    let request =
        client.request(Method::POST, CALLBACKS).header("content-type", "application/json; charset=utf-8");
    problem(&Answer::to(request.body("{}")).await, 422, "invalid");
}

#[tokio::test]
async fn missing_wrong_and_expired_credentials_are_not_accepted() {
    let app = TestApp::start(Backend::Sqlite).await;
    let anonymous = app.anonymous();
    let answer = anonymous.get(CALLBACKS).await;
    problem(&answer, 401, "unauthenticated");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    for token in ["", "x", "a.b.c"] {
        problem(&anonymous.with_token(token).get(CALLBACKS).await, 401, "unauthenticated");
        problem(&anonymous.with_key(token).get(CALLBACKS).await, 401, "unauthenticated");
    }
    // A key cannot be used as a token.
    problem(
        &anonymous.with_token(clear(ApiScope::CallbacksRead)).get(CALLBACKS).await,
        401,
        "unauthenticated",
    );

    let admin = app.admin().await;
    let keys = admin.json("/api/v1/api-keys").await;
    let id = keys["items"].as_array().unwrap().iter().find(|key| key["name"] == "CallbacksRead").unwrap();
    let key = app.key(ApiScope::CallbacksRead);
    assert_eq!(key.get(CALLBACKS).await.status, 200);
    let path = format!("/api/v1/api-keys/{}", text(&id["id"]));
    assert_eq!(Answer::to(admin.request(Method::DELETE, &path)).await.status, 204);
    problem(&key.get(CALLBACKS).await, 401, "unauthenticated");
    assert_eq!(
        Answer::to(admin.request(Method::DELETE, &path)).await.status,
        204,
        "revoking again changes nothing"
    );

    let body = json!({"name": "short", "scopes": ["callbacks:read"], "expires_at": "2026-11-24T09:05:00Z"});
    let created: Value = admin.post("/api/v1/api-keys", &body).await.read();
    let short = anonymous.with_key(text(&created["key"]));
    app.advance(299);
    assert_eq!(short.get(CALLBACKS).await.status, 200);
    app.advance(1);
    // Identities are cached for a second of the machine's time.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    problem(&short.get(CALLBACKS).await, 401, "unauthenticated");
    app.advance(300);
    problem(&admin.get(CALLBACKS).await, 401, "unauthenticated");
}

#[tokio::test]
async fn a_caller_without_the_permission_is_refused() {
    let app = TestApp::start(Backend::Sqlite).await;
    let monitor = app.monitor().await;
    let body = json!({"callback_type": "immediate", "service_id": UNKNOWN, "customer_number": NUMBER});
    problem(&monitor.post(CALLBACKS, &body).await, 403, "forbidden");
    problem(&monitor.post(&format!("{CALLBACKS}/{UNKNOWN}/cancel"), &json!({})).await, 403, "forbidden");
    problem(&app.developer().await.get(CALLBACKS).await, 403, "forbidden");
}

#[rstest]
#[tokio::test]
async fn a_callback_of_an_invisible_service_is_not_found(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let supervisor = app.supervisor().await;
    let restricted = app.restricted().await;
    let created = supervisor.create_immediate(app.other_service, "+4930123456").await;
    let path = format!("{CALLBACKS}/{}", text(&created["id"]));
    for part in ["", "/timeline", "/attempts"] {
        problem(&restricted.get(&format!("{path}{part}")).await, 404, "not-found");
    }
    for (command, body) in [
        ("cancel", json!({})),
        ("reschedule", json!({"desired_time": "2026-11-25T09:00:00Z"})),
        ("recreate", json!({"callback_type": "immediate"})),
    ] {
        problem(&restricted.command(&created["id"], command, &body).await, 404, "not-found");
    }
    let body = json!({
        "callback_type": "immediate", "service_id": app.other_service, "customer_number": "+4930123456",
    });
    invalid(&restricted.post(CALLBACKS, &body).await, &[("/service_id", "unknown")]);
    let found = restricted.json(&format!("/api/v1/callbacks/search?id={}", text(&created["id"]))).await;
    assert_eq!(found["items"], json!([]));
    assert_eq!(supervisor.callback(&created["id"]).await["version"], 1, "nothing happened");
}

#[rstest]
#[tokio::test]
async fn a_conflict_names_the_current_state_and_version(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let id = client.create_immediate(app.service, NUMBER).await["id"].clone();
    let stale = client
        .request(Method::POST, &format!("{CALLBACKS}/{}/cancel", text(&id)))
        .header("if-match", "\"7\"");
    let conflict = problem(&Answer::to(stale).await, 412, "stale");
    assert_eq!((conflict.state.map(StateName::as_str), conflict.version), (Some("SCHEDULED"), Some(1)));
    let request = client.request(Method::POST, &format!("{CALLBACKS}/{}/cancel", text(&id)));
    problem(&Answer::to(request.header("if-match", "seven")).await, 400, "malformed");

    app.submit().await;
    let body = json!({"desired_time": "2026-11-25T09:00:00Z"});
    let conflict = problem(&client.command(&id, "reschedule", &body).await, 409, "state-conflict");
    assert_eq!((conflict.state.map(StateName::as_str), conflict.version), (Some("QUEUED"), Some(2)));
    let reserved = app.router().reserve_one().await;
    let conflict =
        problem(&app.router().report(&reserved, "complete", json!({})).await, 409, "state-conflict");
    assert_eq!(conflict.state.map(StateName::as_str), Some("ROUTING"));
    client.command(&id, "cancel", &json!({})).await;
    let conflict = problem(&client.command(&id, "cancel", &json!({})).await, 409, "state-conflict");
    assert_eq!(conflict.state.map(StateName::as_str), Some("COMPLETED"));
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let app = TestApp::start(Backend::Sqlite).await;
    let anonymous = app.anonymous();
    let guess = json!({"username": "Supervisor", "password": "wrong password"});
    for _ in 0..5 {
        problem(&anonymous.post("/api/v1/session", &guess).await, 401, "invalid-credentials");
    }
    let answer = anonymous.post("/api/v1/session", &guess).await;
    problem(&answer, 429, "rate-limited");
    let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=2).contains(&seconds), "{seconds}");
    assert!(answer.header("ratelimit").is_some());
    // Other users can still log in.
    app.admin().await;
}

#[tokio::test]
async fn names_in_use_are_refused() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    for (path, body) in [
        ("/api/v1/services", json!({"name": "Billing EN", "time_zone": "UTC", "default_country": "GB"})),
        (
            "/api/v1/users",
            json!({"username": "MONITOR", "password": "correct horse battery", "role": "monitor"}),
        ),
        ("/api/v1/api-keys", json!({"name": "Router", "scopes": ["router"]})),
    ] {
        problem(&admin.post(path, &body).await, 409, "duplicate");
    }
}

#[tokio::test]
async fn permissions_are_checked_before_the_request_is_validated() {
    let app = TestApp::start(Backend::Sqlite).await;
    let clients = [(app.anonymous(), 401, "unauthenticated"), (app.monitor().await, 403, "forbidden")];
    for (client, status, slug) in clients {
        // The first request reads the credential from the database, the others
        // from the cache.
        for _ in 0..3 {
            problem(&client.post(CALLBACKS, &json!({"colour": "red"})).await, status, slug);
            problem(&client.post("/api/v1/callbacks/17/cancel", &json!({})).await, status, slug);
            problem(&client.get("/api/v1/callbacks/export?colour=red").await, status, slug);
            let request = client.request(Method::POST, CALLBACKS).body("no JSON");
            problem(&Answer::to(request).await, status, slug);
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_time_beyond_the_horizon_of_the_service_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let service = format!("/api/v1/services/{}", app.service);
    for wrong in [0, 367] {
        invalid(
            &admin.patch(&service, &json!({"horizon_days": wrong})).await,
            &[("/horizon_days", "out_of_range")],
        );
    }
    assert_eq!(admin.patch(&service, &json!({"horizon_days": 30})).await.status, 200);
    // The clock shows 24 November 2026, 09:00. Years are mistyped easily.
    let last = "2026-12-24T09:00:00Z";
    for (desired_time, fault) in [
        ("2026-12-24T09:00:01Z", "beyond_horizon"),
        ("2062-11-25T09:00:00Z", "beyond_horizon"),
        ("9999-12-31T23:59:59Z", "beyond_horizon"),
        ("0001-01-01T00:00:00Z", "in_the_past"),
    ] {
        let body = json!({
            "callback_type": "scheduled", "service_id": app.service, "customer_number": "+442079460318",
            "desired_time": desired_time
        });
        invalid(&admin.post(CALLBACKS, &body).await, &[("/desired_time", fault)]);
        let id = admin.create_scheduled(app.service, "+442079460318", last).await["id"].clone();
        let moved = admin.command(&id, "reschedule", &json!({"desired_time": desired_time})).await;
        invalid(&moved, &[("/desired_time", fault)]);
        assert_eq!(admin.command(&id, "cancel", &json!({})).await.status, 200);
        let again = json!({"callback_type": "scheduled", "desired_time": desired_time});
        invalid(&admin.command(&id, "recreate", &again).await, &[("/desired_time", fault)]);
    }
    for (arrived_at, fault) in [
        ("0001-01-01T00:00:00Z", "too_early"),
        ("2026-11-23T08:59:59Z", "too_early"),
        ("2026-11-24T09:00:01Z", "in_the_future"),
    ] {
        let body = json!({
            "callback_type": "immediate", "service_id": app.service, "customer_number": "+442079460318",
            "arrived_at": arrived_at
        });
        invalid(&admin.post(CALLBACKS, &body).await, &[("/arrived_at", fault)]);
    }
}

#[tokio::test]
async fn the_example_of_a_new_time_is_accepted_whatever_the_date() {
    let app = TestApp::start(Backend::Sqlite).await;
    let client = app.supervisor().await;
    let id = client.create_scheduled(app.service, NUMBER, "2026-11-25T09:00:00Z").await["id"].clone();
    let document = app.anonymous().json("/openapi.json").await;
    let operation = &document["paths"]["/api/v1/callbacks/{id}/reschedule"]["post"];
    let example = &operation["requestBody"]["content"]["application/json"]["example"];
    let moved = client.command(&id, "reschedule", example).await;
    assert_eq!(moved.status, 200, "{example}: {moved}");
}
