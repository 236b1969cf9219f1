//! Permissions: every operation of the document, as every kind of caller.

use std::collections::HashMap;

use reqwest::Method;
use ringback_domain::{ApiScope, Permission, Role};
use ringback_tests::app::{PASSWORD, text};
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

use crate::contract::{Operation, operations};

const UNKNOWN: &str = "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2";

/// The permissions that an operation requires; empty if any caller will do.
pub(crate) fn permissions(operation: &Operation) -> Vec<Permission> {
    let named = match operation.value.get("x-permission") {
        None => return Vec::new(),
        Some(Value::Array(names)) => names.clone(),
        Some(name) => vec![name.clone()],
    };
    let read = |name: Value| serde_json::from_value(name).expect("a permission");
    named.into_iter().map(read).collect()
}

/// Calls the operation with an unknown id and the body of its example, so that an
/// allowed call changes no data of other calls.
async fn call(client: &Client, operation: &Operation) -> Answer {
    let method: Method = operation.method.to_uppercase().parse().unwrap();
    let path =
        operation.path.replace("{id}", UNKNOWN).replace("{attempt_id}", UNKNOWN).replace("{hold}", UNKNOWN);
    let query = match operation.id() {
        "search_callbacks" => "?customer_number=442079460318",
        "read_number" => "?number=442079460318",
        _ => "",
    };
    let mut request = client.request(method, &format!("{path}{query}"));
    if let Some(body) = operation.value.get("requestBody") {
        request = request.json(&body["content"]["application/json"]["example"]);
    }
    if operation.id() == "stream_events" {
        // A stream never ends, so its body is not read.
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = if status == 200 { String::new() } else { response.text().await.unwrap() };
        return Answer { status, headers, body };
    }
    Answer::to(request).await
}

fn has_problem(answer: &Answer, slug: &str) -> bool {
    serde_json::from_str::<Value>(&answer.body)
        .is_ok_and(|problem| problem["type"] == format!("urn:ringback:problem:{slug}"))
}

/// Calls every operation as this caller, and compares with their permissions.
async fn check(caller: &str, client: &Client, granted: &[Permission]) {
    let mut wrong = Vec::new();
    for operation in operations() {
        // Logging in and out and refreshing need no permission, and have tests of their own.
        if operation.path.starts_with("/api/v1/session") && permissions(&operation).is_empty() {
            continue;
        }
        let allowed = permissions(&operation).iter().all(|needed| granted.contains(needed));
        let answer = call(client, &operation).await;
        let as_expected = if allowed {
            ![401, 403, 405, 500].contains(&answer.status)
        } else {
            answer.status == 403 && has_problem(&answer, "forbidden")
        };
        if !as_expected {
            wrong.push(format!("{}: {} although allowed is {allowed}", operation.id(), answer.status));
        }
    }
    assert!(wrong.is_empty(), "{caller}: {wrong:#?}");
}

/// Shows: S02, S03, S07, S73, S74, S75, S85, S91, S97, S114
#[rstest]
#[tokio::test]
async fn each_role_may_do_exactly_what_the_role_table_says(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    for role in Role::ALL.iter().copied() {
        check(role.as_str(), &app.person(role).await, role.permissions()).await;
    }
}

#[rstest]
#[tokio::test]
async fn each_scope_of_a_key_allows_exactly_what_its_table_says(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    for scope in ApiScope::ALL.iter().copied() {
        check(&format!("{scope:?}"), &app.key(scope), scope.permissions()).await;
    }
}

#[rstest]
#[tokio::test]
async fn only_public_operations_work_without_credentials(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let anonymous = app.anonymous();
    for operation in operations() {
        let answer = call(&anonymous, &operation).await;
        match operation.id() {
            "live" | "ready" | "metrics" => assert_eq!(answer.status, 200, "{}", operation.id()),
            "delete_session" => assert_eq!(answer.status, 204),
            "create_session" => assert!(has_problem(&answer, "invalid-credentials"), "{answer}"),
            id => {
                assert_eq!(answer.status, 401, "{id}: {answer}");
                assert!(has_problem(&answer, "unauthenticated"), "{id}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn me_lists_the_permissions_of_the_caller() {
    let app = TestApp::start(Backend::Sqlite).await;
    for role in Role::ALL.iter().copied() {
        let me = app.person(role).await.json("/api/v1/me").await;
        assert_eq!(me["roles"], json!([role]));
        assert_eq!(me["permissions"], json!(role.permissions()));
        assert_eq!(me["user"]["username"], role.as_str());
        assert_eq!(me["services"].as_array().unwrap().len(), 2);
    }
    for scope in ApiScope::ALL.iter().copied() {
        let me = app.key(scope).json("/api/v1/me").await;
        assert_eq!(me["scopes"], json!([scope]));
        assert_eq!(me["permissions"], json!(scope.permissions()));
        assert_eq!((&me["user"], &me["api_key"]), (&Value::Null, &json!(format!("{scope:?}"))));
    }
    let me = app.restricted().await.json("/api/v1/me").await;
    assert_eq!(
        me["services"],
        json!([{"id": app.service, "name": "Billing EN", "time_zone": "Europe/London"}])
    );
}

/// Creates a key and returns the answer.
async fn create_key(creator: &Client, name: &str, scopes: Value, services: Value) -> Answer {
    let body = json!({"name": name, "scopes": scopes, "services": services});
    creator.post("/api/v1/api-keys", &body).await
}

fn pointers(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 422, "{answer}");
    let problem: Value = answer.read();
    problem["errors"].as_array().unwrap().iter().map(|error| text(&error["pointer"])).collect()
}

#[tokio::test]
async fn a_key_cannot_have_more_permissions_than_its_creator() {
    let app = TestApp::start(Backend::Sqlite).await;
    let developer = app.developer().await;
    for scope in ["callbacks:read", "callbacks:write", "router", "admin"] {
        let refused = create_key(&developer, scope, json!([scope]), Value::Null).await;
        assert_eq!(pointers(&refused), ["/scopes/0"], "{scope}");
    }
    let key = app.key(ApiScope::Admin);
    let refused = create_key(&key, "wider", json!(["admin", "callbacks:read", "router"]), Value::Null).await;
    assert_eq!(pointers(&refused), ["/scopes/1", "/scopes/2"]);
    let every = json!(["callbacks:read", "callbacks:write", "router", "admin"]);
    assert_eq!(create_key(&app.admin().await, "all", every, Value::Null).await.status, 201);
}

#[tokio::test]
async fn a_key_cannot_see_more_services_than_its_creator() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    let body = json!({"username": "local", "password": PASSWORD, "role": "administrator", "services": [app.service]});
    assert_eq!(admin.post("/api/v1/users", &body).await.status, 201);
    let narrow = create_key(&admin, "narrow", json!(["admin"]), json!([app.service])).await;
    assert_eq!(narrow.status, 201, "{narrow}");
    let narrow = app.anonymous().with_key(text(&narrow.read::<Value>()["key"]));
    for creator in [app.log_in("local").await, narrow] {
        let (all, other) = (Value::Null, json!([app.service, app.other_service]));
        assert_eq!(pointers(&create_key(&creator, "x", json!(["admin"]), all).await), ["/services"]);
        assert_eq!(pointers(&create_key(&creator, "x", json!(["admin"]), other).await), ["/services/1"]);
        // Nor can it create such a person, or set the password of one.
        let person = json!({"username": "mole", "password": PASSWORD, "role": "developer"});
        assert_eq!(pointers(&creator.post("/api/v1/users", &person).await), ["/services"]);
        let users = admin.json("/api/v1/users").await;
        let boss = users["items"].as_array().unwrap().iter().find(|user| user["username"] == "administrator");
        let boss = format!("/api/v1/users/{}", text(&boss.unwrap()["id"]));
        let taken_over = creator.patch(&boss, &json!({"password": "a new horse staple"})).await;
        assert_eq!(taken_over.status, 403, "{taken_over}");
        // Nor can it read or change the settings of another service.
        let service = |id| format!("/api/v1/services/{id}");
        let muted = json!({"accept_new": false});
        assert_eq!(creator.patch(&service(app.other_service), &muted).await.status, 404);
        assert_eq!(creator.get(&service(app.other_service)).await.status, 404);
        assert_eq!(creator.patch(&service(app.service), &muted).await.status, 200);
        assert_eq!(creator.json("/api/v1/services").await["items"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn nobody_sets_their_own_password_without_the_current_one() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    let me = admin.json("/api/v1/me").await;
    let path = format!("/api/v1/users/{}", text(&me["user"]["id"]));
    let changed = admin.patch(&path, &json!({"password": "a new horse staple"})).await;
    assert_eq!(changed.status, 422, "{changed}");
    assert_eq!(pointers(&changed), ["/password"]);
    assert_eq!(admin.patch(&path, &json!({"display_name": "Boss"})).await.status, 200);
}

#[tokio::test]
async fn a_person_cannot_have_more_permissions_than_their_creator() {
    let app = TestApp::start(Backend::Sqlite).await;
    let key = app.key(ApiScope::Admin);
    for role in ["administrator", "supervisor", "monitor"] {
        let body = json!({"username": role, "password": PASSWORD, "role": role});
        assert_eq!(pointers(&key.post("/api/v1/users", &body).await), ["/role"], "{role}");
    }
    let body = json!({"username": "dev", "password": PASSWORD, "role": "developer"});
    let created: Value = key.post("/api/v1/users", &body).await.read();
    let user = format!("/api/v1/users/{}", text(&created["id"]));
    assert_eq!(pointers(&key.patch(&user, &json!({"role": "administrator"})).await), ["/role"]);
}

#[tokio::test]
async fn a_key_is_revoked_by_its_creator_or_by_a_caller_with_its_rights() {
    let app = TestApp::start(Backend::Sqlite).await;
    let (admin, developer) = (app.admin().await, app.developer().await);
    let created: Value = create_key(&admin, "router", json!(["router"]), Value::Null).await.read();
    assert_eq!(created["created_by"], json!({"kind": "user", "name": "administrator"}));
    let key = format!("/api/v1/api-keys/{}", text(&created["id"]));
    let refused = Answer::to(developer.request(Method::DELETE, &key)).await;
    assert_eq!(refused.status, 403, "{refused}");
    assert_eq!(Answer::to(admin.request(Method::DELETE, &key)).await.status, 204);
}

#[tokio::test]
async fn exports_and_reports_need_the_permission_to_view_callbacks() {
    let app = TestApp::start(Backend::Sqlite).await;
    let writer = app.key(ApiScope::CallbacksWrite);
    let range = json!({"from": "2026-11-24T00:00:00Z", "to": "2026-11-25T00:00:00Z"});
    let body = json!({"range": range, "dry_run": true});
    let job = writer.post("/api/v1/bulk-cancellations", &body);
    let job = text(&job.await.read::<Value>()["id"]);
    for path in ["/api/v1/callbacks/export", &format!("/api/v1/bulk-cancellations/{job}/report")] {
        let refused = writer.get(path).await;
        assert_eq!(refused.status, 403, "{path}: {refused}");
    }
}

#[test]
fn every_permission_guards_an_operation() {
    let mut uses: HashMap<Permission, usize> = HashMap::new();
    for needed in operations().iter().flat_map(permissions) {
        *uses.entry(needed).or_default() += 1;
    }
    for needed in Role::ALL.iter().copied().flat_map(Role::permissions) {
        assert!(uses.contains_key(needed), "no operation requires {needed:?}");
    }
    assert!(uses.contains_key(&Permission::RouteCallbacks));
}
