//! The list: its columns, pages, ranges and search.

use futures_util::future::join_all;
use ringback_api::clock::Clock;
use ringback_domain::wire::auth::Preferences;
use ringback_domain::wire::endpoint::PutPreferences;
use ringback_domain::{ApiScope, StateName};
use ringback_tests::app::{PASSWORD, text};
use ringback_tests::{Backend, Browser, Options, TestApp, wait_for};
use serde_json::{Value, json};

use super::{log_in, row_says, rows_are, says, sign_in, start, web_dir};

const NUMBER: &str = "+44 20 7946 0318";
const OTHER: &str = "+49 30 23125051";
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// A server whose clock stands still an hour ago, so that the test can let
/// callbacks become overdue.
async fn start_earlier() -> TestApp {
    let clock = Clock::manual(Clock::system().now().plus_seconds(-HOUR));
    let options = Options { clock, web_dir: Some(web_dir()), ..Options::default() };
    TestApp::start_with(Backend::Sqlite, options).await
}

/// Shows: S01, S08, S09, S18, S24, S33, S34
#[tokio::test]
async fn the_table_shows_service_state_result_and_origin() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_scheduled(app.service, NUMBER, &app.clock.now().plus_seconds(HOUR).to_string()).await;
    let cancelled = machine.create_immediate(app.other_service, OTHER).await;
    let supervisor = app.supervisor().await;
    assert_eq!(supervisor.command(&cancelled["id"], "cancel", &json!({})).await.status, 200);

    let browser = log_in(&app, "supervisor", "next-7-days").await;
    browser.resize(1440, 900).await;
    let table = browser.at("table", "Callbacks, Next 7 Days, sorted by Desired Callback Time");
    row_says(&browser, NUMBER, "SCHEDULED").await;
    let row = table.row_with(NUMBER);
    row.at("cell", "Billing EN").shown().await;
    row.at("image", "Originated as scheduled").shown().await;
    let usual = ["Metrics", "State", "Desired Callback Time", "Service Name", "Customer Number", "Attempts"];
    let heads = table.names("columnheader").await;
    assert!(usual.iter().all(|name| heads.iter().any(|head| head == name)), "{heads:?}");

    browser.at("combobox", "Date Range").choose("Last 7 Days").await;
    let row = browser.page().row_with(OTHER);
    row.at("cell", "COMPLETED (CANCELLED_BY_ADMIN)").shown().await;
    row.at("cell", "Support DE").shown().await;
    row.at("image", "Originated as scheduled").gone().await;

    browser.at("button", "Create Callback").click().await;
    let services = browser.at("dialog", "Create Callback").at("combobox", "Service Type");
    services.choose("Billing EN").await;
    services.choose("Support DE").await;
}

/// Shows: S04
#[tokio::test]
async fn callback_251_is_on_the_second_page() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    for number in 0..251 {
        let time = app.clock.now().plus_seconds(HOUR + number).to_string();
        machine.create_scheduled(app.service, &format!("+4420794600{:02}", number % 100), &time).await;
    }
    let last = app.clock.now().plus_seconds(2 * HOUR).to_string();
    machine.create_scheduled(app.service, OTHER, &last).await;
    let browser = log_in(&app, "monitor", "next-24-hours").await;
    browser.at("link", "Page 2").shown().await;
    rows_are(&browser, 250).await;
    browser.page().row_with(OTHER).gone().await;
    browser.at("link", "Page 2").click().await;
    browser.page().row_with(OTHER).shown().await;
    rows_are(&browser, 2).await;
    assert!(browser.url().await.contains("page=2"));
}

/// Shows: S05, S06, S36, S37, S38, S39, S40
#[tokio::test]
async fn the_date_range_decides_what_is_listed() {
    let app = start_earlier().await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let past = app.clock.now().plus_seconds(HOUR / 2).to_string();
    machine.create_scheduled(app.service, NUMBER, &past).await;
    app.advance(HOUR);
    let ahead = app.clock.now().plus_seconds(2 * DAY).to_string();
    machine.create_scheduled(app.service, OTHER, &ahead).await;

    let browser = log_in(&app, "monitor", "last-30-days").await;
    let range = browser.at("combobox", "Date Range");
    // Its desired time has passed, but it is still SCHEDULED.
    row_says(&browser, NUMBER, "SCHEDULED").await;
    browser.page().row_with(OTHER).gone().await;

    range.choose("Next 7 Days").await;
    row_says(&browser, OTHER, "SCHEDULED").await;
    browser.page().row_with(NUMBER).gone().await;
    // The view is in the address.
    assert!(browser.url().await.contains("range=next-7-days"));
    browser.reload().await;
    row_says(&browser, OTHER, "SCHEDULED").await;

    for name in ["Yesterday", "Today", "Tomorrow", "Next 24 Hours", "Last 7 Days", "Next 30 Days"] {
        range.choose(name).await;
    }
    row_says(&browser, OTHER, "SCHEDULED").await;
    for name in ["Next 14 Days", "Last 14 Days"] {
        range.choose(name).await;
    }
    row_says(&browser, NUMBER, "SCHEDULED").await;
}

#[tokio::test]
async fn the_address_holds_the_whole_view_and_the_list_loads_once() {
    let app = start(None).await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    let person = app.monitor().await;
    let preferences = Preferences {
        last_range: Some("yesterday".to_owned()),
        visible_states: Some(vec![StateName::Queued]),
        visible_services: Some(vec![app.service]),
        ..Preferences::default()
    };
    person.call(&PutPreferences(preferences)).await.unwrap();

    let browser = Browser::start().await;
    let says = async |view: &str| {
        let view = format!("/callbacks?range={view}&states=QUEUED%2C&services={}", app.service);
        wait_for(&view, async || browser.url().await.ends_with(&view).then_some(())).await;
    };
    browser.open(&format!("http://{}/callbacks", app.address)).await;
    browser.at("heading", "Sign in").shown().await;
    let steps = browser.script("return history.length").await;
    browser
        .script(
            "const send = window.fetch; window.loads = 0; window.fetch = (request) => {
                 window.loads += (request.url ?? request).includes('/api/v1/callbacks?'); return send(request);
             }",
        )
        .await;
    sign_in(&browser, "monitor", PASSWORD).await;
    says("yesterday").await;
    browser.at("heading", "No callbacks in Yesterday").shown().await;
    browser.at("StaticText", "Live").shown().await;
    assert_eq!(browser.script("return history.length").await, steps, "there is nothing to go back to");
    assert_eq!(browser.script("return window.loads").await, 1);

    browser.at("combobox", "Date Range").choose("Today").await;
    row_says(&browser, NUMBER, "QUEUED").await;
    says("today").await;
    browser.at("link", "Callbacks").click().await;
    says("today").await;
    // Other pages have their own address.
    browser.type_keys("gs").await;
    browser.at("heading", "Callback Search").shown().await;
    assert!(browser.url().await.ends_with("/search"));
    browser.type_keys("gc").await;
    says("today").await;
    browser.open(&format!("http://{}/callbacks?range=tomorrow", app.address)).await;
    says("tomorrow").await;
}

/// Shows: S29, S30, S31, S32
#[tokio::test]
async fn a_warning_shows_from_the_end_of_the_window_until_it_moves_on() {
    let app = start_earlier().await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let at = |seconds| app.clock.now().plus_seconds(HOUR + seconds).to_string();
    machine.create_scheduled(app.service, NUMBER, &at(-20)).await;
    let late = machine.create_scheduled(app.service, OTHER, &at(-10 * 60)).await;
    app.advance(HOUR);

    let browser = log_in(&app, "monitor", "last-7-days").await;
    row_says(&browser, NUMBER, "due now").await;
    browser.page().row_with(NUMBER).at("button", "Warning").gone().await;
    let warning = browser.page().row_with(OTHER).at("button", "Warning");
    warning.hover().await;
    browser.page().like("tooltip", "Still SCHEDULED after its window").shown().await;

    // The page updates itself without a refresh.
    let ahead = json!({ "desired_time": app.clock.now().plus_seconds(HOUR).to_string() });
    assert_eq!(machine.command(&late["id"], "reschedule", &ahead).await.status, 200);
    warning.gone().await;
    row_says(&browser, OTHER, "SCHEDULED").await;
    app.advance(10 * 60);
    assert_eq!(app.submit().await, 1);
    row_says(&browser, NUMBER, "QUEUED").await;
    browser.page().row_with(NUMBER).at("button", "Warning").gone().await;
}

/// Shows: S35, S41
#[tokio::test]
async fn refresh_shows_new_callbacks_and_a_link_those_out_of_range() {
    let app = start(None).await;
    let browser = log_in(&app, "supervisor", "today").await;
    browser.at("heading", "No callbacks in Today").shown().await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    browser.at("button", "1 new callback").shown().await;
    browser.at("button", "Refresh").click().await;
    row_says(&browser, NUMBER, "QUEUED").await;
    browser.at("button", "1 new callback").gone().await;

    browser.at("combobox", "Date Range").choose("Tomorrow").await;
    browser.at("heading", "No callbacks in Tomorrow").shown().await;
    browser.at("region", "Callback records").at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    dialog.at("combobox", "Service Type").choose("Billing EN").await;
    dialog.at("textbox", "Customer Number").fill("+49 30 23125051").await;
    dialog.at("button", "Create").click().await;
    dialog.gone().await;
    browser.at("button", "Switch to Today").click().await;
    row_says(&browser, OTHER, "QUEUED").await;
}

/// Shows: S42, S43, S44
#[tokio::test]
async fn typing_filters_by_one_column_at_once_and_marks_matches() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_immediate(app.service, NUMBER).await;
    machine.create_immediate(app.other_service, OTHER).await;
    let browser = log_in(&app, "monitor", "today").await;
    let search = browser.at("searchbox", "Search");
    let column = browser.at("combobox", "Search Column");
    row_says(&browser, NUMBER, "QUEUED").await;

    search.fill("79 46").await;
    browser.page().row_with(OTHER).gone().await;
    wait_for("the mark", async || (browser.page().names("mark").await.len() == 1).then_some(())).await;
    // Matches are marked only in the searched column.
    search.fill("support").await;
    browser.at("heading", "No Customer Number contains “support”").shown().await;
    browser.at("button", "Search every range").shown().await;
    column.choose("Service Name").await;
    row_says(&browser, OTHER, "Support DE").await;
    browser.page().row_with(NUMBER).gone().await;
    column.choose("State").await;
    search.fill("queued").await;
    row_says(&browser, NUMBER, "QUEUED").await;
    row_says(&browser, OTHER, "QUEUED").await;
    // The view is in the address.
    wait_for("the address", async || browser.url().await.contains("q=queued&col=state").then_some(())).await;

    // Search in all columns.
    column.choose("Any Column").await;
    search.fill("support").await;
    row_says(&browser, OTHER, "QUEUED").await;
    browser.page().row_with(NUMBER).gone().await;
    search.fill("7946").await;
    row_says(&browser, NUMBER, "QUEUED").await;

    // The rows on the page are filtered before the server answers.
    column.choose("Customer Number").await;
    search.fill("0").await;
    row_says(&browser, NUMBER, "QUEUED").await;
    browser.script("window.fetch = () => new Promise(() => {})").await;
    search.fill("0318").await;
    browser.page().row_with(OTHER).gone().await;
    browser.page().row_with(NUMBER).shown().await;
}

/// Shows: S24, S42
#[tokio::test]
async fn any_column_is_every_shown_column_with_the_state_as_shown() {
    let app = start(None).await;
    let person = app.supervisor().await;
    let cancelled = person.create_immediate(app.service, NUMBER).await;
    assert_eq!(person.command(&cancelled["id"], "cancel", &json!({})).await.status, 200);
    app.key(ApiScope::CallbacksWrite).create_immediate(app.other_service, OTHER).await;
    let browser = log_in(&app, "supervisor", "today").await;
    row_says(&browser, OTHER, "QUEUED").await;
    row_says(&browser, NUMBER, "(CANCELLED_BY_ADMIN)").await;
    let search = browser.at("searchbox", "Search");
    browser.at("combobox", "Search Column").choose("Any Column").await;
    search.fill("COMPLETED (CANCELLED_BY_ADMIN)").await;
    browser.page().row_with(OTHER).gone().await;
    row_says(&browser, NUMBER, "COMPLETED").await;
    browser.at("button", "All 1").shown().await;
    search.fill("tel:+44-20-7946-0318;ext=12").await;
    row_says(&browser, NUMBER, "COMPLETED").await;

    // Who made it is not shown, and then it is.
    search.fill("supervisor").await;
    browser.at("heading", "Nothing contains “supervisor”").shown().await;
    let columns = Some(["customer_number", "created_by"].map(str::to_owned).to_vec());
    person.call(&PutPreferences(Preferences { columns, ..Preferences::default() })).await.unwrap();
    browser.reload().await;
    row_says(&browser, NUMBER, "supervisor").await;
}

#[tokio::test]
async fn a_changed_cell_flashes_at_once_and_only_while_it_is_visible() {
    const FAR_BELOW: i64 = 150;
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let time = |number: i64| app.clock.now().plus_seconds(HOUR + number).to_string();
    let mut created = Vec::new();
    for number in 0..=FAR_BELOW {
        created.push(machine.create_scheduled(app.service, NUMBER, &time(number)).await);
    }
    let browser = log_in(&app, "monitor", "next-24-hours").await;
    rows_are(&browser, created.len() as u64).await;
    let watch = "
        const row = (cell) => cell.closest('tr').dataset.id;
        window.flashed = [];
        document.addEventListener('animationstart', ({ target, animationName }) => {
            if (animationName.startsWith('flash')) flashed.push(row(target));
        });
        window.changed = [];
        new MutationObserver((changes) => changed.push(...changes.map((change) => row(change.target)))).observe(
            document.querySelector('tbody'), { subtree: true, attributeFilter: ['data-changed'] },
        );";
    browser.script(watch).await;
    let move_it = async |callback: &Value| {
        let body = json!({"desired_time": time(DAY / 2)});
        assert_eq!(machine.command(&callback["id"], "reschedule", &body).await.status, 200);
        // The mark appears and disappears.
        wait_for("a change and its end", async || {
            let changes = browser.script("return changed").await;
            let those = changes.as_array()?.iter().filter(|id| **id == callback["id"]);
            (those.count() == 2).then_some(())
        })
        .await;
    };
    let (first, last) = (&created[0], created.last().unwrap());
    move_it(first).await;
    move_it(last).await;
    let scroll = "document.querySelector('tr.row:last-child').scrollIntoView(); \
                  for (let left = 5; left > 0; left--) await new Promise(requestAnimationFrame); return flashed";
    assert_eq!(browser.script_async(scroll).await, json!([first["id"]]));
}

#[tokio::test]
async fn a_time_of_another_year_has_its_weekday_and_its_year() {
    let app = start(None).await;
    let settings = json!({ "horizon_days": 366 });
    let service = format!("/api/v1/services/{}", app.service);
    assert_eq!(app.admin().await.patch(&service, &settings).await.status, 200);
    let next_year = app.clock.now().plus_seconds(366 * DAY - HOUR).to_string();
    let callback = app.key(ApiScope::CallbacksWrite).create_scheduled(app.service, NUMBER, &next_year).await;
    let browser = log_in(&app, "supervisor", "today").await;
    browser.open(&format!("http://{}/callbacks/{}", app.address, text(&callback["id"]))).await;
    let parts = "{ weekday: 'short', month: 'short', day: 'numeric', year: 'numeric' }";
    let expected =
        browser.script(&format!("return new Date('{next_year}').toLocaleString('en', {parts})")).await;
    says(&browser.at("region", NUMBER), &text(&expected)).await;
}

#[tokio::test]
async fn counts_are_grouped_as_in_the_language_of_the_page() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let later = app.clock.now().plus_seconds(HOUR).to_string();
    for _ in 0..10 {
        join_all((0..101).map(|_| machine.create_scheduled(app.service, NUMBER, &later))).await;
    }
    let browser = log_in(&app, "supervisor", "next-24-hours").await;
    browser.at("button", "All 1,010").shown().await;
    browser.at("button", "supervisor, Supervisor").click().await;
    browser.at("menuitem", "Language").click().await;
    browser.at("menuitemradio", "Deutsch").click().await;
    browser.at("button", "Alle 1.010").shown().await;
}
