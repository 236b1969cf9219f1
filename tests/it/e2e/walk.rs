//! A walk through every page, dialog and menu, on wide and narrow screens, in all
//! themes and in several languages: nothing is cut off, sticks out of its box, makes the
//! page scroll sideways, or breaks WCAG 2.2.

use std::collections::BTreeMap;

use ringback_domain::ApiScope;
use ringback_tests::app::{PASSWORD, text};
use ringback_tests::browser::{Locator, key};
use ringback_tests::languages::{LONG, MIRRORED, Page, Texts};
use ringback_tests::{Browser, Options, TestApp, size, wait_for};
use rstest::rstest;
use serde_json::{Value, json};

use super::services::GROUPS;
use super::{options, web_dir};

const WAITING: &str = "+44 20 7946 0318";
const CANCELLED: &str = "+44 20 7946 0319";
const SCHEDULED: &str = "+44 20 7946 0320";
const TALKING: &str = "+44 20 7946 0321";

/// Screens; dialogs and menus are opened on the first.
const SCREENS: [(u32, u32); 4] = [(1440, 900), (768, 1024), (390, 844), (320, 640)];
const THEMES: [&str; 3] = ["light", "dark", "forced"];

/// What a person would see to be wrong with the layout, a line each.
const FIND_FAULTS: &str = include_str!("walk.js");

/// A person who walks through the page in one language.
struct Walk {
    app: TestApp,
    browser: Browser,
    texts: Texts,
    /// Whether axe looks too: its rules are about structure and colours, which are the same in
    /// every language. In a soak it always does.
    axe: bool,
    /// Whether each view is looked at on all screens: the longest texts are, and all texts in
    /// a soak. Otherwise on the narrowest and one more.
    on_all_screens: bool,
    /// How many views were looked at.
    views: usize,
    /// Where each fault was seen first.
    faults: BTreeMap<String, String>,
    /// Removed last.
    _page: Page,
}

impl Walk {
    /// Starts on the page that asks to sign in.
    async fn start(language: &str) -> Self {
        let page = Page::new(&web_dir());
        let app = TestApp::start_with(
            ringback_tests::Backend::Sqlite,
            Options { web_dir: Some(page.folder()), ..options(None) },
        )
        .await;
        let texts = page.texts(language);
        let browser = Browser::start().await;
        browser.before_pages(&format!("localStorage.setItem('ringback-language', '{language}')")).await;
        browser.resize(SCREENS[0].0, SCREENS[0].1).await;
        let soak = size(0, 1) == 1;
        let walk = Self {
            app,
            browser,
            texts,
            axe: language == "en" || soak,
            on_all_screens: language == LONG || soak,
            views: 0,
            faults: BTreeMap::new(),
            _page: page,
        };
        walk.open("/login").await;
        walk
    }

    async fn open(&self, path: &str) {
        self.browser.open(&format!("http://{}{path}", self.app.address)).await;
    }

    async fn sign_in(&self, username: &str) {
        self.at("textbox", "Username").fill(username).await;
        self.at("textbox", "Password").fill(PASSWORD).await;
        self.at("button", "Sign in").click().await;
        self.browser.at("button", self.texts.say("Sign in")).gone().await;
    }

    /// The element with this name in English.
    fn at(&self, role: &'static str, english: &str) -> Locator<'_> {
        self.browser.at(role, self.texts.say(english))
    }

    /// The same with a parameter in its name.
    fn of(&self, role: &'static str, english: &str, value: &str) -> Locator<'_> {
        self.browser.at(role, &self.texts.say(english).replace("{0}", value))
    }

    /// Looks at what is shown, in one theme and then another; in a soak in all themes.
    async fn look(&mut self, view: &str) {
        for screen in self.screens() {
            self.look_on(screen, view).await;
        }
        self.resize(0).await;
        self.views += 1;
    }

    /// The screens on which the next view is looked at.
    fn screens(&self) -> Vec<usize> {
        let narrowest = SCREENS.len() - 1;
        let chosen = [self.views % narrowest, narrowest];
        (0..SCREENS.len()).filter(|screen| self.on_all_screens || chosen.contains(screen)).collect()
    }

    async fn look_on(&mut self, screen: usize, view: &str) {
        self.resize(screen).await;
        let turn = self.views + screen;
        let all = size(0, 1) == 1;
        for (index, theme) in THEMES.into_iter().enumerate() {
            if !all && index != turn % THEMES.len() {
                continue;
            }
            let forced = theme == "forced";
            self.browser.prefer("forced-colors", if forced { "active" } else { "none" }).await;
            if !forced {
                self.browser.script(&format!("document.documentElement.dataset.theme = '{theme}'")).await;
            }
            let mut found: Vec<String> =
                serde_json::from_value(self.browser.script(FIND_FAULTS).await).expect("a list");
            if !forced && self.axe {
                found.extend(self.browser.axe_faults().await.lines().map(str::to_owned));
            }
            for fault in found.into_iter().filter(|fault| !fault.is_empty()) {
                let (width, _) = SCREENS[screen];
                self.faults.entry(fault).or_insert_with(|| format!("{view} at {width} px, {theme}"));
            }
        }
    }

    async fn resize(&self, screen: usize) {
        let (width, height) = SCREENS[screen];
        self.browser.resize(width, height).await;
    }

    /// Opens a dialog, looks at it and closes it.
    async fn dialog(&mut self, opener: (&'static str, &str, &str), title: &str) {
        self.open_dialog(opener, title).await;
        self.look(title).await;
        self.close().await;
    }

    async fn open_dialog(&self, (role, english, value): (&'static str, &str, &str), title: &str) {
        self.of(role, english, value).click().await;
        self.at("dialog", title).shown().await;
    }

    async fn close(&self) {
        // Pressed, not typed: a field for a file would take it as a path.
        self.browser.press_key(key::ESCAPE).await;
        wait_for("no open dialog", async || {
            let open = self.browser.script("return document.querySelectorAll('dialog[open]').length").await;
            (open == 0).then_some(())
        })
        .await;
    }

    /// Opens a menu and what it hides on each screen and looks at it.
    async fn menu(&mut self, opener: &str, item: &str, hidden: &[&str]) {
        for screen in self.screens() {
            self.resize(screen).await;
            self.browser.at("button", opener).click().await;
            self.at("menuitem", item).shown().await;
            for submenu in hidden {
                let submenu = self.browser.page().like("menuitem", self.texts.say(submenu));
                if submenu.property("ariaExpanded").await == "false" {
                    submenu.click().await;
                }
            }
            self.look_on(screen, opener).await;
            self.browser.type_keys(key::ESCAPE).await;
            self.at("menuitem", item).gone().await;
        }
        self.resize(0).await;
        self.views += 1;
    }

    /// Cancels all callbacks of the page, and one of them first elsewhere, so that it is among
    /// the exceptions.
    async fn cancel_all(&mut self, exception: &Value) {
        self.at("checkbox", "Select all on this page").click().await;
        self.open_dialog(("button", "Cancel Callbacks", ""), "Cancel Callbacks Confirmation").await;
        self.look("What is left out").await;
        let title = self.texts.say("Cancel Callbacks Confirmation").to_owned();
        self.browser.at("dialog", &title).at("button", self.texts.say("Confirm")).click().await;
        self.at("progressbar", "Cancelling callbacks").shown().await;
        let machine = self.app.key(ApiScope::CallbacksWrite);
        assert_eq!(machine.command(&exception["id"], "cancel", &json!({})).await.status, 200);
        self.look("Cancelling callbacks").await;
        self.at("table", "Not cancelled").shown().await;
        self.look("Cancelled callbacks").await;
        self.close().await;
    }

    /// Moves a callback to another time, and back.
    async fn reschedule(&mut self, number: &str) {
        self.of("checkbox", "Select {0}", number).click().await;
        self.open_dialog(("button", "Reschedule Callbacks", ""), "Reschedule Callbacks").await;
        self.at("table", "Callbacks and their new times").shown().await;
        self.look("Reschedule Callbacks").await;
        self.browser.script("document.querySelector('dialog[open] [type=submit]').click()").await;
        self.at("button", "Undo").shown().await;
        self.look("Rescheduled callbacks").await;
        self.at("button", "Undo").click().await;
        self.at("term", "Moved back").shown().await;
        self.look("Callbacks moved back").await;
        self.close().await;
    }

    /// Keeps a view, and asks to delete it.
    async fn save_view(&mut self) {
        const NAME: &str = "Everything that is due today, for the morning shift";
        let open = async |walk: &Self| {
            walk.at("button", "Saved Views").click().await;
            walk.open_dialog(("menuitem", "Save or manage views…", ""), "Saved Views").await;
        };
        open(self).await;
        self.at("checkbox", "Monitor").click().await;
        self.at("textbox", "Name").fill(NAME).await;
        self.browser.type_keys(key::ENTER).await;
        self.at("dialog", "Saved Views").gone().await;
        open(self).await;
        self.of("button", "Delete view {0}", NAME).shown().await;
        self.look("Saved Views").await;
        self.open_dialog(("button", "Delete view {0}", NAME), "Delete View").await;
        self.look("Delete View").await;
        self.browser.type_keys(key::ESCAPE).await;
        self.at("dialog", "Delete View").gone().await;
        self.close().await;
    }

    /// Looks at Office Hours and Capacity, without and with something in them.
    async fn hours(&mut self) {
        for (path, nothing) in [("/office-hours", "No calendars yet"), ("/capacity", "No capacity rules yet")]
        {
            self.open(path).await;
            self.at("heading", nothing).shown().await;
            self.look(nothing).await;
        }
        fill_hours(&self.app).await;
        for (path, kind, dialog) in [
            ("/office-hours", "Delete Calendar", "Date with Other Hours"),
            ("/capacity", "Delete Capacity Rule", "Date with Other Capacity"),
        ] {
            self.open(path).await;
            self.at("button", "Save").shown().await;
            self.look(path).await;
            self.open_dialog(("button", "Add date", ""), dialog).await;
            self.at("radio", if kind == "Delete Calendar" { "Other hours" } else { "Other capacity" })
                .click()
                .await;
            self.of("button", "Add interval, {0}", self.texts.say("Date")).click().await;
            self.look(dialog).await;
            self.close().await;
            self.dialog(("button", "Delete {0}", POOL), kind).await;
        }
        self.service().await;
    }

    /// Looks at all settings of a service, as they are, with wrong values, and with what somebody
    /// else has saved meanwhile.
    async fn service(&mut self) {
        self.open("/services").await;
        self.at("table", "Services").at("link", "Support DE").click().await;
        for group in GROUPS {
            self.at("region", group).shown().await;
        }
        self.at("group", "Open by").at("checkbox", POOL).shown().await;
        self.look("All settings of a service").await;
        let path = format!("/api/v1/services/{}", self.app.other_service);
        let settings = json!({"limits": {"pending": 7}, "number_rules": []});
        assert_eq!(self.app.admin().await.patch(&path, &settings).await.status, 200);
        // A screen on which the bar at the end covers no field.
        self.browser.resize(1440, 2600).await;
        self.at("textbox", "Days ahead").fill("14").await;
        let version = self.of("button", "Save as version {0}", "3");
        version.click().await;
        self.at("table", "Saved and own values").shown().await;
        for (label, result) in [("Gap", "BUSY"), ("Growth", "NO_ANSWER"), ("At most", "FAX")] {
            let name = self.texts.say("{0}, {1}").replace("{0}", self.texts.say(label));
            self.browser.at("textbox", &name.replace("{1}", result)).fill("-1").await;
        }
        self.browser.press_key(key::TAB).await;
        self.look("A service with wrong values").await;
        self.browser.resize(1440, 2600).await;
        self.at("button", "Take the saved values").click().await;
    }

    /// Looks at Permitted & Blocked Numbers with a verdict, and at its dialogs.
    async fn numbers(&mut self) {
        let admin = self.app.admin().await;
        let rule = json!({"name": POOL, "kind": "allow_countries", "countries": ["DE", "AT", "CH", "GB"]});
        assert_eq!(admin.post("/api/v1/number-rules", &rule).await.status, 201);
        let entry = json!({"number": WAITING, "reason": "Asked not to be called"});
        assert_eq!(admin.post("/api/v1/do-not-call", &entry).await.status, 201);
        self.open("/numbers").await;
        self.of("button", "Delete {0}", POOL).shown().await;
        self.of("button", "Remove {0}", "+442079460318").shown().await;
        self.at("textbox", "Phone Number").fill(WAITING).await;
        self.at("list", "Every check in order").shown().await;
        self.look("Permitted & Blocked Numbers").await;
        self.dialog(("button", "Add Rule", ""), "Add Rule").await;
        self.dialog(("button", "Add Number", ""), "Add Number").await;
        self.dialog(("button", "Import", ""), "Import Numbers").await;
        self.dialog(("button", "Delete {0}", POOL), "Delete Rule").await;
        self.dialog(("button", "Remove {0}", "+442079460318"), "Remove Number").await;
    }

    /// Signs out, and in as somebody else.
    async fn change_to(&self, from: &str, role: &str, username: &str) {
        let account = self.texts.say("{0}, {1}").replace("{0}", from).replace("{1}", self.texts.say(role));
        self.browser.at("button", &account).click().await;
        self.at("menuitem", "Sign out").click().await;
        self.at("textbox", "Username").shown().await;
        self.sign_in(username).await;
    }

    fn end(self) {
        let faults: Vec<_> = self.faults.iter().map(|(fault, place)| format!("{place}: {fault}")).collect();
        assert!(faults.is_empty(), "{} faults in {} views:\n{}", faults.len(), self.views, faults.join("\n"));
    }
}

/// Creates a callback in each state, one of them cancelled. Returns the one that waits.
async fn fill(app: &TestApp) -> Value {
    let machine = app.key(ApiScope::CallbacksWrite);
    machine.create_immediate(app.service, TALKING).await;
    let reserved = wait_for("a callback to reserve", async || app.router().reserve(1).await.pop()).await;
    assert_eq!(app.router().report(&reserved, "connect", json!({})).await.status, 200);
    let waiting = machine.create_immediate(app.service, WAITING).await;
    let later = app.clock.now().plus_seconds(60).to_string();
    machine.create_scheduled(app.other_service, SCHEDULED, &later).await;
    let cancelled = machine.create_immediate(app.service, CANCELLED).await;
    assert_eq!(machine.command(&cancelled["id"], "cancel", &json!({})).await.status, 200);
    waiting
}

/// What the calendar and the capacity rule are called.
const POOL: &str = "Customer care and complaints";

/// A calendar and a capacity rule that a service uses.
pub(super) async fn fill_hours(app: &TestApp) {
    let admin = app.admin().await;
    let create = async |path: &str, body: Value| {
        let answer = admin.post(path, &body).await;
        assert_eq!(answer.status, 201, "{answer}");
        answer.read::<Value>()["id"].clone()
    };
    let date = format!("{}-12-24", &app.clock.now().to_string()[..4]);
    let day = json!([{"from": "09:00", "to": "12:30"}, {"from": "13:30", "to": "18:00"}]);
    let calendar = json!({
        "name": POOL, "time_zone": "America/New_York",
        "weekly": {"mon": day, "tue": day, "fri": [{"from": "22:00", "to": "02:00"}]},
        "exceptions": [{"date": date, "hours": [{"from": "09:00", "to": "12:00"}], "label": "Christmas Eve"}],
    });
    let slots = json!([{"from": "00:00", "to": "24:00", "capacity": 4}]);
    let rule = json!({
        "name": POOL, "time_zone": "Europe/London", "slot_minutes": 30,
        "weekly": {"mon": slots, "tue": slots, "wed": slots, "thu": slots, "fri": slots, "sat": slots, "sun": slots},
        "exceptions": [{"date": date, "slots": [], "label": "Christmas Eve"}],
    });
    let settings = json!({
        "open_calendars": [create("/api/v1/office-hours", calendar).await],
        "capacity_rule": create("/api/v1/capacity-rules", rule).await,
    });
    let answer = admin.patch(&format!("/api/v1/services/{}", app.other_service), &settings).await;
    assert_eq!(answer.status, 200, "{answer}");
}

#[rstest]
#[tokio::test]
async fn the_list_and_its_dialogs_fit(#[values("en", LONG)] language: &str) {
    walk_the_list(language).await;
}

#[rstest]
#[tokio::test]
#[ignore = "`cargo xtask soak walk`: texts between the shortest and the longest, and their mirror"]
async fn the_list_and_its_dialogs_fit_in_more_languages(#[values("de", "fr", MIRRORED)] language: &str) {
    walk_the_list(language).await;
}

async fn walk_the_list(language: &str) {
    let mut walk = Walk::start(language).await;
    let waiting = fill(&walk.app).await;
    walk.at("button", "Sign in").click().await;
    walk.at("StaticText", "Enter your password.").shown().await;
    walk.look("Sign in").await;
    walk.sign_in("administrator").await;

    walk.open("/callbacks?range=next-24-hours").await;
    walk.of("button", "Metrics {0}", SCHEDULED).shown().await;
    walk.look("Next 24 Hours").await;
    walk.dialog(("button", "Edit {0}", SCHEDULED), "Edit Callback").await;
    walk.reschedule(SCHEDULED).await;
    walk.open("/callbacks?range=today").await;
    walk.of("button", "Metrics {0}", TALKING).click().await;
    let region = walk.of("region", "Callback metrics for {0}", TALKING);
    region.at("switch", walk.texts.say("Advanced Callback Metrics")).click().await;
    region.at("region", walk.texts.say("Advanced metrics")).shown().await;
    walk.look("Callbacks").await;
    walk.dialog(("button", "Close Callback", ""), "Close Callback").await;
    walk.of("button", "Metrics {0}", TALKING).click().await;

    let account = walk.texts.say("{0}, {1}").replace("{0}", "administrator");
    let account = account.replace("{1}", walk.texts.say("Administrator"));
    walk.menu(&account, "Sign out", &["Theme", "Language", "Keyboard shortcuts"]).await;
    for (menu, item, hidden) in [
        ("Export", "Export Cancelled Reports", ["Export This List"].as_slice()),
        ("Tools", "Callback Search", &[]),
        ("Help", "Shortcuts", &[]),
        ("Saved Views", "Save or manage views…", &[]),
    ] {
        let opener = walk.texts.say(menu).to_owned();
        walk.menu(&opener, item, hidden).await;
    }
    walk.of("checkbox", "Select {0}", WAITING).click().await;
    walk.look("Selection").await;
    walk.dialog(("button", "Cancel Callbacks", ""), "Cancel Callbacks Confirmation").await;
    walk.at("button", "Clear").click().await;
    walk.dialog(("button", "Recreate {0}", CANCELLED), "Recreate Callback").await;
    walk.dialog(("button", "Advanced Options", ""), "Advanced Options").await;

    walk.open_dialog(("button", "Create Callback", ""), "Create Callback").await;
    let dialog = walk.at("dialog", "Create Callback");
    dialog.at("button", walk.texts.say("More details")).click().await;
    dialog.at("button", walk.texts.say("Create")).click().await;
    dialog.at("StaticText", walk.texts.say("Choose a service.")).shown().await;
    walk.look("Create Callback").await;
    walk.close().await;

    walk.cancel_all(&waiting).await;
    walk.at("button", "Export").click().await;
    walk.dialog(("menuitem", "Export Cancelled Reports", ""), "Export Cancelled Reports").await;
    walk.save_view().await;

    walk.open("/callbacks?range=tomorrow").await;
    walk.of("heading", "No callbacks in {0}", walk.texts.say("Tomorrow")).shown().await;
    walk.look("No callbacks").await;
    walk.open("/callbacks?range=today&q=nothing-contains-this").await;
    walk.at("button", "Clear search").shown().await;
    walk.look("Nothing found").await;
    walk.end();
}

#[rstest]
#[tokio::test]
async fn the_other_pages_fit(#[values("en", LONG)] language: &str) {
    walk_the_other_pages(language).await;
}

#[rstest]
#[tokio::test]
#[ignore = "`cargo xtask soak walk`: texts between the shortest and the longest, and their mirror"]
async fn the_other_pages_fit_in_more_languages(#[values("de", "fr", MIRRORED)] language: &str) {
    walk_the_other_pages(language).await;
}

async fn walk_the_other_pages(language: &str) {
    let mut walk = Walk::start(language).await;
    let waiting = fill(&walk.app).await;
    walk.sign_in("administrator").await;
    for topic in ["Guide", "Shortcuts", "Messages", "About Ringback"] {
        walk.at("button", "Help").click().await;
        walk.dialog(("menuitem", topic, ""), topic).await;
    }
    let account = walk.texts.say("{0}, {1}").replace("{0}", "administrator");
    let account = account.replace("{1}", walk.texts.say("Administrator"));
    walk.browser.at("button", &account).click().await;
    walk.dialog(("menuitem", "My account", ""), "My account").await;

    walk.open("/search").await;
    walk.at("heading", "Callback Search").shown().await;
    walk.look("Callback Search").await;
    walk.open("/search?q=02079460318").await;
    walk.at("region", "Timeline").shown().await;
    walk.look("Found").await;
    walk.open(&format!("/callbacks/{}", text(&waiting["id"]))).await;
    walk.browser.at("region", WAITING).shown().await;
    walk.look("One callback").await;
    walk.open("/callbacks/nothing").await;
    walk.at("heading", "Callback not found").shown().await;
    walk.look("No such callback").await;
    walk.open("/callbacks/views/nothing").await;
    walk.at("heading", "This view does not exist").shown().await;
    walk.look("No such view").await;
    walk.open("/services").await;
    walk.at("table", "Services").shown().await;
    walk.look("Services").await;
    walk.dialog(("button", "Create Service", ""), "Create Service").await;
    walk.hours().await;
    walk.numbers().await;
    walk.open("/integrations").await;
    walk.at("table", "API Keys").shown().await;
    walk.look("Integrations").await;
    walk.open_dialog(("button", "Create API Key", ""), "Create API Key").await;
    walk.at("textbox", "Name").fill("ivr").await;
    walk.look("Create API Key").await;
    walk.at("button", "Create").click().await;
    walk.at("textbox", "API key").shown().await;
    walk.look("A key that is shown once").await;
    walk.close().await;
    walk.dialog(("button", "Revoke {0}", "ivr"), "Revoke API Key").await;
    walk.open("/users").await;
    walk.at("table", "Users").shown().await;
    walk.look("Users").await;
    walk.dialog(("button", "Create User", ""), "Create User").await;
    walk.dialog(("button", "Edit {0}", "branch"), "Edit User").await;
    walk.open("/audit").await;
    walk.at("table", "Audit").shown().await;
    walk.look("Audit").await;
    walk.open("/nowhere").await;
    walk.at("link", "Go to Callbacks").shown().await;
    walk.look("Page not found").await;

    walk.open("/services").await;
    walk.change_to("administrator", "Administrator", "monitor").await;
    for (path, title) in [
        ("/users", "You have no access to users"),
        ("/integrations", "You have no access to integrations"),
        ("/audit", "You have no access to the audit"),
    ] {
        walk.open(path).await;
        walk.at("heading", title).shown().await;
        walk.look(path).await;
    }
    walk.change_to("monitor", "Monitor", "developer").await;
    walk.open("/callbacks").await;
    walk.at("heading", "You have no access to callbacks").shown().await;
    walk.look("No access to callbacks").await;
    walk.end();
}
