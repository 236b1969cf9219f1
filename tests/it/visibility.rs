//! What a caller may not see does not exist for them: every place of the document where an id comes
//! in, every answer that goes out, and the stream of events.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use reqwest::Method;
use ringback_domain::{ApiScope, Permission, Role};
use ringback_tests::app::{PASSWORD, ReservedCallback, text};
use ringback_tests::{Answer, Backend, Client, TIMEOUT, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

use crate::access::permissions;
use crate::contract::{Operation, document, operations};
use crate::http::name_recordings::{attach, wav};

/// As long as every other id, so that answers have the same length.
const UNKNOWN: &str = "019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2";

const NUMBER: &str = "+442079460318";
const HIDDEN_NUMBER: &str = "+493023125760";
const HIDDEN_AGENT: &str = "agent-of-the-other";

/// A caller who may see the first service only.
struct Caller {
    name: String,
    client: Client,
    permissions: Vec<Permission>,
}

impl Caller {
    fn may(&self, operation: &Operation) -> bool {
        permissions(operation).iter().all(|needed| self.permissions.contains(needed))
    }
}

/// What there is beside it.
struct World {
    app: TestApp,
    callers: Vec<Caller>,
    /// A callback of the other service in each state.
    callbacks: Vec<String>,
    attempts: Vec<ReservedCallback>,
    job: String,
    moves: String,
    session: String,
    /// A view that another person keeps for themselves.
    view: String,
    /// A place of the other service that is held.
    hold: String,
    /// A callback that every caller sees, and that can be recreated.
    visible: Value,
    /// One that can be rescheduled.
    scheduled: Value,
}

impl World {
    async fn new(backend: Backend) -> Self {
        let app = TestApp::start(backend).await;
        let supervisor = app.supervisor().await;
        let (callbacks, attempts) = hidden_callbacks(&app, &supervisor).await;
        let every = json!({"ids": callbacks, "dry_run": true});
        let job: Value = supervisor.post("/api/v1/bulk-cancellations", &every).await.read();
        let into = json!({"from": "2026-11-27T09:00:00Z", "to": "2026-11-27T10:00:00Z"});
        let moving = json!({"ids": callbacks, "into": into, "dry_run": true});
        let moves: Value = supervisor.post("/api/v1/bulk-reschedules", &moving).await.read();
        let session = supervisor.json("/api/v1/me/sessions").await["items"][0]["id"].clone();
        let view = json!({"name": "Mine", "query": "range=today"});
        let view: Value = supervisor.post("/api/v1/saved-views", &view).await.read();
        let holds = format!("/api/v1/services/{}/holds", app.other_service);
        let hold = json!({"from": "2026-11-26T09:00:00Z"});
        let hold: Value = supervisor.post(&holds, &hold).await.read();
        let visible = supervisor.create_immediate(app.service, NUMBER).await;
        assert!(supervisor.command(&visible["id"], "cancel", &json!({})).await.is_success());
        let scheduled = supervisor.create_scheduled(app.service, NUMBER, "2026-11-26T09:00:00Z").await;
        let callers = callers(&app).await;
        Self {
            app,
            callers,
            callbacks,
            attempts,
            job: text(&job["id"]),
            moves: text(&moves["id"]),
            session: text(&session),
            view: text(&view["id"]),
            hold: text(&hold["hold"]),
            visible,
            scheduled,
        }
    }

    /// What this caller may not see, of the kind that a path names.
    fn hidden(&self, caller: &Caller, path: &str) -> Vec<String> {
        let (kind, _) = path.trim_start_matches("/api/v1/").split_once("/{").unwrap();
        match kind {
            "callbacks" => self.callbacks.clone(),
            "attempts" => self.attempts.iter().map(|reserved| reserved.attempt.clone()).collect(),
            "services" => vec![self.app.other_service.to_string()],
            "me/sessions" => vec![self.session.clone()],
            // Whoever manages users sees everybody's jobs.
            "bulk-cancellations" | "bulk-reschedules"
                if caller.permissions.contains(&Permission::ManageUsers) =>
            {
                Vec::new()
            }
            "bulk-reschedules" => vec![self.moves.clone()],
            "bulk-cancellations" => vec![self.job.clone()],
            // Users, keys and rules are not divided by service: whoever may see them sees all.
            "users" | "api-keys" | "office-hours" | "capacity-rules" | "number-rules" | "do-not-call" => {
                Vec::new()
            }
            "holds" => vec![self.hold.clone()],
            // A view is its owner's and those roles' that it is shared with.
            "saved-views" => vec![self.view.clone()],
            other => panic!("{other} is not known to this test"),
        }
    }
}

/// A callback of the other service in each state, with recordings, and those attempts that are open.
async fn hidden_callbacks(app: &TestApp, supervisor: &Client) -> (Vec<String>, Vec<ReservedCallback>) {
    let router = app.router();
    let mut ids = Vec::new();
    for extension in 0..3 {
        // Extensions are called side by side.
        let number = format!("{HIDDEN_NUMBER} ext {extension}");
        let id = supervisor.create_immediate(app.other_service, &number).await["id"].clone();
        attach(supervisor, &id).await;
        ids.push(text(&id));
    }
    assert!(supervisor.command(&json!(ids[0]), "cancel", &json!({})).await.is_success());
    app.submit().await;
    let order = json!({"agent": HIDDEN_AGENT, "services": [app.other_service], "limit": 2});
    let reserved = app.key(ApiScope::Router).post("/api/v1/router/reservations", &order).await;
    let reserved: Value = reserved.read();
    let attempts: Vec<ReservedCallback> = reserved["reservations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| ReservedCallback {
            attempt: text(&one["attempt_id"]),
            token: text(&one["lease_token"]),
            callback: one["callback"].clone(),
        })
        .collect();
    assert!(router.report(&attempts[0], "connect", json!({})).await.is_success());
    for _ in 0..2 {
        ids.push(text(&supervisor.create_immediate(app.other_service, HIDDEN_NUMBER).await["id"]));
        app.submit().await;
    }
    let later = "2026-11-24T12:00:00Z";
    ids.push(text(&supervisor.create_scheduled(app.other_service, HIDDEN_NUMBER, later).await["id"]));
    (ids, attempts)
}

/// A person of every role and a key of every scope, for the first service.
async fn callers(app: &TestApp) -> Vec<Caller> {
    let admin = app.admin().await;
    let mut callers = Vec::new();
    for role in Role::ALL.iter().copied() {
        let name = format!("local-{}", role.as_str());
        let body = json!({"username": name, "password": PASSWORD, "role": role, "services": [app.service]});
        assert_eq!(admin.post("/api/v1/users", &body).await.status, 201);
        let client = app.log_in(&name).await;
        callers.push(Caller { name, client, permissions: role.permissions().to_vec() });
    }
    for scope in ApiScope::ALL.iter().copied() {
        let name = format!("local-{scope:?}");
        let body = json!({"name": name, "scopes": [scope], "services": [app.service]});
        let key: Value = admin.post("/api/v1/api-keys", &body).await.read();
        let client = app.anonymous().with_key(text(&key["key"]));
        callers.push(Caller { name, client, permissions: scope.permissions().to_vec() });
    }
    callers
}

/// An answer without what names the request, and without whether the server goes on reading from the
/// connection.
fn comparable(answer: &Answer, id: &str) -> (u16, BTreeMap<String, String>, Value) {
    let request = answer.header("x-request-id").unwrap();
    let text = answer.body.replace(id, "ID").replace(request, "REQUEST");
    let mut body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    // Of a new job.
    body.as_object_mut().map(|fields| fields.remove("id"));
    let left_out = ["connection", "date", "location", "x-request-id"];
    let headers = answer.headers.iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (answer.status, headers.collect(), body)
}

/// Ways to ask; each must hide as well as the first.
const WAYS: [&str; 4] = ["plain", "with a version", "with a key", "without a body"];

async fn ask(caller: &Caller, operation: &Operation, id: &str, token: Option<&str>, way: &str) -> Answer {
    let path = operation.path.replace("{id}", id).replace("{attempt_id}", id).replace("{hold}", id);
    let method: Method = operation.method.to_uppercase().parse().unwrap();
    let mut request = caller.client.request(method, &path);
    match way {
        "with a version" => request = request.header("if-match", "\"77\""),
        "with a key" => request = request.header("idempotency-key", uuid::Uuid::new_v4().to_string()),
        _ => {}
    }
    let content = operation.value.get("requestBody").map(|body| &body["content"]);
    if let Some(content) = content.filter(|_| way != "without a body") {
        request = if content.get("audio/wav").is_some() {
            request.header("content-type", "audio/wav").body(wav())
        } else {
            let mut body = content["application/json"]["example"].clone();
            if let Some(token) = token {
                body["lease_token"] = token.into();
            }
            request.json(&body)
        };
    }
    Answer::to(request).await
}

#[rstest]
#[tokio::test]
async fn an_id_of_something_invisible_is_answered_as_an_unknown_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::new(backend).await;
    let (operations, admin) = (operations(), world.app.admin().await);
    let before = join_all(world.callbacks.iter().map(async |id| admin.callback(&json!(id)).await)).await;
    let by_path: Vec<&Operation> = operations.iter().filter(|one| one.path.contains('{')).collect();
    let (world, by_path) = (&world, &by_path);
    let checks = world.callers.iter().map(async |caller| {
        let mut checked = 0;
        for operation in by_path {
            for (index, id) in world.hidden(caller, &operation.path).iter().enumerate() {
                let token = world.attempts.iter().find(|held| held.attempt == *id).map(|held| &*held.token);
                for way in WAYS.iter().take(if index == 0 { WAYS.len() } else { 1 }) {
                    let hidden = ask(caller, operation, id, token, way).await;
                    let unknown = ask(caller, operation, UNKNOWN, token, way).await;
                    let what = format!("{}: {} {way}", caller.name, operation.id());
                    assert!(!hidden.is_success(), "{what}: {hidden}");
                    assert_eq!(comparable(&hidden, id), comparable(&unknown, UNKNOWN), "{what}");
                    let expected = if caller.may(operation) { 404 } else { 403 };
                    assert!(*way != "plain" || hidden.status == expected, "{what}: {hidden}");
                    checked += 1;
                }
            }
        }
        checked
    });
    let checked: usize = join_all(checks).await.into_iter().sum();
    assert!(checked > 1_000, "{checked}");
    let after = join_all(world.callbacks.iter().map(async |id| admin.callback(&json!(id)).await)).await;
    assert_eq!(before, after, "nobody changed them");
}

/// Where an id comes in beside the path: the operation and the pointer or parameter.
fn places() -> BTreeSet<(String, String)> {
    fn visit(document: &Value, schema: &Value, at: &str, found: &mut Vec<String>) {
        let schema = match schema["$ref"].as_str() {
            Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
            None => schema,
        };
        if schema["format"] == "uuid" {
            found.push(at.to_owned());
        }
        for way in ["oneOf", "anyOf", "allOf"] {
            let parts = schema[way].as_array().into_iter().flatten();
            parts.for_each(|part| visit(document, part, at, found));
        }
        if let Some(items) = schema.get("items") {
            visit(document, items, &format!("{at}/0"), found);
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            visit(document, field, &format!("{at}/{name}"), found);
        }
    }
    let document = document();
    let mut places = BTreeSet::new();
    for operation in operations() {
        let mut found = Vec::new();
        for parameter in operation.value["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] != "path" {
                let name = format!("?{}", parameter["name"].as_str().unwrap());
                visit(&document, &parameter["schema"], &name, &mut found);
            }
        }
        for content in operation.value["requestBody"]["content"].as_object().into_iter().flatten() {
            visit(&document, &content.1["schema"], "", &mut found);
        }
        places.extend(found.into_iter().map(|place| (operation.id().to_owned(), place)));
    }
    places
}

/// A request that is right but for the id at a place; an id is text in it.
fn request_with(world: &World, operation: &str, place: &str, id: &str) -> Option<(String, Value)> {
    let visible = text(&world.visible["id"]);
    let (path, body) = match (operation, place) {
        ("create_api_key", "/services/0") => (
            "/api/v1/api-keys".to_owned(),
            json!({"name": "probe", "scopes": ["callbacks:read"], "services": [id]}),
        ),
        ("create_user", "/services/0") => (
            "/api/v1/users".to_owned(),
            json!({"username": "probe", "password": PASSWORD, "role": "developer", "services": [id]}),
        ),
        ("create_callback", "/service_id") => (
            "/api/v1/callbacks".to_owned(),
            json!({"callback_type": "immediate", "service_id": id, "customer_number": NUMBER}),
        ),
        ("recreate_callback", "/service_id") => (
            format!("/api/v1/callbacks/{visible}/recreate"),
            json!({"callback_type": "immediate", "service_id": id}),
        ),
        ("create_callback", "/hold") => (
            "/api/v1/callbacks".to_owned(),
            json!({"callback_type": "scheduled", "service_id": world.app.service, "customer_number": NUMBER, "hold": id}),
        ),
        ("reschedule_callback", "/hold") => {
            (format!("/api/v1/callbacks/{}/reschedule", text(&world.scheduled["id"])), json!({"hold": id}))
        }
        ("recreate_callback", "/hold") => (
            format!("/api/v1/callbacks/{visible}/recreate"),
            json!({"callback_type": "scheduled", "hold": id}),
        ),
        ("create_reservations", "/services/0") => {
            ("/api/v1/router/reservations".to_owned(), json!({"agent": "agent-17", "services": [id]}))
        }
        ("report_attempts", "/reports/0/attempt_id") => (
            "/api/v1/attempts/reports".to_owned(),
            json!({"reports": [
                {"attempt_id": id, "lease_token": world.attempts[1].token, "report": "connected"}
            ]}),
        ),
        ("create_bulk_cancellation", "/ids/0") => {
            ("/api/v1/bulk-cancellations".to_owned(), json!({"ids": [id]}))
        }
        ("create_bulk_cancellation", "/matching/service/0") => (
            "/api/v1/bulk-cancellations".to_owned(),
            json!({
                "range": {"from": "2026-11-24T00:00:00Z", "to": "2026-11-25T00:00:00Z"},
                "matching": {"service": [id]}, "dry_run": true
            }),
        ),
        ("create_bulk_reschedule", "/ids/0") => (
            "/api/v1/bulk-reschedules".to_owned(),
            json!({"ids": [id], "into": {"from": "2026-11-27T09:00:00Z", "to": "2026-11-27T10:00:00Z"}}),
        ),
        ("create_bulk_reschedule", "/matching/service/0") => (
            "/api/v1/bulk-reschedules".to_owned(),
            json!({
                "range": {"from": "2026-11-24T00:00:00Z", "to": "2026-11-25T00:00:00Z"},
                "into": {"from": "2026-11-27T09:00:00Z", "to": "2026-11-27T10:00:00Z"},
                "matching": {"service": [id]}, "dry_run": true
            }),
        ),
        ("list_callbacks" | "count_callbacks" | "export_callbacks", "?service/0") => {
            let rest = match operation {
                "list_callbacks" => "",
                "count_callbacks" => "/count",
                _ => "/export",
            };
            (format!("/api/v1/callbacks{rest}?service={id}"), Value::Null)
        }
        ("report_cancellations", "?service/0") => {
            (format!("/api/v1/reports/cancellations?service={id}"), Value::Null)
        }
        ("try_gates", "/service_id") => {
            ("/api/v1/gates/dry-run".to_owned(), json!({"service_id": id, "customer_number": NUMBER}))
        }
        ("test_number", "?service") => {
            (format!("/api/v1/number-rules/test?service={id}&number=%2B442079460318"), Value::Null)
        }
        ("search_callbacks", "?id") => (format!("/api/v1/callbacks/search?id={id}"), Value::Null),
        // Preferences are kept as they came, for the person alone. Users and the audit are not divided by
        // Preferences are kept as they came, for the person alone. Users and the audit are not divided by
        // service; services of users are checked as at their creation.
        // Rules, which a service has, are not divided either.
        ("replace_preferences" | "edit_user" | "list_audit" | "edit_service", _) => return None,
        other => panic!("{other:?} is not known to this test"),
    };
    Some((path, body))
}

#[rstest]
#[tokio::test]
async fn an_invisible_id_in_a_body_or_query_is_answered_as_an_unknown_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::new(backend).await;
    let mut places = places();
    places.insert(("search_callbacks".to_owned(), "?id".to_owned()));
    for caller in &world.callers {
        for (operation, place) in &places {
            let hidden = match (&**operation, &**place) {
                (_, "/reports/0/attempt_id") => world.attempts[1].attempt.clone(),
                (_, "/ids/0") | ("search_callbacks", _) => world.callbacks[5].clone(),
                (_, "/hold") => world.hold.clone(),
                _ => world.app.other_service.to_string(),
            };
            let ask = async |id: &str| {
                let (path, body) = request_with(&world, operation, place, id)?;
                let get = body.is_null();
                Some(if get {
                    caller.client.get(&path).await
                } else {
                    caller.client.post(&path, &body).await
                })
            };
            let Some(answer) = ask(&hidden).await else { continue };
            let unknown = ask(UNKNOWN).await.unwrap();
            let what = format!("{}: {operation} {place}", caller.name);
            assert_eq!(comparable(&answer, &hidden), comparable(&unknown, UNKNOWN), "{what}");
            let reads = caller.permissions.contains(&Permission::ViewCallbacks);
            if place == "/ids/0" && answer.status == 202 && reads {
                world.app.finish_bulk_cancellations().await;
                world.app.finish_bulk_reschedules().await;
                let report = async |answer: &Answer, id: &str| {
                    let job = text(&answer.read::<Value>()["id"]);
                    let report = match &**operation {
                        "create_bulk_reschedule" => format!("/api/v1/bulk-reschedules/{job}/items"),
                        _ => format!("/api/v1/bulk-cancellations/{job}/report"),
                    };
                    comparable(&caller.client.get(&report).await, id)
                };
                assert_eq!(report(&answer, &hidden).await, report(&unknown, UNKNOWN).await, "{what}");
            }
        }
    }
    let scheduled = world.app.admin().await.callback(&json!(world.callbacks[5])).await;
    assert_eq!(scheduled["state"], "SCHEDULED", "nobody cancelled it");
}

/// An answer without the digits that it repeats from the search.
fn without_what_was_searched(answer: &Answer) -> String {
    let Ok(Value::Object(mut body)) = serde_json::from_str(&answer.body) else { return answer.body.clone() };
    body.remove("number_parts");
    Value::Object(body).to_string()
}

#[rstest]
#[tokio::test]
async fn no_answer_names_what_its_reader_may_not_see(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::new(backend).await;
    let other = world.app.other_service.to_string();
    let hidden: Vec<&str> = [&*other, "Support DE", HIDDEN_NUMBER, "3023125760", HIDDEN_AGENT]
        .into_iter()
        .chain(world.callbacks.iter().map(String::as_str))
        .chain(world.attempts.iter().flat_map(|held| [&*held.attempt, &*held.token]))
        .collect();
    let (mut whole, visible) = (0, text(&world.visible["id"]));
    for caller in &world.callers {
        for operation in operations().iter().filter(|one| one.method == "get") {
            // These lists are not divided by service.
            let undivided =
                ["list_users", "get_user", "list_api_keys", "list_audit"].contains(&operation.id());
            if undivided || operation.id() == "stream_events" {
                continue;
            }
            let id = if operation.path.contains("/services/") {
                world.app.service.to_string()
            } else {
                visible.clone()
            };
            let path = operation.path.replace("{id}", &id);
            let queries: &[&str] = match operation.id() {
                "search_callbacks" => &["?customer_number=%2B493023125760", "?customer_number=3023125760"],
                "list_callbacks" | "count_callbacks" | "export_callbacks" => {
                    &["", "?search=3023125760", "?state=PROCESSING&state=ROUTING", "?search=support"]
                }
                _ => &[""],
            };
            for query in queries {
                let answer = caller.client.get(&format!("{path}{query}")).await;
                // What was asked for is in the address, which a problem repeats.
                let body = without_what_was_searched(&answer);
                let found = hidden.iter().find(|canary| body.contains(**canary));
                assert!(found.is_none(), "{}: {} {query}: {found:?}", caller.name, operation.id());
                whole += usize::from(answer.status == 200);
            }
        }
    }
    assert!(whole > 100, "{whole}");
    let admin = world.app.admin().await;
    let all = admin.get("/api/v1/callbacks").await.body;
    assert!(hidden[..4].iter().all(|canary| all.contains(canary)), "they are there: {all}");
}

#[rstest]
#[tokio::test]
async fn events_of_an_invisible_service_never_arrive(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::new(backend).await;
    let (app, supervisor) = (&world.app, world.app.supervisor().await);
    let listeners = world.callers.iter().filter(|one| one.permissions.contains(&Permission::ViewCallbacks));
    let mut streams = Vec::new();
    for caller in listeners {
        let open = async |last: Option<String>| {
            let mut request = caller.client.request(Method::GET, "/api/v1/events");
            if let Some(last) = last {
                request = request.header("last-event-id", last);
            }
            let mut response = request.send().await.unwrap();
            assert_eq!(response.status(), 200, "{}", caller.name);
            let greeting = String::from_utf8(response.chunk().await.unwrap().unwrap().to_vec()).unwrap();
            (response, greeting)
        };
        let (now, greeting) = open(None).await;
        // From the first change of this database, before which there is nothing.
        let id = greeting.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
        let epoch = id.split('-').next().unwrap().to_owned();
        streams.push((format!("{}, from now", caller.name), now, greeting));
        let (whole, greeting) = open(Some(format!("{epoch}-0-0"))).await;
        streams.push((format!("{}, from the beginning", caller.name), whole, greeting));
    }
    assert!(streams.len() >= 8, "{}", streams.len());
    let (_, attempts) = hidden_callbacks(app, &supervisor).await;
    assert!(app.router().report(&attempts[0], "complete", json!({})).await.is_success());
    let last = supervisor.create_immediate(app.service, NUMBER).await;
    for (name, response, seen) in &mut streams {
        let reading = async {
            while !seen.contains(&*text(&last["id"])) {
                seen.push_str(std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap());
            }
        };
        tokio::time::timeout(TIMEOUT, reading).await.expect("the last change arrives");
        let other = app.other_service.to_string();
        for canary in [&*other, "Support DE", "3023125760", HIDDEN_AGENT] {
            assert!(!seen.contains(canary), "{name}: {canary} in {seen}");
        }
        let from_beginning = name.ends_with("beginning");
        assert_eq!(seen.contains(&*text(&world.visible["id"])), from_beginning, "{name}: {seen}");
    }
}
