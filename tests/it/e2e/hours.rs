//! The pages Office Hours and Capacity, and what a service says of them.

use ringback_domain::ApiScope;
use ringback_tests::app::text;
use ringback_tests::browser::key;
use ringback_tests::{Browser, TestApp, wait_for};
use serde_json::{Value, json};

use super::{log_in, says, start, status_says};

const CALENDARS: &str = "/api/v1/office-hours";
const RULES: &str = "/api/v1/capacity-rules";
const NAME: &str = "London office";

async fn create(app: &TestApp, path: &str, body: &Value) -> Value {
    let answer = app.admin().await.post(path, body).await;
    assert_eq!(answer.status, 201, "{answer}");
    answer.read()
}

async fn set(app: &TestApp, settings: &Value) {
    let path = format!("/api/v1/services/{}", app.service);
    assert_eq!(app.admin().await.patch(&path, settings).await.status, 200);
}

/// A calendar that is open on Monday mornings.
async fn office(app: &TestApp) -> String {
    let weekly = json!({"mon": [{"from": "09:00", "to": "12:00"}]});
    let calendar = json!({"name": NAME, "time_zone": "Europe/London", "weekly": weekly});
    let made = create(app, CALENDARS, &calendar).await;
    format!("{CALENDARS}/{}", text(&made["id"]))
}

/// The page, as somebody sees it.
async fn open(app: &TestApp, username: &str, page: &str) -> Browser {
    let browser = log_in(app, username, "today").await;
    browser.resize(1440, 1000).await;
    browser.open(&format!("http://{}{page}", app.address)).await;
    browser
}

async fn save(browser: &Browser, name: &str) {
    browser.at("button", "Save").click().await;
    status_says(browser, &format!("“{name}” saved")).await;
}

/// Where a minute of a day of the week is drawn, from Monday as 0.
async fn place(browser: &Browser, day: usize, minute: i64) -> [i64; 2] {
    let find = format!(
        "const column = document.querySelector('[data-day=\"{day}\"]');
         column.scrollIntoView({{ block: 'center' }});
         const box = column.getBoundingClientRect();
         return [Math.round(box.left + box.width / 2), Math.round(box.top + box.height * {minute} / 1440)]"
    );
    serde_json::from_value(browser.script(&find).await).expect("a place")
}

async fn drag(browser: &Browser, day: usize, from: i64, to: i64) {
    let (from, to) = (place(browser, day, from).await, place(browser, day, to).await);
    browser.drag(from, to).await;
}

#[tokio::test]
async fn intervals_are_drawn_moved_and_removed_with_the_mouse() {
    let app = start(None).await;
    let path = office(&app).await;
    let browser = open(&app, "administrator", "/office-hours").await;
    browser.at("group", "Monday, 9:00 AM – 12:00 PM").shown().await;
    drag(&browser, 1, 602, 718).await;
    browser.at("group", "Tuesday, 10:00 AM – 12:00 PM").shown().await;
    // The lower edge of Monday's interval.
    drag(&browser, 0, 714, 780).await;
    browser.at("group", "Monday, 9:00 AM – 1:00 PM").shown().await;
    status_says(&browser, "2 changes not saved").await;
    save(&browser, NAME).await;
    let admin = app.admin().await;
    let weekly = json!({
        "mon": [{"from": "09:00", "to": "13:00"}], "tue": [{"from": "10:00", "to": "12:00"}],
    });
    assert_eq!(admin.json(&path).await["weekly"], weekly);

    let block = place(&browser, 0, 600).await;
    browser.drag(block, block).await;
    let cross =
        "const box = document.querySelector('[data-day=\"0\"] .week__remove').getBoundingClientRect();
        return [Math.round(box.left + box.width / 2), Math.round(box.top + box.height / 2)]";
    let cross: [i64; 2] = serde_json::from_value(browser.script(cross).await).expect("a place");
    browser.drag(cross, cross).await;
    browser.at("group", "Monday, 9:00 AM – 1:00 PM").gone().await;
    browser.at("button", "Discard changes").click().await;
    browser.at("group", "Monday, 9:00 AM – 1:00 PM").shown().await;
}

#[tokio::test]
async fn a_calendar_is_made_and_edited_by_keyboard_alone() {
    let app = start(None).await;
    let browser = open(&app, "administrator", "/office-hours").await;
    browser.at("heading", "No calendars yet").shown().await;
    browser.at("button", "New Calendar").click().await;
    browser.at("textbox", "Name").fill(NAME).await;
    browser.at("textbox", "Time zone").fill("Nowhere").await;
    let focus = "document.querySelector('[aria-label=\"Add interval, Wednesday\"]').focus()";
    browser.script(focus).await;
    browser.press_key(key::ENTER).await;
    wait_for("the focus in the new interval", async || {
        (browser.focus().await == "textbox \"From\"").then_some(())
    })
    .await;
    for _ in 0..4 {
        browser.press_key(key::UP).await;
    }
    browser.press_key(key::TAB).await;
    assert_eq!(browser.focus().await, "textbox \"To\"");
    browser.press_key(key::DOWN).await;
    browser.at("group", "Wednesday, 10:00 AM – 4:45 PM").shown().await;
    browser.at("button", "Copy Wednesday to Thursday").click().await;
    browser.at("group", "Thursday, 10:00 AM – 4:45 PM").shown().await;

    browser.at("button", "Save").click().await;
    says(&browser.at("region", "New Calendar"), "Unknown time zone").await;
    browser.at("textbox", "Time zone").fill("Europe/Berlin").await;
    save(&browser, NAME).await;
    let made = app.admin().await.json(CALENDARS).await["items"][0].clone();
    assert_eq!(made["weekly"]["wed"], json!([{"from": "10:00", "to": "16:45"}]));
    assert_eq!(
        (&made["weekly"]["thu"], &made["time_zone"]),
        (&made["weekly"]["wed"], &json!("Europe/Berlin"))
    );
    assert!(browser.url().await.ends_with(&text(&made["id"])));

    browser.page().like("group", "Thursday").at("textbox", "To").set("lunch").await;
    browser.at("button", "Save").click().await;
    says(&browser.at("region", NAME), "Enter a time from 00:01 to 24:00.").await;
}

#[tokio::test]
async fn a_date_begins_with_the_hours_of_its_day_of_the_week() {
    let app = start(None).await;
    let path = office(&app).await;
    let browser = open(&app, "administrator", "/office-hours").await;
    let add = async |date: &str| {
        browser.at("button", "Add date").click().await;
        let dialog = browser.at("dialog", "Date with Other Hours");
        dialog.at("Date", "Date").set(date).await;
        dialog
    };
    let dialog = add("2030-12-24").await;
    dialog.at("button", "Apply").click().await;
    dialog.gone().await;
    // A Monday.
    let dialog = add("2030-12-23").await;
    dialog.at("textbox", "Label").fill("Party").await;
    dialog.at("radio", "Other hours").click().await;
    dialog.at("group", "Date, 9:00 AM – 12:00 PM").shown().await;
    dialog.at("textbox", "To").set("11 am").await;
    dialog.at("button", "Apply").click().await;
    dialog.gone().await;
    let dialog = add("2030-12-23").await;
    dialog.at("button", "Apply").click().await;
    says(&dialog, "There is an entry for this date already.").await;
    browser.type_keys(key::ESCAPE).await;
    dialog.gone().await;
    says(&browser.at("list", "Dates with other hours"), "Party").await;
    save(&browser, NAME).await;
    let kept = app.admin().await.json(&path).await["exceptions"].clone();
    assert_eq!(kept[0]["hours"], json!([{"from": "09:00", "to": "11:00"}]));
    assert_eq!((&kept[0]["label"], &kept[1]["closed"]), (&json!("Party"), &json!(true)));
    browser.at("button", "Previous year").click().await;
    status_says(&browser, "2029").await;
    browser.at("list", "Dates with other hours").gone().await;
}

#[tokio::test]
async fn a_calendar_in_use_is_not_deleted() {
    let app = start(None).await;
    let path = office(&app).await;
    let id = path.rsplit('/').next().unwrap().to_owned();
    set(&app, &json!({"open_calendars": [id]})).await;
    let browser = open(&app, "administrator", "/office-hours").await;
    says(&browser.at("region", "Used by"), "Billing EN").await;
    let delete = async || {
        browser.at("button", &format!("Delete {NAME}")).click().await;
        browser.at("dialog", "Delete Calendar").at("button", "Delete").click().await;
    };
    delete().await;
    let dialog = browser.at("dialog", "Delete Calendar");
    says(&dialog, "Still in use: Billing EN.").await;
    set(&app, &json!({"open_calendars": []})).await;
    browser.type_keys(key::ESCAPE).await;
    dialog.gone().await;
    delete().await;
    browser.at("heading", "No calendars yet").shown().await;
    assert_eq!(app.admin().await.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_competing_change_loses_nothing_of_either() {
    let app = start(None).await;
    let path = office(&app).await;
    let browser = open(&app, "administrator", "/office-hours").await;
    browser.at("textbox", "Name").fill("London").await;
    let hours = json!({"weekly": {"sun": [{"from": "10:00", "to": "11:00"}]}});
    assert_eq!(app.admin().await.patch(&path, &hours).await.status, 200);
    browser.at("button", "Save").click().await;
    says(&browser.at("region", NAME), NAME).await;
    wait_for("what somebody else has saved", async || {
        let all = browser.script("return document.querySelector('.rule__footer').textContent").await;
        text(&all).contains("saved other values meanwhile: Monday, Sunday.").then_some(())
    })
    .await;
    assert_eq!(browser.at("textbox", "Name").property("value").await, "London");
    browser.at("button", "Keep my changes").click().await;
    browser.at("group", "Sunday, 10:00 AM – 11:00 AM").shown().await;
    save(&browser, "London").await;
    let kept = app.admin().await.json(&path).await;
    assert_eq!((&kept["name"], &kept["weekly"]), (&json!("London"), &hours["weekly"]));
}

#[tokio::test]
async fn others_than_administrators_read_the_hours_only() {
    let app = start(None).await;
    office(&app).await;
    let browser = open(&app, "monitor", "/office-hours").await;
    says(&browser.at("table", "Every week"), "9:00 AM – 12:00 PM").await;
    for button in ["New Calendar", "Save", "Add date"] {
        browser.at("button", button).gone().await;
    }
    drag(&browser, 1, 602, 718).await;
    let rows = browser.at("table", "Every week").text().await;
    assert_eq!(rows.matches("AM").count(), 1, "{rows}");
}

/// Waits until the slot that is full says this in its cells.
async fn full_slot(browser: &Browser, cells: &str) {
    let find = "const text = (row) => [...row.cells].map((cell) => cell.textContent.trim()).join('|');
        const rows = [...document.querySelectorAll('.preview__slots tbody tr')].map(text);
        return rows.find((row) => row.endsWith('|Full')) ?? ''";
    wait_for(cells, async || text(&browser.script(find).await).ends_with(cells).then_some(())).await;
}

#[tokio::test]
async fn a_date_shows_what_is_booked_of_its_capacity() {
    let app = start(None).await;
    let day = json!([{"from": "00:00", "to": "24:00", "capacity": 2}]);
    let weekly = json!({"mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": day, "sun": day});
    let body = json!({"name": "Pool", "time_zone": "Europe/London", "slot_minutes": 60, "weekly": weekly});
    let rule = create(&app, RULES, &body).await;
    set(&app, &json!({"capacity_rule": rule["id"]})).await;
    let tomorrow = app.clock.now().plus_seconds(86_400).to_string()[..10].to_owned();
    let integration = app.key(ApiScope::CallbacksWrite);
    for number in ["+44 20 7946 0318", "+44 20 7946 0319"] {
        integration.create_scheduled(app.service, number, &format!("{tomorrow}T12:30:00Z")).await;
    }
    let browser = open(&app, "administrator", "/capacity").await;
    let preview = browser.at("region", "On one date");
    preview.at("button", "Next day").click().await;
    full_slot(&browser, "|2|2|0||Full").await;
    // Fewer than are booked: nothing is cancelled, and the slot is over.
    let monday = browser.page().like("group", "Monday");
    monday.at("textbox", "Capacity per slot").fill("1").await;
    for day in ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] {
        let next = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let index = next.iter().position(|one| *one == day).unwrap();
        browser.at("button", &format!("Copy {day} to {}", next[index + 1])).click().await;
    }
    says(&monday, "1 an hour").await;
    save(&browser, "Pool").await;
    full_slot(&browser, "|2|1|0|+1|Full").await;
}

#[tokio::test]
async fn a_service_chooses_its_hours_and_its_capacity() {
    let app = start(None).await;
    let calendar = office(&app).await.rsplit('/').next().unwrap().to_owned();
    let rule =
        create(&app, RULES, &json!({"name": "Pool", "time_zone": "Europe/London", "slot_minutes": 15})).await;
    let browser = open(&app, "administrator", "/services").await;
    // The bar at the end must not cover what is clicked.
    browser.resize(1440, 2600).await;
    browser.at("link", "Billing EN").click().await;
    let group = browser.at("region", "Hours and capacity");
    group.at("group", "Open by").at("checkbox", NAME).click().await;
    group.at("combobox", "Capacity rule").choose("Pool").await;
    group.at("combobox", "Due while closed").choose("Close as FAIL_BUSINESS_CLOSED").await;
    group.at("textbox", "Minimum notice").fill("1 h").await;
    browser.at("button", "Save as version 2").click().await;
    status_says(&browser, "saved as version 2").await;
    let service = app.admin().await.json(&format!("/api/v1/services/{}", app.service)).await;
    assert_eq!(service["open_calendars"], json!([calendar]));
    assert_eq!(service["capacity_rule"], rule["id"]);
    assert_eq!(
        (&service["minimum_notice_seconds"], &service["closed_when_due"]),
        (&json!(3_600), &json!("fail"))
    );
}
