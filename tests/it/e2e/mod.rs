//! Tests of the Callback UI in a browser.

mod accessibility;
mod account;
mod audit;
mod bulk;
mod edit;
mod first_view;
mod flows;
mod hardening;
mod hours;
mod intervention;
mod journeys;
mod keyboard;
mod life;
mod metrics;
mod numbers;
mod options;
mod reschedule;
mod search;
mod services;
mod shell;
mod slots;
mod truth;
mod view;
mod views;
mod walk;

use std::path::{Path, PathBuf};

use ringback_api::clock::Clock;
use ringback_api::telephony::simulator::Behaviour;
use ringback_tests::app::PASSWORD;
use ringback_tests::browser::Locator;
use ringback_tests::{Backend, Browser, Options, TestApp, wait_for};

/// The folder of the built page.
fn web_dir() -> PathBuf {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/web/dist");
    assert!(dist.join("index.html").is_file(), "the page is not built: run `cargo xtask web`");
    dist
}

/// A server with its workers and the page.
async fn start(simulator: Option<Behaviour>) -> TestApp {
    TestApp::start_with(Backend::Sqlite, options(simulator)).await
}

fn options(simulator: Option<Behaviour>) -> Options {
    Options {
        clock: Clock::system(),
        workers: true,
        simulator,
        web_dir: Some(web_dir()),
        ..Options::default()
    }
}

/// Fills in and submits the log-in form.
async fn sign_in(browser: &Browser, username: &str, password: &str) {
    browser.at("textbox", "Username").fill(username).await;
    browser.at("textbox", "Password").fill(password).await;
    browser.at("button", "Sign in").click().await;
}

/// A browser in which a person has logged in and sees a range of callbacks.
async fn log_in(app: &TestApp, username: &str, range: &str) -> Browser {
    let browser = Browser::start().await;
    browser.open(&format!("http://{}/callbacks?range={range}", app.address)).await;
    sign_in(&browser, username, PASSWORD).await;
    browser.at("heading", "Callbacks").shown().await;
    browser
}

/// Waits until the element contains this text.
async fn says(place: &Locator<'_>, part: &str) {
    wait_for(part, async || place.text().await.contains(part).then_some(())).await;
}

/// Waits until the row of a number contains this text.
async fn row_says(browser: &Browser, number: &str, part: &str) {
    wait_for(&format!("{part} beside {number}"), async || {
        let row = browser.page().row_with(number).text().await;
        row.contains(part).then_some(())
    })
    .await;
}

/// Waits until this many rows are listed.
async fn rows_are(browser: &Browser, count: u64) {
    wait_for(&format!("{count} rows"), async || {
        let rows = browser.script("return document.querySelectorAll('tr.row').length").await;
        (rows == count).then_some(())
    })
    .await;
}

/// Waits until a status contains this text.
async fn status_says(browser: &Browser, part: &str) {
    wait_for(&format!("a status with {part}"), async || {
        let page = browser.page();
        for index in 0..page.names("status").await.len() {
            if page.nth("status", index).text().await.contains(part) {
                return Some(());
            }
        }
        None
    })
    .await;
}
