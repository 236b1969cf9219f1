//! Places that are held while a customer decides.

use futures_util::future::join_all;
use reqwest::Method;
use ringback_domain::ApiScope;
use ringback_tests::app::{Node, clear, text};
use ringback_tests::{Answer, Backend, Client, TestApp, size};
use rstest::rstest;
use serde_json::{Value, json};

use super::errors::problem;
use super::office_hours::{book, delete, refused, set, with_capacity};

const CALLBACKS: &str = "/api/v1/callbacks";
const NUMBER: &str = "+442079460318";
const TIME: &str = "2026-11-25T10:00:00Z";

async fn hold(app: &TestApp, client: &Client, body: &Value) -> Answer {
    client.post(&format!("/api/v1/services/{}/holds", app.service), body).await
}

async fn held(app: &TestApp, client: &Client, time: &str) -> Value {
    let answer = hold(app, client, &json!({"from": time})).await;
    assert_eq!(answer.status, 201, "{answer}");
    answer.read::<Value>()["hold"].clone()
}

async fn book_held(app: &TestApp, client: &Client, number: &str, hold: &Value) -> Answer {
    let body = json!({
        "callback_type": "scheduled", "service_id": app.service, "customer_number": number, "hold": hold,
    });
    client.post(CALLBACKS, &body).await
}

/// What is shown of the slot at [`TIME`]: booked, held, and why it cannot be booked.
async fn slot(app: &TestApp, client: &Client) -> Value {
    let path = format!(
        "/api/v1/services/{}/availability?include=all&from={TIME}&to=2026-11-25T10:01:00Z",
        app.service
    );
    let slot = client.json(&path).await["items"][0].clone();
    json!([slot["booked"], slot["held"], slot["reason"]])
}

#[rstest]
#[tokio::test]
async fn a_place_is_held_for_two_minutes_and_becomes_the_booking(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    with_capacity(&app, 1).await;
    let made = hold(&app, &client, &json!({"from": TIME})).await;
    let made: Value = made.read();
    assert_eq!((&made["from"], &made["expires_at"]), (&json!(TIME), &json!("2026-11-24T09:02:00Z")));
    assert_eq!(slot(&app, &client).await, json!([0, 1, "held"]));
    let late = book(&app, &client, TIME).await;
    assert_eq!((refused(&late).0.as_str(), refused(&late).1.as_str()), ("/desired_time", "held"));
    let other = hold(&app, &client, &json!({"from": TIME})).await;
    assert_eq!((refused(&other).0.as_str(), refused(&other).1.as_str()), ("/from", "held"));

    app.advance(119);
    let booked = book_held(&app, &client, NUMBER, &made["hold"]).await;
    assert_eq!(booked.status, 201, "{booked}");
    assert_eq!(booked.read::<Value>()["desired_time"], json!(TIME));
    assert_eq!(slot(&app, &client).await, json!([1, 0, "full"]));
    let again = book_held(&app, &client, NUMBER, &made["hold"]).await;
    assert_eq!((refused(&again).0.as_str(), refused(&again).1.as_str()), ("/hold", "unknown"));
}

#[rstest]
#[tokio::test]
async fn a_hold_that_has_ended_counts_for_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    with_capacity(&app, 1).await;
    let first = held(&app, &client, TIME).await;
    app.advance(120);
    assert_eq!(slot(&app, &client).await, json!([0, 0, null]));
    let late = book_held(&app, &client, NUMBER, &first).await;
    assert_eq!(refused(&late).1, "unknown");
    let extend = format!("/api/v1/holds/{}/extend", text(&first));
    problem(&client.post(&extend, &json!({})).await, 404, "not-found");

    let second = held(&app, &client, TIME).await;
    let extend = format!("/api/v1/holds/{}/extend", text(&second));
    for until in ["2026-11-24T09:12:00Z"; 2] {
        let extended = client.post(&extend, &json!({})).await;
        assert_eq!(
            (extended.status, &extended.read::<Value>()["expires_at"]),
            (200, &json!(until)),
            "{extended}"
        );
    }
    app.advance(599);
    // An access token lasts as long.
    let client = app.supervisor().await;
    assert_eq!(slot(&app, &client).await, json!([0, 1, "held"]));
    let path = format!("/api/v1/holds/{}", text(&second));
    assert_eq!(delete(&client, &path).await.status, 204);
    assert_eq!(slot(&app, &client).await, json!([0, 0, null]));
    problem(&delete(&client, &path).await, 404, "not-found");
    assert_eq!(book(&app, &client, TIME).await.status, 201);
}

#[rstest]
#[tokio::test]
async fn a_held_place_can_be_moved_into_and_recreated_into(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    with_capacity(&app, 1).await;
    let made: Value = book(&app, &client, "2026-11-25T12:00:00Z").await.read();
    let first = held(&app, &client, TIME).await;
    let moved = client.command(&made["id"], "reschedule", &json!({"hold": first})).await;
    assert_eq!((moved.status, &moved.read::<Value>()["desired_time"]), (200, &json!(TIME)), "{moved}");
    let both = json!({"hold": first, "desired_time": TIME});
    assert_eq!(refused(&client.command(&made["id"], "reschedule", &both).await).0, "/hold");
    assert!(client.command(&made["id"], "cancel", &json!({})).await.is_success());
    let second = held(&app, &client, TIME).await;
    let now = json!({"callback_type": "immediate", "hold": second});
    let refusal = client.command(&made["id"], "recreate", &now).await;
    assert_eq!((refused(&refusal).0.as_str(), refused(&refusal).1.as_str()), ("/hold", "not_for_immediate"));
    let again = json!({"callback_type": "scheduled", "hold": second});
    let recreated = client.command(&made["id"], "recreate", &again).await;
    assert_eq!(recreated.status, 201, "{recreated}");
    assert_eq!(slot(&app, &client).await, json!([1, 0, "full"]));
    // What was held is promised, whatever has changed meanwhile.
    let third = held(&app, &client, "2026-11-24T09:20:00Z").await;
    set(&app, json!({"minimum_notice_seconds": 3_600})).await;
    assert_eq!(book_held(&app, &client, NUMBER, &third).await.status, 201);
}

#[rstest]
#[tokio::test]
async fn nobody_holds_more_than_they_may(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let (client, machine) = (app.supervisor().await, app.integration());
    let body = json!({"from": TIME, "customer_number": "020 7946 0318"});
    let first = hold(&app, &client, &body).await;
    assert_eq!(first.status, 201, "{first}");
    let same_number = hold(&app, &machine, &body).await;
    problem(&same_number, 429, "rate-limited");
    assert_eq!(same_number.header("retry-after"), Some("121"));
    let wrong = book_held(&app, &client, "+442079460319", &first.read::<Value>()["hold"]).await;
    assert_eq!((refused(&wrong).0.as_str(), refused(&wrong).1.as_str()), ("/hold", "conflict"));
    for _ in 0..2 {
        held(&app, &client, TIME).await;
    }
    problem(&hold(&app, &client, &json!({"from": TIME})).await, 429, "rate-limited");
    held(&app, &machine, TIME).await;
    app.advance(120);
    held(&app, &client, TIME).await;

    for (body, pointer, code) in [
        (json!({"from": "2026-11-24T09:00:00Z"}), "/from", "in_the_past"),
        (json!({"from": "2028-11-24T09:00:00Z"}), "/from", "beyond_horizon"),
        (json!({"from": TIME, "customer_number": "kim"}), "/customer_number", "malformed_number"),
        (json!({}), "/from", "required"),
    ] {
        let answer = hold(&app, &client, &body).await;
        assert_eq!((refused(&answer).0.as_str(), refused(&answer).1.as_str()), (pointer, code), "{answer}");
    }
    // The secret is shown once, so it is not kept with a key.
    let keyed = async || {
        let path = format!("/api/v1/services/{}/holds", app.service);
        let request = machine.request(Method::POST, &path).header("idempotency-key", "hold");
        Answer::to(request.json(&json!({"from": TIME}))).await
    };
    assert_eq!(keyed().await.status, 201);
    problem(&keyed().await, 409, "duplicate");
    set(&app, json!({"accept_new": false})).await;
    assert_eq!(refused(&hold(&app, &machine, &json!({"from": TIME})).await).1, "not_accepting");
}

/// What becomes of one of many wishes for the same slot: to book, to move, to hold, or to book what
/// is held. Gives how many places it has taken by then.
async fn wish(
    app: &TestApp,
    client: &Client,
    index: usize,
    moved: Option<&Value>,
    hold: Option<&Value>,
    time: &str,
) -> usize {
    let answer = match (moved, hold, index % 3) {
        (Some(id), ..) => client.command(id, "reschedule", &json!({"desired_time": time})).await,
        (None, Some(hold), _) => book_held(app, client, NUMBER, hold).await,
        (None, None, 0) => self::hold(app, client, &json!({"from": time})).await,
        _ => book(app, client, time).await,
    };
    let refusals = ["full", "held", "unknown"];
    let is_refused = || answer.status == 429 || refusals.contains(&refused(&answer).1.as_str());
    assert!(answer.is_success() || is_refused(), "{answer}");
    usize::from(answer.is_success())
}

#[rstest]
#[tokio::test]
async fn booked_and_held_places_never_exceed_what_a_slot_can_hold(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const PLACES: usize = 4;
    let app = TestApp::start(backend).await;
    let node = if backend == Backend::Postgres { Some(app.start_node().await) } else { None };
    let client = app.integration();
    let at = |node: &Node| Client::new(node.address).with_key(clear(ApiScope::CallbacksWrite));
    let elsewhere = node.as_ref().map_or_else(|| client.clone(), at);
    with_capacity(&app, u32::try_from(PLACES).unwrap()).await;
    let (clients, rounds) = (size(24, 200), size(6, 100));
    for round in 0..rounds {
        let day = 1 + round / 20;
        let time = format!("2026-12-{day:02}T{:02}:{:02}:00Z", 2 + round % 20, round % 4 * 15);
        let elsewhen = format!("2026-12-{day:02}T{:02}:{:02}:00Z", 2 + round % 20, (round + 1) % 4 * 15);
        let waiting: Value = book(&app, &client, &elsewhen).await.read();
        let first = held(&app, &client, &time).await;
        // The same hold is used by two at once, and has one place.
        let wishes = (0..clients).map(|index| {
            let client = if index % 2 == 0 { &client } else { &elsewhere };
            let moved = (index == 5).then_some(&waiting["id"]);
            let hold = (index == 3 || index == 4).then_some(&first);
            wish(&app, client, index, moved, hold, &time)
        });
        join_all(wishes).await;
        let path = format!(
            "/api/v1/services/{}/availability?include=all&from={time}&to={}",
            app.service,
            time.replace(":00Z", ":01Z")
        );
        let slot = client.json(&path).await["items"][0].clone();
        let taken = slot["booked"].as_u64().unwrap() + slot["held"].as_u64().unwrap();
        assert_eq!(taken, PLACES as u64, "round {round}: {slot}");
        // Those that are held in vain end, and their places are given to others.
        app.advance(121);
        let left = PLACES - usize::try_from(slot["booked"].as_u64().unwrap()).unwrap();
        let late = join_all((0..clients / 2).map(async |index| {
            let client = if index % 2 == 0 { &client } else { &elsewhere };
            usize::from(book(&app, client, &time).await.is_success())
        }));
        assert_eq!(late.await.into_iter().sum::<usize>(), left, "round {round}");
        app.advance(1);
    }
}

#[rstest]
#[tokio::test]
async fn a_place_at_night_is_booked_only_on_the_customers_word(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    with_capacity(&app, 1).await;
    set(&app, json!({"called_party_hours": ["courtesy"]})).await;
    let hold = held(&app, &client, TIME).await;
    // It is five in the morning in New York.
    let mut body = json!({
        "callback_type": "scheduled", "service_id": app.service, "customer_number": "+12122000123", "hold": hold,
    });
    let asked = client.post(CALLBACKS, &body).await;
    assert_eq!(
        (refused(&asked).0.as_str(), refused(&asked).1.as_str()),
        ("/hold", "outside_permitted_hours")
    );
    assert_eq!(slot(&app, &client).await, json!([0, 1, "held"]), "the place stays the customer's");
    body["outside_hours_confirmed"] = json!(true);
    let booked = client.post(CALLBACKS, &body).await;
    assert_eq!(booked.status, 201, "{booked}");
    assert_eq!(slot(&app, &client).await, json!([1, 0, "full"]));
}
