//! What the page shows is true, and leads to where the work is.

use ringback_domain::ApiScope;
use ringback_tests::browser::key;
use ringback_tests::{Browser, TestApp, size, wait_for};
use serde_json::json;

use super::keyboard::focus_is;
use super::{log_in, row_says, rows_are, says, sign_in, start, status_says};

const NUMBER: &str = "+44 20 7946 0318";
const OTHER: &str = "+49 30 23125051";
const HOUR: i64 = 3_600;

async fn scroll_top(browser: &Browser) -> f64 {
    let script = "return document.querySelector('.tablewrap').scrollTop";
    browser.script(script).await.as_f64().unwrap()
}

/// A list whose first page is full of the past: completed callbacks, then one ahead.
async fn with_a_full_past(app: &TestApp) -> String {
    let machine = app.key(ApiScope::CallbacksWrite);
    for number in 0..252 {
        machine.create_immediate(app.service, &format!("+442079461{number:03}")).await;
    }
    let ahead = app.clock.now().plus_seconds(HOUR).to_string();
    machine.create_scheduled(app.service, OTHER, &ahead).await;
    let [from, to] = [-HOUR, 2 * HOUR].map(|by| app.clock.now().plus_seconds(by).to_string());
    format!("custom&from={from}&to={to}")
}

#[tokio::test]
async fn the_list_opens_at_the_current_time() {
    let app = start(None).await;
    let range = with_a_full_past(&app).await;
    let browser = log_in(&app, "supervisor", &range).await;
    rows_are(&browser, 3).await;
    browser.page().row_with(OTHER).shown().await;
    assert!(!browser.url().await.contains("page="));
    browser.at("link", "Page 1").click().await;
    rows_are(&browser, 250).await;
    assert!(browser.url().await.contains("page=1"));
    browser.at("button", "Jump to now").click().await;
    focus_is(&browser, "button", &format!("Metrics {OTHER}")).await;
}

#[tokio::test]
async fn a_toast_leads_to_the_new_callback_and_marks_it() {
    let app = start(None).await;
    let range = with_a_full_past(&app).await;
    let browser = log_in(&app, "supervisor", &range).await;
    browser.at("link", "Page 1").click().await;
    rows_are(&browser, 250).await;
    browser.at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    dialog.at("combobox", "Service Type").choose("Billing EN").await;
    dialog.at("textbox", "Customer Number").fill(NUMBER).await;
    dialog.at("button", "Create").click().await;
    status_says(&browser, &format!("{NUMBER}, Billing EN")).await;
    browser.at("button", "Show it").click().await;
    focus_is(&browser, "button", &format!("Metrics {NUMBER}")).await;
    let marked = "return document.querySelector('tr.is-marked')?.textContent ?? ''";
    assert!(browser.script(marked).await.as_str().unwrap().contains(NUMBER));
}

#[tokio::test]
async fn the_new_callbacks_button_leads_to_the_first_of_them() {
    let app = start(None).await;
    let range = with_a_full_past(&app).await;
    let browser = log_in(&app, "supervisor", &range).await;
    browser.at("link", "Page 1").click().await;
    rows_are(&browser, 250).await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    browser.at("button", "1 new callback").click().await;
    focus_is(&browser, "button", &format!("Metrics {NUMBER}")).await;
}

#[tokio::test]
async fn each_callback_has_an_address_that_stays_up_to_date() {
    let app = start(None).await;
    let created = app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    let browser = log_in(&app, "monitor", "today").await;
    let id = created["id"].as_str().unwrap();
    let open = async |id: &str| browser.open(&format!("http://{}/callbacks/{id}", app.address)).await;
    open(id).await;
    let record = browser.at("region", NUMBER);
    says(&record, "QUEUED").await;
    let cancelled = app.supervisor().await.command(&created["id"], "cancel", &json!({})).await;
    assert_eq!(cancelled.status, 200);
    says(&record, "CANCELLED_BY_ADMIN").await;
    for absent in ["019ab5c4-7d1e-7c20-9c4f-000000000001", "nothing"] {
        open(absent).await;
        browser.at("heading", "Callback not found").shown().await;
    }
}

#[tokio::test]
async fn a_wrong_clock_of_the_computer_changes_nothing_but_is_said() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let soon = app.clock.now().plus_seconds(90 * 60 + 30).to_string();
    machine.create_scheduled(app.service, NUMBER, &soon).await;
    let browser = Browser::start().await;
    let wrong = "const now = Date.now; Date.now = () => now() + 3600000;";
    browser.prepare_pages(wrong).await;
    browser.open(&format!("http://{}/callbacks?range=next-24-hours", app.address)).await;
    sign_in(&browser, "supervisor", ringback_tests::app::PASSWORD).await;
    row_says(&browser, NUMBER, "in 90 min").await;
    status_says(&browser, "clock is 1 h 0 min ahead").await;
}

#[tokio::test]
async fn what_an_address_cannot_mean_is_left_out_and_said() {
    let app = start(None).await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    let browser = log_in(&app, "monitor", "last-7-days").await;
    browser.page().row_with(NUMBER).shown().await;
    for (part, said) in [
        ("page=10", "Page 10 no longer exists."),
        ("cursor=abc", "The place in the list no longer exists."),
        ("sort=colour", "Parts of the address were left out"),
        (&*format!("q={}", "x".repeat(120)), "Parts of the address were left out"),
    ] {
        browser.open(&format!("http://{}/callbacks?range=last-7-days&{part}", app.address)).await;
        browser.page().row_with(NUMBER).shown().await;
        wait_for(said, async || {
            let text = browser.script("return document.querySelector('.toasts').textContent").await;
            text.as_str()?.contains(said).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_time_that_nobody_changed_is_not_promised_anew() {
    let app = start(None).await;
    let time = app.clock.now().plus_seconds(HOUR).to_string();
    let created = app.key(ApiScope::CallbacksWrite).create_scheduled(app.service, NUMBER, &time).await;
    let browser = log_in(&app, "supervisor", "next-24-hours").await;
    browser.at("button", &format!("Edit {NUMBER}")).click().await;
    let dialog = browser.at("dialog", "Edit Callback");
    dialog.at("button", "Save").click().await;
    dialog.gone().await;
    status_says(&browser, "The desired time is unchanged").await;
    let path = format!("/api/v1/callbacks/{}", created["id"].as_str().unwrap());
    let now = app.key(ApiScope::CallbacksRead).json(&path).await;
    assert_eq!((&now["desired_time"], &now["version"]), (&created["desired_time"], &created["version"]));
}

#[tokio::test]
async fn twelve_tabs_of_one_browser_are_all_live() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_immediate(app.service, NUMBER).await;
    let browser = log_in(&app, "monitor", "last-7-days").await;
    browser.page().row_with(NUMBER).shown().await;
    let mut tabs = Vec::new();
    for _ in 0..11 {
        let [here, _] = browser.open_tab().await;
        tabs.push(here);
        browser.open(&format!("http://{}/callbacks?range=last-7-days", app.address)).await;
        browser.page().row_with(NUMBER).shown().await;
    }
    machine.create_immediate(app.service, OTHER).await;
    browser.at("button", "1 new callback").shown().await;
    for tab in [&tabs[0], &tabs[6]] {
        browser.show_tab(tab).await;
        browser.at("button", "1 new callback").shown().await;
    }
}

#[tokio::test]
async fn a_tab_never_shows_one_person_what_another_may_see() {
    let app = start(None).await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    browser.page().row_with(NUMBER).shown().await;
    let [first, second] = browser.open_tab().await;
    browser.open(&format!("http://{}/callbacks?range=last-7-days", app.address)).await;
    browser.page().like("button", "Supervisor").click().await;
    browser.at("menuitem", "Sign out").click().await;
    browser.at("heading", "Sign in").shown().await;
    browser.show_tab(&first).await;
    browser.at("heading", "Sign in").shown().await;
    browser.show_tab(&second).await;
    sign_in(&browser, "monitor", ringback_tests::app::PASSWORD).await;
    browser.at("heading", "Callbacks").shown().await;
    browser.show_tab(&first).await;
    browser.page().row_with(NUMBER).shown().await;
    browser.at("button", "Create Callback").gone().await;
    browser.page().like("button", "Monitor").shown().await;
}

#[tokio::test]
async fn a_row_opens_by_a_click_and_is_one_tab_stop() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_immediate(app.service, NUMBER).await;
    machine.create_immediate(app.service, OTHER).await;
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    browser.page().row_with(NUMBER).at("rowheader", NUMBER).shown().await;
    browser.page().row_with(NUMBER).at("cell", "Billing EN").click().await;
    browser.at("region", &format!("Callback metrics for {NUMBER}")).shown().await;
    let stops = "return [...document.querySelectorAll('tr.row')].map(row => \
                   [...row.querySelectorAll('button, input')].filter(one => one.tabIndex === 0).length)";
    assert_eq!(browser.script(stops).await, json!([1, 1]));
    browser.type_keys("j").await;
    focus_is(&browser, "button", &format!("Metrics {NUMBER}")).await;
    browser.type_keys(key::RIGHT).await;
    focus_is(&browser, "button", &format!("Edit {NUMBER}")).await;
    browser.type_keys(key::DOWN).await;
    focus_is(&browser, "button", &format!("Edit {OTHER}")).await;
}

#[tokio::test]
async fn forced_colours_keep_every_state_visible() {
    let app = start(None).await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    browser.page().row_with(NUMBER).shown().await;
    browser.prefer("forced-colors", "active").await;
    let check = browser.at("checkbox", &format!("Select {NUMBER}"));
    let look = "const style = getComputedStyle(document.querySelector('tr.row input')); \
                const row = getComputedStyle(document.querySelector('tr.row .col-service')); \
                return [style.backgroundColor, row.color === row.backgroundColor]";
    let before = browser.script(look).await;
    check.click().await;
    status_says(&browser, "1 selected").await;
    let after = browser.script(look).await;
    assert_ne!(before[0], after[0]);
    assert_eq!(after[1], false, "{after}");
}

#[tokio::test]
async fn nothing_moves_or_is_cut_on_a_narrow_screen() {
    let app = start(None).await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    browser.page().row_with(NUMBER).shown().await;
    let wide = "return document.documentElement.scrollWidth - window.innerWidth";
    let top = "return document.querySelector('tr.row').getBoundingClientRect().top";
    for width in [390, 320] {
        browser.resize(width, 800).await;
        browser.at("combobox", "Sort by").shown().await;
        assert_eq!(browser.script(wide).await, 0, "{width}");
        let before = browser.script(top).await;
        browser.at("checkbox", &format!("Select {NUMBER}")).click().await;
        status_says(&browser, "1 selected").await;
        assert_eq!(browser.script(top).await, before, "{width}");
        assert_eq!(browser.script(wide).await, 0, "{width}");
        browser.at("button", "Clear").click().await;
    }
}

#[tokio::test]
async fn who_may_not_see_callbacks_is_led_home() {
    let app = start(None).await;
    let browser = Browser::start().await;
    browser.open(&format!("http://{}/", app.address)).await;
    sign_in(&browser, "developer", ringback_tests::app::PASSWORD).await;
    browser.at("heading", "Integrations").shown().await;
    browser.open(&format!("http://{}/callbacks", app.address)).await;
    browser.at("link", "Go to the start page").click().await;
    browser.at("heading", "Integrations").shown().await;
}

#[tokio::test]
async fn the_list_follows_the_time_while_it_is_told_to() {
    let app = start(None).await;
    let range = with_a_full_past(&app).await;
    let browser = log_in(&app, "supervisor", &range).await;
    rows_are(&browser, 3).await;
    browser.at("button", "Follow").click().await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    browser.page().row_with(NUMBER).shown().await;
    assert!(scroll_top(&browser).await >= 0.0);
}

#[tokio::test]
async fn a_cancellation_is_undone_from_its_toast() {
    let app = start(None).await;
    let created = app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    browser.at("button", &format!("Edit {NUMBER}")).click().await;
    let dialog = browser.at("dialog", "Edit Callback");
    dialog.at("button", "Confirm").click().await;
    dialog.gone().await;
    row_says(&browser, NUMBER, "cancelled in").await;
    browser.at("button", "Undo").click().await;
    status_says(&browser, "Cancellation undone").await;
    row_says(&browser, NUMBER, "waiting").await;
    let now = app.key(ApiScope::CallbacksRead).callback(&created["id"]).await;
    assert_eq!((&now["state"], &now["cancellation"]), (&json!("QUEUED"), &json!(null)));
}

#[tokio::test]
async fn a_number_is_echoed_as_it_is_read_with_what_is_open_for_it() {
    let app = start(None).await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    browser.at("button", "Create Callback").click().await;
    let dialog = browser.at("dialog", "Create Callback");
    dialog.at("textbox", "Customer Number").fill("020 7946 0318").await;
    dialog.at("combobox", "Service Type").choose("Billing EN").await;
    says(&dialog, "Read as +44 20 7946 0318, United Kingdom, landline.").await;
    dialog.like("link", "QUEUED, Billing EN").click().await;
    says(&browser.at("region", NUMBER), "QUEUED").await;
}

#[tokio::test]
async fn preferences_reach_the_other_tabs() {
    let app = start(None).await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    let browser = log_in(&app, "monitor", "last-7-days").await;
    browser.page().row_with(NUMBER).shown().await;
    let [first, _] = browser.open_tab().await;
    browser.open(&format!("http://{}/callbacks?range=last-7-days", app.address)).await;
    browser.at("button", "Advanced Options").click().await;
    let dialog = browser.at("dialog", "Advanced Options");
    dialog.at("switch", "Show Time in 24 Hour").click().await;
    dialog.at("button", "Apply").click().await;
    dialog.gone().await;
    browser.show_tab(&first).await;
    wait_for("a day of 24 hours", async || {
        let time = browser.script("return document.querySelector('tr.row time').textContent").await;
        (!time.as_str()?.contains('M')).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_list_that_failed_says_when_it_is_loaded_again_and_is() {
    let app = start(None).await;
    app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    let browser = log_in(&app, "monitor", "last-7-days").await;
    browser.page().row_with(NUMBER).shown().await;
    let fail = "
        const real = window.fetch, problem = { title: 'Internal error', status: 500 };
        window.broken = true;
        window.fetch = (request, ...more) => window.broken && (request.url ?? request).includes('/callbacks?')
            ? Promise.resolve(new Response(JSON.stringify(problem), { status: 500 }))
            : real(request, ...more);";
    browser.script(fail).await;
    browser.at("combobox", "Date Range").choose("Last 14 Days").await;
    browser.at("heading", "The list could not be loaded").shown().await;
    let region = browser.at("region", "Callback records");
    let left = async |below: i64| {
        wait_for("the countdown", async || {
            let text = region.text().await;
            let seconds = text.split("Trying again in ").nth(1)?.split(' ').next()?.parse::<i64>().ok()?;
            (seconds < below).then_some(seconds)
        })
        .await
    };
    let first = left(61).await;
    left(first).await;
    // It fails once more, and the pause is longer.
    left(4).await;
    wait_for("a longer pause", async || (left(61).await > 10).then_some(())).await;
    browser.script("window.broken = false").await;
    browser.page().row_with(NUMBER).shown().await;
    browser.at("heading", "The list could not be loaded").gone().await;
}

/// Replaces all rows this many times by others, without the server; gives the size of
/// the module's memory in KiB.
const REPLACE_ROWS: &str = "
    const rows = () => document.querySelectorAll('tr.row');
    if (!window.page) {
        const real = window.fetch;
        window.fetch = async (request, ...more) => {
            if (!(request.url ?? request).includes('/callbacks?')) return real(request, ...more);
            window.page ??= await (await real(request, ...more)).json();
            for (const item of window.page.items) item.id = crypto.randomUUID();
            return new Response(JSON.stringify(window.page));
        };
    }
    const refresh = document.querySelector('.refresh-button');
    for (let left = CHANGES; left > 0; left--) {
        const before = rows()[0].dataset.id;
        refresh.click();
        while (rows()[0].dataset.id === before) await new Promise(requestAnimationFrame);
    }
    const { default: module } = await import(document.querySelector('link[rel=modulepreload]').href);
    return [(await module()).memory.buffer.byteLength / 1024, rows().length];";

#[tokio::test]
async fn the_page_is_no_larger_after_many_changes_of_its_rows() {
    const ROWS: i64 = 40;
    const CHANGES: usize = 10;
    /// Rows that leave 80 bytes behind would make 470 KiB of the second half.
    const MAX_GROWTH: f64 = 256.0;
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let time = |number: i64| app.clock.now().plus_seconds(HOUR + number).to_string();
    for number in 0..ROWS {
        machine.create_scheduled(app.service, NUMBER, &time(number)).await;
    }
    let browser = log_in(&app, "supervisor", "next-24-hours").await;
    rows_are(&browser, 40).await;
    let script = REPLACE_ROWS.replace("CHANGES", &CHANGES.to_string());
    let mut sizes = Vec::new();
    for _ in 0..size(300, 2_000) / CHANGES {
        let answer = browser.script_async(&script).await;
        assert_eq!(answer[1], ROWS);
        sizes.push(answer[0].as_f64().unwrap());
    }
    let growth = sizes[sizes.len() - 1] - sizes[sizes.len() / 2 - 1];
    assert!(growth <= MAX_GROWTH, "it grew by {growth} KiB: {sizes:?}");
}

#[tokio::test]
async fn filters_without_a_match_are_not_taken_for_an_empty_range() {
    let app = start(None).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_immediate(app.service, OTHER).await;
    let done = machine.create_immediate(app.service, NUMBER).await;
    assert_eq!(machine.command(&done["id"], "cancel", &json!({})).await.status, 200);
    let browser = log_in(&app, "supervisor", "last-7-days&states=COMPLETED").await;
    browser.at("checkbox", &format!("Select {NUMBER}")).click().await;
    browser.at("button", "Cancel Callbacks").click().await;
    let dialog = browser.at("dialog", "Cancel Callbacks Confirmation");
    dialog.at("checkbox", "Cancel All Callbacks In Current Time Range").click().await;
    says(&dialog, "1 callback").await;
    dialog.at("checkbox", "Only callbacks matching the current filters").click().await;
    let confirm = dialog.at("button", "Confirm");
    wait_for("the reason", async || {
        let reason = confirm.description().await;
        (reason == "No callback that matches the current filters can be cancelled.").then_some(())
    })
    .await;
}

#[tokio::test]
async fn reports_that_cannot_be_read_are_not_said_to_be_none() {
    let app = start(None).await;
    let browser = log_in(&app, "supervisor", "last-7-days").await;
    browser.at("button", "Export").shown().await;
    browser.block(&["*/reports/cancellations*"]).await;
    browser.at("button", "Export").click().await;
    browser.at("menuitem", "Export Cancelled Reports").click().await;
    let dialog = browser.at("dialog", "Export Cancelled Reports");
    says(&dialog, "The server could not be reached").await;
    assert!(!dialog.text().await.contains("No callbacks were cancelled"));
}

#[tokio::test]
async fn what_is_about_to_be_cancelled_is_not_called_unscheduled() {
    let app = start(None).await;
    let time = app.clock.now().plus_seconds(HOUR).to_string();
    let machine = app.key(ApiScope::CallbacksWrite);
    let created = machine.create_scheduled(app.service, NUMBER, &time).await;
    let undoable = json!({ "undo_seconds": 60 });
    assert_eq!(machine.command(&created["id"], "cancel", &undoable).await.status, 200);
    let browser = log_in(&app, "supervisor", "next-24-hours").await;
    browser.at("button", &format!("Edit {NUMBER}")).click().await;
    says(&browser.at("dialog", "Edit Callback"), "Undo the cancellation first").await;
}

#[tokio::test]
async fn a_failure_that_is_over_is_not_shown_any_longer() {
    let app = start(None).await;
    let created = app.key(ApiScope::CallbacksWrite).create_immediate(app.service, NUMBER).await;
    let browser = log_in(&app, "monitor", "last-7-days").await;
    browser.page().row_with(NUMBER).shown().await;
    browser.block(&["*/timeline"]).await;
    browser.at("button", &format!("Metrics {NUMBER}")).click().await;
    let metrics = browser.at("region", &format!("Callback metrics for {NUMBER}"));
    says(&metrics, "The timeline could not be loaded.").await;
    browser.block(&[]).await;
    assert_eq!(app.supervisor().await.command(&created["id"], "cancel", &json!({})).await.status, 200);
    wait_for("the timeline alone", async || {
        let text = metrics.text().await;
        (text.contains("Cancelled by supervisor") && !text.contains("could not be loaded")).then_some(())
    })
    .await;
}
