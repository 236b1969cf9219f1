//! What a supervisor can do for a callback that does not go on by itself.

use ringback_api::clock::Clock;
use ringback_tests::{Backend, Options, TestApp};
use serde_json::json;

use super::{log_in, row_says, web_dir};

const NUMBER: &str = "+44 20 7946 0318";

#[tokio::test]
async fn a_quarantined_callback_is_requeued_and_a_stuck_call_closed() {
    let clock = Clock::manual(Clock::system().now());
    let options = Options { clock, web_dir: Some(web_dir()), ..Options::default() };
    let app = TestApp::start_with(Backend::Sqlite, options).await;
    let supervisor = app.supervisor().await;
    let id = supervisor.create_immediate(app.service, NUMBER).await["id"].clone();
    app.submit().await;
    for _ in 0..3 {
        app.router().reserve_one().await;
        app.advance(31);
        app.expire_leases().await;
    }

    let monitor = log_in(&app, "monitor", "last-7-days").await;
    row_says(&monitor, NUMBER, "quarantined").await;
    monitor.at("button", &format!("Metrics {NUMBER}")).click().await;
    let metrics = monitor.at("region", &format!("Callback metrics for {NUMBER}"));
    metrics.at("region", "Timeline").shown().await;
    metrics.at("button", "Requeue").gone().await;
    drop(monitor);

    let browser = log_in(&app, "supervisor", "last-7-days").await;
    browser.at("button", &format!("Metrics {NUMBER}")).click().await;
    let metrics = browser.at("region", &format!("Callback metrics for {NUMBER}"));
    let requeue = metrics.at("button", "Requeue");
    requeue.shown().await;
    browser.axe().await;
    requeue.click().await;
    requeue.gone().await;
    row_says(&browser, NUMBER, "waiting").await;

    let reserved = app.router().reserve_one().await;
    assert_eq!(app.router().report(&reserved, "connect", json!({})).await.status, 200);
    metrics.at("button", "Close Callback").click().await;
    let dialog = browser.at("dialog", "Close Callback");
    dialog.at("button", "Close Callback").click().await;
    dialog.at("StaticText", "Enter a reason.").shown().await;
    for theme in ["light", "dark"] {
        browser.script(&format!("document.documentElement.dataset.theme = '{theme}'")).await;
        browser.axe().await;
    }
    dialog.at("textbox", "Reason").fill("The agent says that it ended at noon.").await;
    dialog.at("button", "Close Callback").click().await;
    dialog.gone().await;
    row_says(&browser, NUMBER, "COMPLETED").await;
    assert_eq!(supervisor.callback(&id).await["result"], "AGENT_CONNECTED");
    metrics.at("button", "Close Callback").gone().await;
}
