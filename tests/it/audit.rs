//! The audit: each command leaves one entry, and nobody changes one unseen.

use std::process::Command;

use reqwest::Method;
use ringback_api::query::audit;
use ringback_domain::{ApiScope, Role};
use ringback_tests::app::{PASSWORD, text};
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

use crate::contract::{Operation, operations};
use crate::http::name_recordings::wav;
use crate::program::program;

const NUMBER: &str = "+442079460318";
const UNKNOWN: &str = "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2";

/// The entries by now, newest first.
async fn entries(app: &TestApp, query: &str) -> Vec<Value> {
    app.seal_audit().await;
    let page = app.key(ApiScope::AuditRead).json(&format!("/api/v1/audit{query}")).await;
    page["items"].as_array().unwrap().clone()
}

/// Runs statements on a database of either kind, as somebody who has its password.
async fn tamper(app: &TestApp, statements: &'static str) {
    let (url, statements) = (app.database_url(), sqlx::raw_sql(AssertSqlSafe(statements)));
    if url.starts_with("sqlite") {
        SqliteConnection::connect(url).await.unwrap().execute(statements).await.unwrap();
    } else {
        PgConnection::connect(url).await.unwrap().execute(statements).await.unwrap();
    }
}

async fn fault(app: &TestApp) -> Option<String> {
    app.inside(async |app| audit::verify(&app.store).await.unwrap().fault).await
}

/// An object that the operation exists for.
async fn object(app: &TestApp, admin: &Client, operation: &Operation) -> String {
    let id = |made: &Value| text(&made["id"]);
    match operation.path.split('/').nth(3).unwrap() {
        "services" => app.service.to_string(),
        "users" => {
            let body = json!({"username": operation.id(), "password": PASSWORD, "role": "monitor"});
            id(&admin.post("/api/v1/users", &body).await.read())
        }
        "api-keys" => {
            let body = json!({"name": operation.id(), "scopes": ["router"]});
            id(&admin.post("/api/v1/api-keys", &body).await.read())
        }
        "saved-views" => {
            let body = json!({"name": operation.id(), "query": ""});
            id(&admin.post("/api/v1/saved-views", &body).await.read())
        }
        "office-hours" => {
            let body = json!({"name": operation.id(), "time_zone": "Europe/London"});
            id(&admin.post("/api/v1/office-hours", &body).await.read())
        }
        "capacity-rules" => {
            let body = json!({"name": operation.id(), "time_zone": "Europe/London", "slot_minutes": 15});
            id(&admin.post("/api/v1/capacity-rules", &body).await.read())
        }
        "do-not-call" => {
            let body = json!({"prefix": "+4490", "reason": operation.id()});
            id(&admin.post("/api/v1/do-not-call", &body).await.read())
        }
        "number-rules" => {
            let body = json!({"name": operation.id(), "kind": "allow_countries", "countries": ["GB"]});
            id(&admin.post("/api/v1/number-rules", &body).await.read())
        }
        "bulk-cancellations" => {
            let body = json!({"ids": [UNKNOWN], "dry_run": true});
            id(&admin.post("/api/v1/bulk-cancellations", &body).await.read())
        }
        "bulk-reschedules" => {
            let made = admin.create_scheduled(app.service, NUMBER, "2026-11-25T09:00:00Z").await;
            let into = json!({"from": "2026-11-26T09:00:00Z", "to": "2026-11-26T10:00:00Z"});
            let body = json!({"ids": [made["id"]], "into": into});
            let job = id(&admin.post("/api/v1/bulk-reschedules", &body).await.read());
            if operation.id() == "undo_bulk_reschedule" {
                app.finish_bulk_reschedules().await;
            }
            job
        }
        "me" => {
            app.admin().await;
            let sessions = admin.json("/api/v1/me/sessions").await;
            let other = |one: &&Value| one["current"] == false;
            id(sessions["items"].as_array().unwrap().iter().find(other).unwrap())
        }
        _ => {
            let made = admin.create_scheduled(app.service, NUMBER, "2026-11-25T09:00:00Z").await;
            if operation.id() == "undo_cancel_callback" {
                admin.command(&made["id"], "cancel", &json!({"undo_seconds": 10})).await;
            }
            id(&made)
        }
    }
}

async fn call(app: &TestApp, client: &Client, operation: &Operation, id: &str) -> Answer {
    let method: Method = operation.method.to_uppercase().parse().unwrap();
    let request = client.request(
        method,
        &operation.path.replace("{id}", id).replace("{attempt_id}", id).replace("{hold}", id),
    );
    let content = &operation.value["requestBody"]["content"];
    if content.get("audio/wav").is_some() {
        return Answer::to(request.header("content-type", "audio/wav").body(wav())).await;
    }
    for media_type in ["text/csv", "text/calendar"] {
        if let Some(file) = content[media_type]["example"].as_str() {
            return Answer::to(request.header("content-type", media_type).body(file.to_owned())).await;
        }
    }
    match content["application/json"]["example"].clone() {
        Value::Null => Answer::to(request).await,
        mut body => {
            if body.get("service_id").is_some() {
                body["service_id"] = json!(app.service);
            }
            if body.get("desired_time").is_some() {
                body["desired_time"] = json!("2026-11-26T09:00:00Z");
            }
            Answer::to(request.json(&body)).await
        }
    }
}

fn is_router(operation: &Operation) -> bool {
    operation.value["tags"][0] == "Router"
}

/// How many entries a call of an operation leaves.
fn expected(operation: &Operation) -> i64 {
    let exports = ["export_callbacks", "export_do_not_call", "get_report", "report_cancellations"]
        .contains(&operation.id());
    // What routers do is on the timeline; a page refreshes its token every few minutes. A dry run
    // changes nothing.
    let leaves_none = is_router(operation) || ["refresh_session", "try_gates"].contains(&operation.id());
    i64::from(exports || (operation.method != "get" && !leaves_none))
}

#[rstest]
#[tokio::test]
async fn every_operation_that_changes_something_leaves_one_entry(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let last =
        async || entries(&app, "?limit=1").await.first().map_or(0, |entry| entry["number"].as_i64().unwrap());
    let mut wrong = Vec::new();
    for operation in operations() {
        if operation.id() == "stream_events" {
            continue;
        }
        let admin = app.admin().await;
        let caller = if is_router(&operation) { app.key(ApiScope::Router) } else { admin.clone() };
        let mut ids = vec![UNKNOWN.to_owned()];
        if operation.path.contains("{id}") && operation.method != "get" || operation.id() == "get_report" {
            ids.push(object(&app, &admin, &operation).await);
        }
        for id in ids {
            let before = last().await;
            let answer = call(&app, &caller, &operation, &id).await;
            let left = last().await - before;
            if left != expected(&operation) {
                wrong.push(format!("{}: {left} entries, answer {answer}", operation.id()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(fault(&app).await, None);
}

#[rstest]
#[tokio::test]
async fn an_entry_says_who_did_what_to_what(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let id = admin.create_scheduled(app.service, NUMBER, "2026-11-25T09:00:00Z").await["id"].clone();
    let answer = admin.command(&id, "cancel", &json!({})).await;
    assert_eq!(answer.status, 200);
    assert_eq!(admin.command(&id, "cancel", &json!({})).await.status, 409);

    let found = entries(&app, &format!("?object={}", text(&id))).await;
    let line = |entry: &Value| format!("{} {} {}", entry["action"], entry["result"], entry["reason"]);
    assert_eq!(
        found.iter().map(line).collect::<Vec<_>>(),
        [
            r#""callback.cancel" "refused" "state-conflict""#,
            r#""callback.cancel" "accepted" null"#,
            r#""callback.create" "accepted" null"#
        ]
    );
    let cancelled = &found[1];
    assert_eq!(cancelled["at"], ringback_tests::app::START);
    assert_eq!(
        (&cancelled["actor"]["kind"], &cancelled["actor"]["name"]),
        (&json!("user"), &json!("administrator"))
    );
    assert_eq!(cancelled["object"], json!({"kind": "callback", "id": id}));
    assert_eq!(cancelled["address"], "127.0.0.1");
    assert_eq!(cancelled["request_id"].as_str(), answer.header("x-request-id"));
    let whole = json!(entries(&app, "").await).to_string();
    assert!(!whole.contains("7946") && !whole.contains(PASSWORD), "{whole}");
}

#[rstest]
#[tokio::test]
async fn log_ins_are_kept_accepted_refused_and_throttled(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let anonymous = app.anonymous();
    let try_it = async |username: &str, password: &str| {
        let body = json!({"username": username, "password": password});
        anonymous.post("/api/v1/session", &body).await.status
    };
    assert_eq!(try_it("monitor", PASSWORD).await, 200);
    // Some type a password in the place of the name.
    assert_eq!(try_it("my secret", "x").await, 401);
    for _ in 0..5 {
        assert_eq!(try_it("supervisor", "wrong").await, 401);
    }
    for _ in 0..3 {
        assert_eq!(try_it("supervisor", PASSWORD).await, 429);
    }
    let found = entries(&app, "?action=session.log_in").await;
    let line = |entry: &Value| format!("{} {}", text(&entry["actor"]["name"]), entry["reason"]);
    let lines: Vec<_> = found.iter().rev().map(line).collect();
    assert_eq!(
        lines[..3],
        ["monitor null", r#" "invalid-credentials""#, r#"supervisor "invalid-credentials""#]
    );
    assert_eq!(lines[7..], [r#"supervisor "rate-limited""#], "one in a minute");
    assert_eq!(found.last().unwrap()["object"]["kind"], "session");
}

#[tokio::test]
async fn a_request_beyond_the_rights_of_its_caller_is_kept() {
    let app = TestApp::start(Backend::Sqlite).await;
    let monitor = app.person(Role::Monitor).await;
    assert_eq!(monitor.get("/api/v1/users").await.status, 403);
    let found = entries(&app, "?action=request.authorize").await;
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0]["actor"]["name"], &found[0]["reason"]), (&json!("monitor"), &json!("forbidden")));
    let details = json!({"method": "GET", "route": "/api/v1/users", "permission": "manage_users"});
    assert_eq!(found[0]["details"], details);
    assert!(found[0]["address"].is_string() && found[0]["request_id"].is_string());
    // So is a role that somebody may not grant.
    let body = json!({"username": "boss", "password": PASSWORD, "role": "administrator"});
    assert_eq!(app.key(ApiScope::Admin).post("/api/v1/users", &body).await.status, 422);
    let refused = entries(&app, "?action=user.create").await;
    assert_eq!((refused.len(), &refused[0]["reason"]), (1, &json!("forbidden")));
}

#[rstest]
#[tokio::test]
async fn a_repeated_request_leaves_no_second_entry(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.key(ApiScope::CallbacksWrite);
    let body = json!({"callback_type": "immediate", "service_id": app.service, "customer_number": NUMBER});
    for _ in 0..2 {
        let request = client.request(Method::POST, "/api/v1/callbacks").header("idempotency-key", "one");
        assert_eq!(Answer::to(request.json(&body)).await.status, 201);
    }
    let found = entries(&app, "?action=callback.create").await;
    assert_eq!((found.len(), &found[0]["actor"]["kind"]), (1, &json!("api_key")));
}

#[rstest]
#[tokio::test]
async fn the_audit_is_read_in_pages_and_filtered(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    for _ in 0..5 {
        app.advance(60);
        admin.create_immediate(app.service, NUMBER).await;
    }
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    app.seal_audit().await;
    let (mut numbers, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.json(&format!("/api/v1/audit?limit=3{cursor}")).await;
        numbers.extend(page["items"].as_array().unwrap().iter().map(|one| one["number"].as_i64().unwrap()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(numbers, [7, 6, 5, 4, 3, 2, 1]);
    let of_admin = text(&entries(&app, "?limit=2").await[1]["actor"]["id"]);
    assert_eq!(entries(&app, &format!("?actor={of_admin}")).await.len(), 6);
    let range = "?from=2026-11-24T09:02:00Z&to=2026-11-24T09:04:00Z";
    assert_eq!(entries(&app, range).await.len(), 2);
    for wrong in ["?limit=0", "?limit=251", "?cursor=x", "?action=callback.eat", "?actor=1"] {
        assert_eq!(admin.get(&format!("/api/v1/audit{wrong}")).await.status, 422, "{wrong}");
    }
}

#[rstest]
#[tokio::test]
async fn an_entry_that_was_changed_or_removed_is_named(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    for _ in 0..6 {
        app.admin().await;
    }
    assert_eq!(entries(&app, "").await.len(), 6);
    let verify = || {
        Command::new(program())
            .args(["audit", "verify", "--database-url", app.database_url()])
            .output()
            .unwrap()
    };
    let sound = verify();
    let printed = String::from_utf8(sound.stdout).unwrap();
    assert!(sound.status.success() && printed.starts_with("6 entries of the audit are sound."), "{printed}");

    tamper(&app, "UPDATE audit SET actor_name = 'nobody' WHERE number = 3").await;
    assert_eq!(fault(&app).await.unwrap(), "Entry 3 was changed.");
    let broken = verify();
    assert_eq!(broken.status.code(), Some(1));
    assert_eq!(String::from_utf8(broken.stderr).unwrap(), "ringback: Entry 3 was changed.\n");
    tamper(&app, "UPDATE audit SET actor_name = 'administrator' WHERE number = 3").await;
    assert_eq!(fault(&app).await, None);

    tamper(&app, "UPDATE audit SET hash = (SELECT hash FROM audit WHERE number = 2) WHERE number = 6").await;
    assert_eq!(fault(&app).await.unwrap(), "Entry 6 was changed.");
    tamper(&app, "DELETE FROM audit WHERE number = 6").await;
    assert_eq!(fault(&app).await.unwrap(), "Entry 6 was removed.", "the last one, too");
    tamper(&app, "DELETE FROM audit WHERE number = 4").await;
    assert_eq!(fault(&app).await.unwrap(), "Entry 4 was removed.");
    tamper(&app, "DELETE FROM audit WHERE number < 3").await;
    assert_eq!(fault(&app).await.unwrap(), "Entry 1 was removed.");
    tamper(&app, "UPDATE audit SET number = 9 WHERE number = 5; DELETE FROM audit WHERE number < 9").await;
    assert_eq!(fault(&app).await.unwrap(), "Entry 1 was removed.");
}

#[rstest]
#[tokio::test]
async fn an_entry_that_was_inserted_is_named(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    for _ in 0..2 {
        app.admin().await;
    }
    assert_eq!(entries(&app, "").await.len(), 2);
    tamper(
        &app,
        "INSERT INTO audit SELECT 3, at, actor_kind, actor_id, actor_name, address, request_id, action, object_id, \
         reason, details, previous_hash, hash FROM audit WHERE number = 2",
    )
    .await;
    assert_eq!(fault(&app).await.unwrap(), "Entry 3 was inserted: entry 2 is the last one.");
}

#[rstest]
#[tokio::test]
async fn old_entries_are_removed_and_the_rest_is_still_sound(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const DAY: i64 = 86_400;
    let app = TestApp::start(backend).await;
    for _ in 0..3 {
        app.admin().await;
        app.seal_audit().await;
        app.advance(100 * DAY);
    }
    app.run_retention().await;
    assert_eq!(entries(&app, "").await.len(), 3, "the oldest is 300 days old");
    app.advance(150 * DAY);
    app.run_retention().await;
    let numbers: Vec<_> = entries(&app, "").await.iter().map(|entry| entry["number"].clone()).collect();
    assert_eq!(numbers, [3, 2]);
    assert_eq!(fault(&app).await, None);
    tamper(&app, "DELETE FROM audit WHERE number = 2").await;
    assert_eq!(fault(&app).await.unwrap(), "Entry 2 was removed.");
}

#[tokio::test]
async fn two_nodes_seal_one_chain() {
    let app = TestApp::start(Backend::Postgres).await;
    for _ in 0..4 {
        app.admin().await;
    }
    // Twice at once, as two nodes do.
    app.inside(async |app| {
        let round = async || ringback_api::worker::audit::round(&app.workers).await;
        let (one, other) = tokio::join!(round(), round());
        assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    })
    .await;
    let numbers: Vec<_> = entries(&app, "").await.iter().map(|entry| entry["number"].clone()).collect();
    assert_eq!(numbers, [4, 3, 2, 1]);
    assert_eq!(fault(&app).await, None);
}
