//! Times that a person chose on a wall clock.

use reqwest::StatusCode;
use ringback_api::clock::Clock;
use ringback_api::time_zone::tables;
use ringback_api::worker::clocks;
use ringback_domain::{ApiScope, Timestamp};
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Options, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

use super::outage::execute;

/// A request for a callback at a wall time, or with whatever else is given.
fn request(app: &TestApp, mut time: Value) -> Value {
    time["callback_type"] = json!("scheduled");
    time["service_id"] = json!(app.service);
    time["customer_number"] = json!("+442079460318");
    time
}

fn at(local: &str, zone: &str) -> Value {
    json!({"desired_local": local, "time_zone": zone})
}

#[track_caller]
fn refused(answer: &Answer, pointer: &str, code: &str) -> String {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let errors = answer.read::<Value>()["errors"].clone();
    assert_eq!((&errors[0]["pointer"], &errors[0]["code"]), (&json!(pointer), &json!(code)), "{answer}");
    text(&errors[0]["detail"])
}

#[rstest]
#[tokio::test]
async fn a_wall_time_is_promised_and_shown_with_its_zone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    for (local, zone, instant) in [
        ("2026-12-01T10:30", "America/Vancouver", "2026-12-01T17:30:00Z"),
        ("2026-12-01T09:00:00", "America/Winnipeg", "2026-12-01T14:00:00Z"),
        ("2026-12-01T09:00", "Africa/Casablanca", "2026-12-01T09:00:00Z"),
        ("2026-12-01T09:00", "Australia/Lord_Howe", "2026-11-30T22:00:00Z"),
        ("2026-12-01T09:00", "UTC", "2026-12-01T09:00:00Z"),
    ] {
        let made = client.create(&request(&app, at(local, zone))).await;
        let read = client.callback(&made["id"]).await;
        assert_eq!(read["desired_time"], instant, "{zone}");
        assert_eq!(read["desired_time_zone"], zone);
        assert!(text(&read["desired_local"]).starts_with(local), "{read}");
    }
    let plain = client.create(&request(&app, json!({"desired_time": "2026-12-01T09:00:00Z"}))).await;
    assert!(plain.get("desired_local").is_none(), "{plain}");
}

#[rstest]
#[tokio::test]
async fn a_wall_time_moves_a_callback_and_an_instant_lets_it_go(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    let id =
        client.create(&request(&app, json!({"desired_time": "2026-12-01T09:00:00Z"}))).await["id"].clone();
    let moved = client.command(&id, "reschedule", &at("2026-12-02T09:00", "Europe/Berlin")).await;
    assert_eq!(moved.read::<Value>()["desired_time"], "2026-12-02T08:00:00Z");
    assert_eq!(client.callback(&id).await["desired_local"], "2026-12-02T09:00:00");
    let moved = client.command(&id, "reschedule", &json!({"desired_time": "2026-12-03T08:00:00Z"})).await;
    assert_eq!(moved.status, 200);
    assert!(client.callback(&id).await.get("desired_local").is_none());

    client.command(&id, "cancel", &json!({})).await;
    let mut body = at("2026-12-04T09:00", "Asia/Kathmandu");
    body["callback_type"] = json!("scheduled");
    let again = client.command(&id, "recreate", &body).await.read::<Value>();
    assert_eq!(again["desired_time"], "2026-12-04T03:15:00Z");
    assert_eq!(client.callback(&again["id"]).await["desired_time_zone"], "Asia/Kathmandu");
}

/// The tests' clock stands at 24 November 2026.
#[rstest]
#[tokio::test]
async fn a_wall_time_that_clocks_skip_or_repeat_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.key(ApiScope::CallbacksWrite);
    let send = async |time: Value| client.post("/api/v1/callbacks", &request(&app, time)).await;

    let skipped = send(at("2027-03-28T02:30", "Europe/Berlin")).await;
    let detail = refused(&skipped, "/desired_local", "skipped_local_time");
    assert!(detail.contains("2027-03-28T00:30:00Z or 2027-03-28T01:30:00Z"), "{detail}");

    let mut twice = at("2027-10-31T02:30", "Europe/Berlin");
    let detail = refused(&send(twice.clone()).await, "/desired_local", "ambiguous_local_time");
    assert!(detail.contains("2027-10-31T00:30:00Z"), "{detail}");
    for (fold, instant) in [("first", "2027-10-31T00:30:00Z"), ("second", "2027-10-31T01:30:00Z")] {
        twice["fold"] = json!(fold);
        assert_eq!(send(twice.clone()).await.read::<Value>()["desired_time"], instant);
    }

    let both = json!({"desired_local": "2026-12-01T09:00", "time_zone": "UTC", "desired_time": "2026-12-01T09:00:00Z"});
    refused(&send(both).await, "/desired_local", "conflict");
    refused(&send(json!({"desired_local": "2026-12-01T09:00"})).await, "/time_zone", "required");
    refused(&send(at("2026-12-01T09:00", "Mars/Olympus")).await, "/time_zone", "unknown_time_zone");
    refused(&send(at("2026-11-01T09:00", "UTC")).await, "/desired_local", "in_the_past");
    refused(&send(at("2030-01-01T09:00", "UTC")).await, "/desired_local", "beyond_horizon");
    let stray = json!({"desired_time": "2026-12-01T09:00:00Z", "time_zone": "UTC"});
    refused(&send(stray).await, "/time_zone", "not_allowed");
    let mut immediate = request(&app, at("2026-12-01T09:00", "UTC"));
    immediate["callback_type"] = json!("immediate");
    let answer = client.post("/api/v1/callbacks", &immediate).await;
    refused(&answer, "/desired_local", "not_for_immediate");
}

/// Runs the worker until it finds nothing more. Returns how many it looked at.
async fn follow_clocks(app: &TestApp) -> u64 {
    app.inside(async |app| {
        let mut looked_at = 0;
        loop {
            match clocks::round(&app.workers).await.expect("a round") {
                0 => return looked_at,
                more => looked_at += more,
            }
        }
    })
    .await
}

/// As if an older release had said that Vancouver is at UTC−8 in December.
#[rstest]
#[tokio::test]
async fn a_promised_wall_time_stays_when_the_law_on_clocks_changes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const HOUR: i64 = 3_600_000_000;
    let app = TestApp::start(backend).await;
    let client = app.integration();
    let mut ids = Vec::new();
    for zone in ["America/Vancouver", "Europe/Berlin", "America/Vancouver", "America/Vancouver"] {
        ids.push(client.create(&request(&app, at("2026-12-01T10:30", zone))).await["id"].clone());
    }
    let instant = client.create(&request(&app, json!({"desired_time": "2026-12-01T18:30:00Z"}))).await;
    client.command(&ids[2], "cancel", &json!({})).await;
    assert_eq!(follow_clocks(&app).await, 0, "the tables are current");
    let older = format!(
        "UPDATE callbacks SET wall_time_tables = '2025b' WHERE wall_time IS NOT NULL; \
         UPDATE callbacks SET desired_time = desired_time + {HOUR}, expires_at = expires_at + {HOUR}, \
             queue_arrival = queue_arrival + {HOUR} WHERE wall_time_zone = 'America/Vancouver';"
    );
    execute(&app, &older).await;

    assert_eq!(follow_clocks(&app).await, 3, "{}", tables().version);
    let moved = client.callback(&ids[0]).await;
    assert_eq!(
        (&moved["desired_time"], &moved["desired_local"], &moved["version"], &moved["state"]),
        (&json!("2026-12-01T17:30:00Z"), &json!("2026-12-01T10:30:00"), &json!(2), &json!("SCHEDULED"))
    );
    assert_eq!(moved["metrics"].get("reschedule_count"), None, "nobody rescheduled it: {moved}");
    let timeline = client.json(&format!("/api/v1/callbacks/{}/timeline", text(&ids[0]))).await;
    let line = &timeline["items"][1];
    assert_eq!(line["action"], "clocks_changed");
    assert_eq!(line["actor"], json!({"kind": "system", "name": "clocks"}));
    assert_eq!(line["detail"]["previous_desired_time"], "2026-12-01T18:30:00Z");
    assert_eq!(line["detail"]["desired_time"], "2026-12-01T17:30:00Z");
    app.seal_audit().await;
    let list = app.admin().await.json("/api/v1/audit?action=callback.follow_clocks").await;
    let mut moved: Vec<_> = list["items"][0]["details"]["moved"].as_array().unwrap().iter().collect();
    moved.sort_by_key(|id| text(id));
    let mut expected = [&ids[0], &ids[3]];
    expected.sort_by_key(|id| text(id));
    assert_eq!(moved, expected, "{list}");
    // Berlin's clock is as it was, what is over stays, and an instant is an instant.
    assert_eq!(client.callback(&ids[1]).await["version"], 1);
    assert_eq!(client.callback(&ids[2]).await["desired_time"], "2026-12-01T18:30:00Z");
    assert_eq!(client.callback(&instant["id"]).await["version"], 1);
    assert_eq!(follow_clocks(&app).await, 0, "each is looked at once");

    execute(&app, "UPDATE callbacks SET wall_time_tables = '9999z' WHERE wall_time IS NOT NULL;").await;
    assert_eq!(follow_clocks(&app).await, 0, "a node with newer tables knows better");
}

#[rstest]
#[tokio::test]
async fn reference_data_say_what_clocks_show_by_the_servers_tables(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let person = app.monitor().await;
    let query = "time_zone=Europe/Berlin&time_zone=Asia/Kathmandu&time_zone=Mars/Olympus";
    let data = person.json(&format!("/api/v1/reference-data?{query}")).await;
    assert_eq!(data["time_zone_database"], json!(tables().version));
    assert_eq!(data["phone_number_tables"], json!(ringback_api::phone::TABLES));
    let clocks = data["time_zones"].as_array().unwrap();
    assert_eq!(clocks.len(), 2, "{data}");
    assert_eq!(
        clocks[0]["offsets"],
        json!([
            {"from": "2026-09-25T09:00:00Z", "seconds": 7200},
            {"from": "2026-10-25T01:00:00Z", "seconds": 3600},
            {"from": "2027-03-28T01:00:00Z", "seconds": 7200},
            {"from": "2027-10-31T01:00:00Z", "seconds": 3600},
        ])
    );
    assert_eq!(clocks[1]["offsets"], json!([{"from": "2026-09-25T09:00:00Z", "seconds": 20700}]));
    let many = vec!["time_zone=UTC"; 101].join("&");
    let answer = person.get(&format!("/api/v1/reference-data?{many}")).await;
    refused(&answer, "?time_zone", "too_long");
}

/// Nights on which clocks change, a leap day, and the zones at either end.
#[rstest]
#[tokio::test]
async fn a_wall_time_is_submitted_at_its_instant_and_no_second_earlier(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let clock = Clock::manual("2028-02-01T09:00:00Z".parse().unwrap());
    let app = TestApp::start_with(backend, Options { clock, ..Options::default() }).await;
    let client = app.integration();
    let mut last = app.clock.now();
    for (local, zone, fold, instant) in [
        ("2028-02-29T00:30", "Pacific/Kiritimati", None, "2028-02-28T10:30:00Z"),
        ("2028-02-29T23:59", "Etc/GMT+12", None, "2028-03-01T11:59:00Z"),
        ("2028-03-26T03:00", "Europe/Berlin", None, "2028-03-26T01:00:00Z"),
        ("2028-04-02T01:45", "Australia/Lord_Howe", Some("first"), "2028-04-01T14:45:00Z"),
        ("2028-04-02T01:45", "Australia/Lord_Howe", Some("second"), "2028-04-01T15:15:00Z"),
        ("2028-10-29T02:30", "Europe/Berlin", Some("first"), "2028-10-29T00:30:00Z"),
        ("2028-10-29T02:30", "Europe/Berlin", Some("second"), "2028-10-29T01:30:00Z"),
    ] {
        let mut time = at(local, zone);
        if let Some(fold) = fold {
            time["fold"] = json!(fold);
        }
        let made = client.create(&request(&app, time)).await;
        assert_eq!(made["desired_time"], instant, "{local} {zone}");
        let due: Timestamp = instant.parse().unwrap();
        let seconds = (due.micros() - last.micros()) / 1_000_000;
        app.advance(seconds - 1);
        assert_eq!(app.submit().await, 0, "{local} {zone}");
        app.advance(1);
        assert_eq!(app.submit().await, 1, "{local} {zone}");
        last = due;
    }
}

#[rstest]
#[tokio::test]
async fn a_clock_that_is_an_hour_off_for_a_while_submits_nothing_early(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(3_600, -3_600)] jump: i64,
) {
    let app = TestApp::start(backend).await;
    let client = app.integration();
    client.create_scheduled(app.service, "+442079460318", "2026-11-24T09:30:00Z").await;
    client.create_immediate(app.service, "+442079460318").await;
    app.submit().await;
    let reserved = app.router().reserve_one().await;

    app.clock.set_by_seconds(jump);
    for _ in 0..4 {
        app.advance(60);
        assert_eq!((app.submit().await, app.expire_leases().await), (0, 0));
    }
    app.clock.set_by_seconds(-jump);
    assert_eq!(app.submit().await, 0);
    assert_eq!(app.router().report(&reserved, "connect", json!({})).await.status, 200);
    // It is 9:04. The promise is kept to the second once the clock is right again.
    app.advance(26 * 60 - 1);
    assert_eq!(app.submit().await, 0);
    app.advance(1);
    assert_eq!(app.submit().await, 1);
}
