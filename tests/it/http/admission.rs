//! Whether a service takes a callback: for a number that has one, and within its limits.

use futures_util::future::join_all;
use reqwest::Method;
use ringback_domain::ApiScope;
use ringback_tests::app::{Node, clear, text};
use ringback_tests::{Answer, Backend, Client, TestApp, size};
use rstest::rstest;
use serde_json::{Value, json};

use super::errors::problem;
use super::office_hours::{book, refused, set, with_capacity};

const CALLBACKS: &str = "/api/v1/callbacks";
const NUMBER: &str = "+442079460318";
const OTHER_NUMBER: &str = "+442079460319";
const LATER: &str = "2026-11-25T10:00:00Z";

async fn ask(app: &TestApp, client: &Client, number: &str) -> Answer {
    let body = json!({"callback_type": "immediate", "service_id": app.service, "customer_number": number});
    client.post(CALLBACKS, &body).await
}

/// The ids of the callbacks that are not COMPLETED.
async fn open(app: &TestApp) -> Vec<String> {
    let path = format!("{CALLBACKS}?state=SCHEDULED&state=QUEUED&state=ROUTING&state=PROCESSING");
    let page = app.supervisor().await.json(&path).await;
    page["items"].as_array().unwrap().iter().map(|one| text(&one["id"])).collect()
}

fn id(answer: &Answer) -> String {
    text(&answer.read::<Value>()["id"])
}

/// A client of a second node, where there can be one.
async fn second_node(app: &TestApp, backend: Backend) -> (Option<Node>, Client) {
    let node = if backend == Backend::Postgres { Some(app.start_node().await) } else { None };
    let at = |node: &Node| Client::new(node.address).with_key(clear(ApiScope::CallbacksWrite));
    let client = node.as_ref().map_or_else(|| app.integration(), at);
    (node, client)
}

#[rstest]
#[tokio::test]
async fn a_second_callback_for_a_number_is_refused_until_the_first_is_over(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let first = ask(&app, &client, NUMBER).await;
    assert_eq!(ask(&app, &client, NUMBER).await.status, 201, "any number of them unless told");
    let more = open(&app).await.into_iter().find(|one| *one != id(&first)).unwrap();
    assert!(client.command(&json!(more), "cancel", &json!({})).await.is_success());

    set(&app, json!({"duplicate_policy": "refuse"})).await;
    let again = ask(&app, &client, "020 7946 0318").await;
    problem(&again, 409, "duplicate");
    assert_eq!(again.read::<Value>()["existing"], json!({"id": id(&first)}));
    // Another number, another extension and another service are other customers.
    assert_eq!(ask(&app, &client, OTHER_NUMBER).await.status, 201);
    assert_eq!(ask(&app, &client, "+442079460318 ext 7").await.status, 201);
    let elsewhere = client.create_immediate(app.other_service, NUMBER).await["id"].clone();
    assert!(client.command(&elsewhere, "cancel", &json!({})).await.is_success());

    // In every state it is in the way, and until a cancellation takes effect.
    app.submit().await;
    assert_eq!(ask(&app, &client, NUMBER).await.status, 409);
    let undoable = client.command(&json!(id(&first)), "cancel", &json!({"undo_seconds": 10})).await;
    assert!(undoable.is_success(), "{undoable}");
    assert_eq!(ask(&app, &client, NUMBER).await.status, 409);
    app.advance(10);
    let second = ask(&app, &client, NUMBER).await;
    assert_eq!(second.status, 201, "its cancellation has taken effect: {second}");
    app.submit().await;
    let taken: Vec<_> = app.router().reserve(9).await;
    let held = taken.iter().find(|one| one.callback["id"] == json!(id(&second))).unwrap();
    assert_eq!(ask(&app, &client, NUMBER).await.status, 409);
    assert!(app.router().report(held, "connect", json!({})).await.is_success());
    assert_eq!(ask(&app, &client, NUMBER).await.status, 409);
    assert!(app.router().report(held, "complete", json!({})).await.is_success());
    assert_eq!(ask(&app, &client, NUMBER).await.status, 201);
    let entries = app.admin().await;
    app.seal_audit().await;
    let refused = entries.json("/api/v1/audit?action=callback.create").await;
    let kept = refused["items"].as_array().unwrap().iter().filter(|one| one["reason"] == "duplicate").count();
    assert_eq!(kept, 5);
}

#[rstest]
#[tokio::test]
async fn a_repeated_request_is_answered_with_the_open_callback(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    set(&app, json!({"duplicate_policy": "return_existing"})).await;
    let first = ask(&app, &client, NUMBER).await;
    assert_eq!(first.status, 201);
    let again = ask(&app, &client, NUMBER).await;
    assert_eq!((again.status, id(&again)), (200, id(&first)));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("etag"), Some("\"1\""));

    // The answer to a key is kept, also once the callback is over.
    let keyed = async |key: &str| {
        let body =
            json!({"callback_type": "immediate", "service_id": app.service, "customer_number": NUMBER});
        Answer::to(client.request(Method::POST, CALLBACKS).header("idempotency-key", key).json(&body)).await
    };
    let kept = keyed("one").await;
    assert_eq!((kept.status, id(&kept)), (200, id(&first)));
    assert!(client.command(&json!(id(&first)), "cancel", &json!({})).await.is_success());
    let replayed = keyed("one").await;
    assert_eq!((replayed.status, &replayed.body), (200, &kept.body));
    assert_eq!(open(&app).await, Vec::<String>::new());
    assert_eq!(keyed("two").await.status, 201);
    app.seal_audit().await;
    let entries = app.admin().await.json("/api/v1/audit?action=callback.create").await;
    assert_eq!(entries["items"].as_array().unwrap().len(), 2, "what changes nothing is not audited");
}

#[rstest]
#[tokio::test]
async fn a_callback_takes_the_place_of_one_that_nobody_has_begun(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    with_capacity(&app, 1).await;
    set(&app, json!({"duplicate_policy": "replace"})).await;
    let first = book(&app, &client, LATER).await;
    assert_eq!(first.status, 201, "{first}");
    // The place that the first gives back is there for the second.
    let second = book(&app, &client, LATER).await;
    assert_eq!(second.status, 201, "{second}");
    let line = async |id: &str, last: usize| {
        let timeline = client.json(&format!("{CALLBACKS}/{id}/timeline")).await;
        let line = timeline["items"][last].clone();
        (text(&line["action"]), line["detail"]["related_callback_id"].clone())
    };
    assert_eq!(line(&id(&first), 1).await, ("cancelled".to_owned(), json!(id(&second))));
    assert_eq!(line(&id(&second), 0).await, ("created".to_owned(), json!(id(&first))));
    let third = ask(&app, &client, NUMBER).await;
    assert_eq!((third.status, open(&app).await), (201, vec![id(&third)]));
    app.submit().await;
    app.router().reserve_one().await;
    let fourth = ask(&app, &client, NUMBER).await;
    problem(&fourth, 409, "duplicate");
    assert_eq!(fourth.read::<Value>()["existing"]["id"], json!(id(&third)));
    assert_eq!(open(&app).await, vec![id(&third)]);
}

#[rstest]
#[tokio::test]
async fn recreating_obeys_the_policy_of_the_service(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let old = client.create_immediate(app.service, NUMBER).await["id"].clone();
    assert!(client.command(&old, "cancel", &json!({})).await.is_success());
    let first = ask(&app, &client, NUMBER).await;
    let recreate = async || client.command(&old, "recreate", &json!({"callback_type": "immediate"})).await;
    set(&app, json!({"duplicate_policy": "refuse"})).await;
    let refused = recreate().await;
    problem(&refused, 409, "duplicate");
    assert_eq!(refused.read::<Value>()["existing"]["id"], json!(id(&first)));
    set(&app, json!({"duplicate_policy": "return_existing"})).await;
    let same = recreate().await;
    assert_eq!((same.status, id(&same)), (200, id(&first)));
    assert_eq!(client.callback(&old).await["recreated_as"], Value::Null);
    set(&app, json!({"duplicate_policy": "replace"})).await;
    let made = recreate().await;
    assert_eq!((made.status, open(&app).await), (201, vec![id(&made)]));
    assert_eq!(client.callback(&json!(id(&first))).await["result"], "CANCELLED_BY_ADMIN");
}

#[rstest]
#[tokio::test]
async fn of_many_who_ask_for_a_number_at_once_one_is_open(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("refuse", "return_existing", "replace")] policy: &str,
) {
    let app = TestApp::start(backend).await;
    let (_node, elsewhere) = second_node(&app, backend).await;
    let client = app.integration();
    set(&app, json!({"duplicate_policy": policy})).await;
    let old = client.create_immediate(app.other_service, NUMBER).await["id"].clone();
    assert!(client.command(&old, "cancel", &json!({})).await.is_success());
    let again = json!({"callback_type": "immediate", "service_id": app.service});
    let requests = (0..size(40, 200)).map(async |index| {
        let client = if index % 2 == 0 { &client } else { &elsewhere };
        if index == 7 {
            client.command(&old, "recreate", &again).await
        } else {
            ask(&app, client, NUMBER).await
        }
    });
    let answers = join_all(requests).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let others = answers.iter().filter(|answer| answer.status == if policy == "refuse" { 409 } else { 200 });
    if policy == "replace" {
        assert!(made > 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        assert_eq!(made, answers.len());
    } else {
        assert_eq!((made, others.count()), (1, answers.len() - 1));
    }
    assert_eq!(open(&app).await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn limits_name_themselves_where_they_are_reached(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    set(&app, json!({"limits": {"pending": 2}})).await;
    let read = client.json(&format!("/api/v1/services/{}", app.service)).await;
    let none = Value::Null;
    assert_eq!(
        read["limits"],
        json!({"pending": 2, "per_number_per_day": none, "longest_wait_seconds": none})
    );
    let fault = |answer: &Answer| {
        let (pointer, code, _) = refused(answer);
        (pointer, code, text(&answer.read::<Value>()["errors"][0]["detail"]))
    };
    let first = ask(&app, &client, NUMBER).await;
    assert_eq!(book(&app, &client, LATER).await.status, 201);
    let (pointer, code, detail) = fault(&ask(&app, &client, OTHER_NUMBER).await);
    assert_eq!((&*pointer, &*code), ("/service_id", "limit_reached"));
    assert!(detail.contains("limits.pending"), "{detail}");
    let slots = format!("/api/v1/services/{}/availability?include=all", app.service);
    let slot = client.json(&slots).await["items"][5].clone();
    assert_eq!((&slot["reason"], &slot["bookable"]), (&json!("limit_reached"), &json!(false)));
    app.submit().await;
    let held = app.router().reserve_one().await;
    assert_eq!(ask(&app, &client, OTHER_NUMBER).await.status, 422, "ROUTING waits for its agent");
    assert!(app.router().report(&held, "connect", json!({})).await.is_success());
    assert_eq!(held.callback["id"], json!(id(&first)));
    assert_eq!(ask(&app, &client, OTHER_NUMBER).await.status, 201);

    // Two of the first number were made today, whatever became of them.
    set(&app, json!({"limits": {"pending": null, "per_number_per_day": 2}})).await;
    let (pointer, code, detail) = fault(&ask(&app, &client, NUMBER).await);
    assert_eq!((&*pointer, &*code), ("/customer_number", "limit_reached"));
    assert!(detail.contains("limits.per_number_per_day"), "{detail}");
    assert_eq!(ask(&app, &client, "+442079460318 ext 3").await.status, 201, "another customer");
    // The day of the service ends at midnight in London, in winter at 00:00 UTC.
    app.advance(15 * 3_600 - 11);
    let client = app.supervisor().await;
    assert_eq!(ask(&app, &client, NUMBER).await.status, 422);
    app.advance(11);
    assert_eq!(ask(&app, &client, NUMBER).await.status, 201);

    for (limits, pointer) in [
        (json!({"pending": 0}), "/limits/pending"),
        (json!({"per_number_per_day": 1_001}), "/limits/per_number_per_day"),
        (json!({"longest_wait_seconds": 86_401}), "/limits/longest_wait_seconds"),
        (json!({"waiting": 1}), "/limits/waiting"),
    ] {
        let path = format!("/api/v1/services/{}", app.service);
        let answer = app.admin().await.patch(&path, &json!({"limits": limits})).await;
        assert_eq!(refused(&answer).0, pointer, "{answer}");
    }
}

#[rstest]
#[tokio::test]
async fn immediate_callbacks_are_refused_while_the_wait_is_too_long(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    set(&app, json!({"limits": {"longest_wait_seconds": 1_000}})).await;
    // Nobody knows how long it takes before somebody was connected.
    for index in 0..3 {
        assert_eq!(ask(&app, &client, &format!("+4420794603{index:02}")).await.status, 201);
    }
    app.submit().await;
    let held = app.router().reserve_one().await;
    assert!(app.router().report(&held, "connect", json!({})).await.is_success());
    // One in half an hour, and two wait. What is known of the queues is a second old at most.
    let refusal = async || {
        for _ in 0..100 {
            let answer = ask(&app, &client, NUMBER).await;
            if answer.status != 201 {
                return answer;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("it is never refused");
    };
    let answer = refusal().await;
    let (pointer, code, _) = refused(&answer);
    assert_eq!((&*pointer, &*code), ("/callback_type", "limit_reached"));
    assert!(answer.body.contains("limits.longest_wait_seconds"), "{answer}");
    assert_eq!(book(&app, &client, LATER).await.status, 201, "a chosen time does not wait");
    set(&app, json!({"limits": {"longest_wait_seconds": null}})).await;
    assert_eq!(ask(&app, &client, NUMBER).await.status, 201);
}

#[rstest]
#[tokio::test]
async fn limits_are_exact_whoever_comes_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (_node, elsewhere) = second_node(&app, backend).await;
    let client = app.integration();
    let made = async |number: fn(usize) -> String| {
        let requests = (0..size(30, 200)).map(async |index| {
            let client = if index % 2 == 0 { &client } else { &elsewhere };
            let answer = ask(&app, client, &number(index)).await;
            assert!(answer.status == 201 || refused(&answer).1 == "limit_reached", "{answer}");
            usize::from(answer.status == 201)
        });
        join_all(requests).await.into_iter().sum::<usize>()
    };
    set(&app, json!({"limits": {"per_number_per_day": 3}})).await;
    assert_eq!(made(|_| NUMBER.to_owned()).await, 3);
    set(&app, json!({"limits": {"per_number_per_day": null, "pending": 10}})).await;
    assert_eq!(made(|index| format!("+44207946{:04}", 1_000 + index)).await, 7);
}
