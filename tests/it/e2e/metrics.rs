//! The details of a row, and recreating a finished callback.

use ringback_domain::ApiScope;
use ringback_tests::app::text;
use ringback_tests::wait_for;
use serde_json::json;

use super::{log_in, row_says, start};
use crate::http::name_recordings::attach;

const NUMBER: &str = "+44 20 7946 0318";

/// Shows: S50, S51, S52, S53, S56
#[tokio::test]
async fn a_row_opens_to_its_metrics_and_to_all_of_them() {
    let app = start(None).await;
    let soon = app.clock.now().plus_seconds(3_600).to_string();
    let supervisor = app.supervisor().await;
    let created = supervisor.create_scheduled(app.service, NUMBER, &soon).await;
    assert_eq!(supervisor.command(&created["id"], "cancel", &json!({})).await.status, 200);

    let browser = log_in(&app, "monitor", "next-7-days").await;
    let arrow = browser.at("button", &format!("Metrics {NUMBER}"));
    arrow.click().await;
    let metrics = browser.at("region", &format!("Callback metrics for {NUMBER}"));
    metrics.at("term", "Position in Queue").shown().await;
    metrics.at("term", "Estimated Wait Time").shown().await;
    metrics.at("region", "Timeline").shown().await;
    let advanced = metrics.at("region", "Advanced metrics");
    advanced.gone().await;
    metrics.at("switch", "Advanced Callback Metrics").click().await;
    advanced.at("term", "Cancelled By").shown().await;
    let all = advanced.text().await;
    assert!(all.contains("supervisor") && all.contains("CANCELLED_BY_ADMIN"), "{all}");
    metrics.at("switch", "Advanced Callback Metrics").click().await;
    advanced.gone().await;
    arrow.click().await;
    metrics.gone().await;
}

/// Shows: S51, S54, S55
#[tokio::test]
async fn the_metrics_grow_with_the_state() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_immediate(app.service, NUMBER).await;
    let browser = log_in(&app, "monitor", "last-7-days").await;
    row_says(&browser, NUMBER, "QUEUED").await;
    browser.at("button", &format!("Metrics {NUMBER}")).click().await;
    let metrics = browser.at("region", &format!("Callback metrics for {NUMBER}"));
    metrics.at("switch", "Advanced Callback Metrics").click().await;
    let advanced = metrics.at("region", "Advanced metrics");
    advanced.at("term", "Queued").shown().await;
    advanced.at("term", "Agent reserved").gone().await;
    let place = "return document.querySelector('.metrics dd').textContent.trim()";
    let place_is = async |text: &str| {
        wait_for(text, async || (browser.script(place).await == text).then_some(())).await;
    };
    place_is("1").await;
    let reserved = app.router().reserve_one().await;
    place_is("was 1").await;
    advanced.at("term", "Agent reserved").shown().await;
    app.router().report(&reserved, "connect", json!({})).await;
    advanced.at("term", "Agent connected").shown().await;
    advanced.at("term", "First attempt").shown().await;
    for on_time in ["Attempted in the window", "Connected in the window"] {
        let value = format!(
            "return [...document.querySelectorAll('dt')].find(term => term.textContent.trim() === '{on_time}')\
             ?.nextElementSibling?.textContent.trim()"
        );
        wait_for(on_time, async || (browser.script(&value).await == "yes").then_some(())).await;
    }
    advanced.at("term", "Result").gone().await;
    app.router().report(&reserved, "complete", json!({})).await;
    advanced.at("term", "Result").shown().await;
    for earlier in ["Queued", "Agent reserved", "Agent connected"] {
        advanced.at("term", earlier).shown().await;
    }
}

/// Shows: S91, S93, S94, S95
#[tokio::test]
async fn a_finished_callback_is_recreated_with_its_name_recording() {
    let app = start(None).await;
    let supervisor = app.supervisor().await;
    let soon = app.clock.now().plus_seconds(3_600).to_string();
    let created = supervisor.create_scheduled(app.service, NUMBER, &soon).await;
    attach(&supervisor, &created["id"]).await;
    supervisor.command(&created["id"], "cancel", &json!({})).await;

    let browser = log_in(&app, "supervisor", "next-7-days").await;
    browser.at("button", &format!("Metrics {NUMBER}")).click().await;
    let recording = browser.at("group", "Name recording");
    recording.at("button", "Play").click().await;
    recording.at("button", "Play").gone().await;
    let length = "return document.querySelector('.recording audio').duration";
    let seconds = wait_for("the recording", async || browser.script(length).await.as_f64()).await;
    assert!((0.05..1.0).contains(&seconds), "{seconds} s");

    browser.at("button", &format!("Recreate {NUMBER}")).click().await;
    let dialog = browser.at("dialog", "Recreate Callback");
    dialog.like("StaticText", "The name recording is carried over").shown().await;
    browser.type_keys(ringback_tests::browser::key::ESCAPE).await;
    dialog.gone().await;
    assert_eq!(
        supervisor.callback(&created["id"]).await["recreated_as"],
        json!(null),
        "closing does nothing"
    );

    browser.at("button", &format!("Recreate {NUMBER}")).click().await;
    dialog.at("radio", "Scheduled").click().await;
    dialog.at("button", "Recreate").click().await;
    dialog.gone().await;
    let old = supervisor.callback(&created["id"]).await;
    let new = supervisor.callback(&old["recreated_as"]).await;
    assert_eq!(new["recreated_from"], created["id"]);
    assert_eq!((&new["state"], &new["customer_number"]), (&json!("SCHEDULED"), &created["customer_number"]));
    assert_eq!(new["metrics"]["recreated_by"], "supervisor");
    assert_eq!(new["name_recording"]["media_type"], "audio/wav");
    assert_ne!(text(&new["id"]), text(&created["id"]));
    // The row stays while it has the focus, and disappears afterwards.
    browser.at("searchbox", "Search").click().await;
    browser.at("button", &format!("Recreate {NUMBER}")).gone().await;
}

#[tokio::test]
async fn a_row_says_why_it_is_not_called_now() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_immediate(app.service, NUMBER).await;
    let browser = log_in(&app, "monitor", "last-7-days").await;
    row_says(&browser, NUMBER, "QUEUED").await;
    let arrow = browser.at("button", &format!("Metrics {NUMBER}"));
    arrow.click().await;
    let metrics = browser.at("region", &format!("Callback metrics for {NUMBER}"));
    let gates = metrics.at("region", "Why not now?");
    let says = async |text: &str| {
        wait_for(text, async || gates.text().await.contains(text).then_some(())).await;
    };
    let open_again = async || {
        arrow.click().await;
        metrics.gone().await;
        arrow.click().await;
    };
    says("waits for an agent").await;
    browser.axe().await;
    let service = format!("/api/v1/services/{}", app.service);
    assert_eq!(app.admin().await.patch(&service, &json!({"dial_pending": false})).await.status, 200);
    open_again().await;
    says("dialling is off").await;
    browser.axe().await;
    let entry = json!({"number": "+442079460318", "reason": "Asked us to stop"});
    assert_eq!(app.admin().await.post("/api/v1/do-not-call", &entry).await.status, 201);
    open_again().await;
    says("Rule: Asked us to stop").await;
    says("ends as FAIL_NUMBER_BLOCKED").await;
}
