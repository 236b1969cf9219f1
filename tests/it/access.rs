//! Who may do what: every operation of the document, as every caller.

use std::collections::HashMap;

use reqwest::Method;
use ringback_domain::{ApiScope, Permission, Role};
use ringback_tests::{Answer, Backend, Client, TestApp};
use serde_json::{Value, json};

use crate::contract::{Operation, operations};

const UNKNOWN: &str = "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2";

/// What an operation needs; none where any caller will do.
fn permission(operation: &Operation) -> Option<Permission> {
    let name = operation.value.get("x-permission")?;
    Some(serde_json::from_value(name.clone()).unwrap_or_else(|_| panic!("{name} is no permission")))
}

/// The operation with an id that is in use nowhere and the body of its
/// example, so that whoever may call it changes nothing that others need.
async fn call(client: &Client, operation: &Operation) -> Answer {
    let method: Method = operation.method.to_uppercase().parse().unwrap();
    let path = operation.path.replace("{id}", UNKNOWN).replace("{attempt_id}", UNKNOWN);
    let query = if operation.id() == "search_callbacks" { "?customer_number=442079460318" } else { "" };
    let mut request = client.request(method, &format!("{path}{query}"));
    if let Some(body) = operation.value.get("requestBody") {
        request = request.json(&body["content"]["application/json"]["example"]);
    }
    if operation.id() == "stream_events" {
        // A stream never ends by itself: its head is enough.
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = if status == 200 { String::new() } else { response.text().await.unwrap() };
        return Answer { status, headers, body };
    }
    Answer::to(request).await
}

fn is_told(answer: &Answer, slug: &str) -> bool {
    serde_json::from_str::<Value>(&answer.body)
        .is_ok_and(|problem| problem["type"] == format!("urn:ringback:problem:{slug}"))
}

/// Calls everything as this caller, and compares with the table.
async fn check(who: &str, client: &Client, held: &[Permission]) {
    let mut wrong = Vec::new();
    for operation in operations() {
        // Sessions have tests of their own.
        if operation.path.starts_with("/api/v1/session") {
            continue;
        }
        let allowed = permission(&operation).is_none_or(|needed| held.contains(&needed));
        let answer = call(client, &operation).await;
        let as_said = if allowed {
            ![401, 403, 405, 500].contains(&answer.status)
        } else {
            answer.status == 403 && is_told(&answer, "forbidden")
        };
        if !as_said {
            wrong.push(format!("{}: {} although allowed is {allowed}", operation.id(), answer.status));
        }
    }
    assert!(wrong.is_empty(), "{who}: {wrong:#?}");
}

/// Shows: S02, S03, S07, S73, S74, S75, S85, S91, S97, S114
#[tokio::test]
async fn each_role_may_do_exactly_what_the_role_table_says() {
    let app = TestApp::start(Backend::Sqlite).await;
    for role in Role::ALL {
        check(role.as_str(), &app.person(role).await, role.permissions()).await;
    }
}

#[tokio::test]
async fn each_scope_of_a_key_allows_exactly_what_its_row_of_the_table_says() {
    let app = TestApp::start(Backend::Sqlite).await;
    for scope in ApiScope::ALL {
        check(&format!("{scope:?}"), &app.key(scope), scope.permissions()).await;
    }
}

#[tokio::test]
async fn without_credentials_nothing_is_answered_but_what_is_public() {
    let app = TestApp::start(Backend::Sqlite).await;
    let nobody = app.nobody();
    for operation in operations() {
        let answer = call(&nobody, &operation).await;
        match operation.id() {
            "live" | "ready" | "metrics" => assert_eq!(answer.status, 200, "{}", operation.id()),
            "delete_session" => assert_eq!(answer.status, 204),
            "create_session" => assert!(is_told(&answer, "invalid-credentials"), "{answer}"),
            id => {
                assert_eq!(answer.status, 401, "{id}: {answer}");
                assert!(is_told(&answer, "unauthenticated"), "{id}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn me_tells_what_the_caller_may_do() {
    let app = TestApp::start(Backend::Sqlite).await;
    for role in Role::ALL {
        let me = app.person(role).await.json("/api/v1/me").await;
        assert_eq!(me["roles"], json!([role]));
        assert_eq!(me["permissions"], json!(role.permissions()));
        assert_eq!(me["user"]["username"], role.as_str());
        assert_eq!(me["services"].as_array().unwrap().len(), 2);
    }
    for scope in ApiScope::ALL {
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

#[tokio::test]
async fn a_key_can_be_given_no_more_than_its_maker_may_do() {
    let app = TestApp::start(Backend::Sqlite).await;
    let developer = app.developer().await;
    let make = async |scopes: Value| {
        let body = json!({"name": format!("of {scopes}"), "scopes": scopes});
        developer.post("/api/v1/api-keys", &body).await
    };
    assert_eq!(make(json!(["callbacks:read", "router"])).await.status, 201);
    let refused = make(json!(["router", "admin"])).await;
    assert_eq!(refused.status, 422, "{refused}");
    assert_eq!(refused.read::<Value>()["errors"][0]["pointer"], "/scopes/1");
}

#[test]
fn every_permission_guards_an_operation() {
    let mut uses: HashMap<Permission, usize> = HashMap::new();
    for needed in operations().iter().filter_map(permission) {
        *uses.entry(needed).or_default() += 1;
    }
    for needed in Role::ALL.into_iter().flat_map(Role::permissions) {
        assert!(uses.contains_key(needed), "{needed:?} guards nothing");
    }
    assert!(uses.contains_key(&Permission::RouteCallbacks));
}
