//! Text that people and integrators write stays text, and no page or dialog breaks the content
//! security policy.

use ringback_api::clock::Clock;
use ringback_domain::wire::auth::{CustomRange, DailyRange, Preferences};
use ringback_domain::wire::endpoint::PutPreferences;
use ringback_domain::{ApiScope, Role};
use ringback_tests::app::{PASSWORD, text};
use ringback_tests::browser::key;
use ringback_tests::{Answer, Backend, Browser, Client, Options, TestApp, wait_for};
use serde_json::{Value, json};

use super::{says, sign_in, status_says, web_dir};
use crate::http::headers::is_protected;
use crate::http::name_recordings::attach;

/// Texts that would become something else where they are not escaped. Short enough for the name of a
/// key, and without spaces that are shown as one.
const TEXTS: [&str; 26] = [
    "<script>window.__xss=1</script>",
    "</script><script>window.__xss=2</script>",
    "<svg onload=window.__xss=3>",
    "<svg/onload=window.__xss=4//",
    "<img src=x onerror=window.__xss=5>",
    "\"><img src=x onerror=window.__xss=6>",
    "'><img src=x onerror=window.__xss=7>",
    "<xss-probe onclick=window.__xss=8>x</xss-probe>",
    "<a href=javascript:window.__xss=9>x</a>",
    "javascript:window.__xss=10",
    "<iframe srcdoc='<script>parent.__xss=11</script>'>",
    "<style>*{display:none}</style>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<math><mi xlink:href=javascript:window.__xss=12>x",
    "</td></tr></table><xss-probe>13",
    "</textarea></title><xss-probe>14",
    "\" autofocus onfocus=window.__xss=15 x=\"",
    "' onmouseover=window.__xss=16 x='",
    "{{constructor.constructor('window.__xss=17')()}}",
    "${window.__xss=18}#{window.__xss=18}",
    "<!--<xss-probe>--><!-- 19",
    "&lt;xss-probe&gt;&#60;xss-probe&#62;20&amp;",
    "=HYPERLINK(\"http://evil.example\",\"21\")",
    "+cmd|' /C calc'!A0 @SUM(1) -2+3",
    "left\u{202e}thgir\u{2066}\u{202c} 23",
];

/// Counts violations of the policy, across all pages of the tab.
const WATCH: &str = "addEventListener('securitypolicyviolation', (event) => {
    sessionStorage.violations = (sessionStorage.violations ?? '') +
        `${event.violatedDirective} ${event.blockedURI} at ${location.href}; `;
}, true)";

/// What of the texts became more than text. Elements of the page itself have no handlers as attributes.
const FOUND: &str = "return [
    ...document.querySelectorAll(
        'xss-probe, iframe, object, embed, base, math, style, script:not([src]), [srcdoc], \
         [href^=\"javascript:\" i], [src^=\"javascript:\" i], meta[http-equiv=refresh], [src=x]'),
    ...[...document.querySelectorAll('*')].filter((element) =>
        [...element.attributes].some((attribute) => attribute.name.startsWith('on'))),
].map((element) => element.outerHTML.slice(0, 200)).concat(window.__xss === undefined ? [] : [`ran ${window.__xss}`])";

/// Checks that nothing has happened on this page and those before it.
async fn check(browser: &Browser, place: &str) {
    assert_eq!(browser.script(FOUND).await, json!([]), "{place}");
    assert_eq!(browser.script("return sessionStorage.violations ?? ''").await, "", "{place}");
    let log = browser.console().await;
    let refused = |line: &&String| line.contains("Content Security Policy") || line.contains("Refused to");
    assert_eq!(log.iter().find(refused), None, "{place}");
}

/// Waits until the page shows all the texts as they were written.
async fn shows_all(browser: &Browser, place: &str) {
    let all = json!(TEXTS);
    let missing = format!(
        "const shown = document.body.textContent; return {all}.filter((text) => !shown.includes(text))"
    );
    wait_for(&format!("all texts in {place}"), async || {
        (browser.script(&missing).await == json!([])).then_some(())
    })
    .await;
    check(browser, place).await;
}

fn number(index: usize) -> String {
    format!("+44 20 7946 03{index:02}")
}

async fn created(client: &Client, path: &str, body: Value) -> Value {
    let answer = client.post(path, &body).await;
    assert_eq!(answer.status, 201, "{answer}");
    answer.read()
}

/// Puts each text into every field that takes any: names of services, keys and people, user data and
/// its names, agents, reasons, words for outcomes.
async fn write_everywhere(app: &TestApp, texts: &[&str]) {
    let admin = app.admin().await;
    let router = app.key(ApiScope::Router);
    for (index, written) in texts.iter().copied().enumerate() {
        let service = json!({"name": written, "time_zone": "Europe/London", "default_country": "GB"});
        let service = created(&admin, "/api/v1/services", service).await["id"].clone();
        let scopes = json!(["callbacks:read", "callbacks:write"]);
        let key = created(&admin, "/api/v1/api-keys", json!({"name": written, "scopes": scopes})).await;
        let machine = app.anonymous().with_key(text(&key["key"]));
        let user = json!({"username": format!("u{index}"), "display_name": written, "password": PASSWORD,
            "role": Role::Administrator});
        created(&admin, "/api/v1/users", user).await;
        let callback = machine
            .create(&json!({
                "callback_type": "immediate", "service_id": service, "customer_number": number(index),
                "user_data": {"note": written, written: [written]},
            }))
            .await;
        attach(&machine, &callback["id"]).await;
        app.submit().await;
        let reserve = async || {
            let order = json!({"agent": written, "services": [service]});
            let reserved: Value = router.post("/api/v1/router/reservations", &order).await.read();
            reserved["reservations"][0].clone()
        };
        let report = async |reserved: &Value, report: &str, mut fields: Value| {
            fields["lease_token"] = reserved["lease_token"].clone();
            let path = format!("/api/v1/attempts/{}/{report}", text(&reserved["attempt_id"]));
            let answer = router.post(&path, &fields).await;
            assert_eq!(answer.status, 200, "{answer}");
        };
        report(&reserve().await, "release", json!({"reason": written, "pause_seconds": 0})).await;
        let reserved = reserve().await;
        match index % 3 {
            0 => report(&reserved, "fail", json!({"dial_result": "BUSY"})).await,
            1 => {
                report(&reserved, "connect", json!({})).await;
                report(&reserved, "complete", json!({"disposition": written})).await;
            }
            _ => {
                report(&reserved, "connect", json!({})).await;
                let body = json!({"result": "AGENT_CONNECTED", "reason": written});
                // The administrator sees the service from another log-in on.
                let closed = app.admin().await.command(&callback["id"], "close", &body).await;
                assert_eq!(closed.status, 200, "{closed}");
            }
        }
    }
    // Fields that do not take them.
    for (path, body) in [
        ("/api/v1/users", json!({"username": TEXTS[0], "password": PASSWORD, "role": "monitor"})),
        (
            "/api/v1/callbacks",
            json!({"callback_type": "immediate", "service_id": app.service, "customer_number": number(1),
                "language": TEXTS[0]}),
        ),
    ] {
        assert_eq!(admin.post(path, &body).await.status, 422, "{path}");
    }
}

/// A server whose workers run when the test runs them, so that a callback waits as long as it should.
async fn filled(texts: &[&str]) -> TestApp {
    let clock = Clock::manual(Clock::system().now());
    let options = Options { clock, web_dir: Some(web_dir()), ..Options::default() };
    let app = TestApp::start_with(Backend::Sqlite, options).await;
    write_everywhere(&app, texts).await;
    app.seal_audit().await;
    app
}

/// A browser that is watched, in which this person has logged in.
async fn enter(app: &TestApp, username: &str) -> Browser {
    let browser = Browser::start().await;
    browser.before_pages(WATCH).await;
    // High enough for all rows, so that none is under the head of the table.
    browser.resize(1440, 3000).await;
    browser.open(&format!("http://{}/callbacks?range=last-7-days", app.address)).await;
    sign_in(&browser, username, PASSWORD).await;
    browser.at("heading", "Callbacks").shown().await;
    browser
}

async fn prefer(app: &TestApp, username: &str) {
    let now = app.clock.now();
    let custom = |name: &&str| CustomRange {
        name: (*name).to_owned(),
        from: now.plus_seconds(-86_400),
        to: now.plus_seconds(86_400),
    };
    let daily = DailyRange {
        name: TEXTS[5].to_owned(),
        from: "08:00".parse().unwrap(),
        to: "12:00".parse().unwrap(),
    };
    let columns = ["state", "desired_time", "service", "customer_number", "agent", "created_by", TEXTS[0]];
    let preferences = Preferences {
        columns: Some(columns.map(str::to_owned).to_vec()),
        custom_ranges: TEXTS.iter().map(custom).collect(),
        daily_ranges: vec![daily],
        last_range: Some(TEXTS[2].to_owned()),
        advanced_metrics: true,
        ..Preferences::default()
    };
    app.log_in(username).await.call(&PutPreferences(preferences)).await.unwrap();
}

#[tokio::test]
async fn whatever_is_written_is_shown_as_text() {
    let app = filled(&TEXTS).await;
    prefer(&app, "u1").await;
    let browser = enter(&app, "u1").await;
    browser.page().row_with(&number(0)).shown().await;
    shows_all(&browser, "the list").await;
    for (index, written) in TEXTS.into_iter().enumerate() {
        browser.at("button", &format!("Metrics {}", number(index))).click().await;
        let details = browser.at("region", &format!("Callback metrics for {}", number(index)));
        let timeline = details.at("region", "Timeline");
        timeline.shown().await;
        wait_for(written, async || {
            let all = details.text().await;
            (all.matches(written).count() >= 3).then_some(())
        })
        .await;
        check(&browser, written).await;
        browser.at("button", &format!("Metrics {}", number(index))).click().await;
        details.gone().await;
    }
    // The menu of the account has the name; dialogs offer services and ranges.
    browser.at("button", &format!("{}, Administrator", TEXTS[1])).click().await;
    browser.at("menuitem", "My account").click().await;
    browser.at("dialog", "My account").shown().await;
    check(&browser, "My account").await;
    browser.type_keys(key::ESCAPE).await;
    browser.at("dialog", "My account").gone().await;
    for (button, dialog) in [("Create Callback", "Create Callback"), ("Advanced Options", "Advanced Options")]
    {
        browser.at("button", button).click().await;
        browser.at("dialog", dialog).at("button", "Close").shown().await;
        shows_all(&browser, dialog).await;
        browser.at("dialog", dialog).at("button", "Close").click().await;
        browser.at("dialog", dialog).gone().await;
    }
    for (path, table) in
        [("services", "Services"), ("integrations", "API Keys"), ("users", "Users"), ("audit", "Audit")]
    {
        browser.open(&format!("http://{}/{path}", app.address)).await;
        browser.at("table", table).shown().await;
        shows_all(&browser, path).await;
    }
}

#[tokio::test]
async fn dialogs_messages_and_addresses_show_markup_as_text() {
    let texts = [0, 5, 15, 17, 19].map(|index| TEXTS[index]);
    let app = filled(&texts).await;
    let browser = enter(&app, "administrator").await;
    for written in texts {
        browser.open(&format!("http://{}/services", app.address)).await;
        browser.at("link", written).click().await;
        assert_eq!(browser.at("textbox", "Name").property("value").await, written);
        browser.at("textbox", "Name").fill(&format!("{written}!")).await;
        browser.at("button", "Save as version 2").click().await;
        status_says(&browser, "saved").await;
        says(&browser.at("region", "Versions"), "Version 1").await;
        check(&browser, "a service").await;
        browser.open(&format!("http://{}/integrations", app.address)).await;
        browser.at("button", &format!("Revoke {written}")).click().await;
        browser.at("dialog", "Revoke API Key").shown().await;
        check(&browser, "a key").await;
        // Whatever comes with an address.
        let encoded = written.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        for address in [
            format!("search?q={encoded}"),
            format!("callbacks?range={encoded}&search={encoded}&states={encoded}&sort={encoded}"),
            format!("login?next={encoded}"),
            encoded.clone(),
            format!("callbacks#{encoded}"),
        ] {
            browser.open(&format!("http://{}/{address}", app.address)).await;
            wait_for(&address, async || {
                let drawn =
                    browser.script("return document.querySelector('h1, [role=alert]') !== null").await;
                (drawn == true).then_some(())
            })
            .await;
            check(&browser, &address).await;
        }
    }
}

#[tokio::test]
async fn no_page_or_dialog_breaks_the_content_security_policy() {
    let app = filled(&TEXTS[..3]).await;
    let machine = app.key(ApiScope::CallbacksWrite);
    let waiting = machine.create_immediate(app.service, "+44 20 7946 0390").await;
    let over = machine.create_immediate(app.service, "+44 20 7946 0391").await;
    assert!(machine.command(&over["id"], "cancel", &json!({})).await.is_success());
    let browser = enter(&app, "administrator").await;
    check(&browser, "signing in").await;
    let open = async |role: &'static str, name: &str, dialog: &str| {
        browser.at(role, name).click().await;
        let shown = browser.at("dialog", dialog);
        shown.at("button", "Close").shown().await;
        check(&browser, dialog).await;
        browser.type_keys(key::ESCAPE).await;
        shown.gone().await;
    };
    browser.at("checkbox", "Select +44 20 7946 0390").click().await;
    open("button", "Cancel Callbacks", "Cancel Callbacks Confirmation").await;
    open("button", "Edit +44 20 7946 0390", "Edit Callback").await;
    open("button", "Recreate +44 20 7946 0391", "Recreate Callback").await;
    browser.at("button", &format!("Metrics {}", number(1))).click().await;
    let details = browser.at("region", &format!("Callback metrics for {}", number(1)));
    details.at("switch", "Advanced Callback Metrics").click().await;
    details.at("region", "Advanced metrics").shown().await;
    check(&browser, "the recording and all metrics").await;
    for (menu, item) in [("Help", "Guide"), ("Help", "Shortcuts"), ("Help", "Messages")] {
        browser.at("button", menu).click().await;
        open("menuitem", item, item).await;
    }
    browser.at("button", "administrator, Administrator").click().await;
    browser.at("menuitem", "Theme").click().await;
    browser.at("menuitemradio", "Dark").click().await;
    check(&browser, "another theme").await;
    browser.reload().await;
    browser.at("button", "Export").click().await;
    browser.at("menuitem", "Export Cancelled Reports").shown().await;
    open("menuitem", "Export Cancelled Reports", "Export Cancelled Reports").await;
    browser.open(&format!("http://{}/search?q={}", app.address, text(&waiting["id"]))).await;
    browser.at("region", "Timeline").shown().await;
    check(&browser, "the search").await;
    for (path, button) in
        [("services", "Create Service"), ("integrations", "Create API Key"), ("users", "Create User")]
    {
        browser.open(&format!("http://{}/{path}", app.address)).await;
        open("button", button, button).await;
    }
}

#[tokio::test]
async fn swagger_ui_keeps_to_the_content_security_policy() {
    let app = TestApp::start(Backend::Sqlite).await;
    let browser = Browser::start().await;
    browser.before_pages(WATCH).await;
    browser.open(&format!("http://{}/swagger-ui/", app.address)).await;
    // What opens an operation, and a part of an open one.
    for part in [".opblock-summary-control", ".responses-wrapper"] {
        wait_for(part, async || {
            let drawn = browser.script(&format!("return document.querySelector('{part}') !== null")).await;
            (drawn == true).then_some(())
        })
        .await;
        check(&browser, part).await;
        browser.script("document.querySelector('.opblock-summary-control').click()").await;
    }
}

#[tokio::test]
async fn every_file_of_the_page_has_the_headers() {
    let options = Options { web_dir: Some(web_dir()), ..Options::default() };
    let app = TestApp::start_with(Backend::Sqlite, options).await;
    let mut count = 0;
    for folder in ["", "assets"] {
        for file in std::fs::read_dir(web_dir().join(folder)).unwrap().map(Result::unwrap) {
            if file.file_type().unwrap().is_file() {
                let path = format!("{folder}/{}", file.file_name().to_str().unwrap());
                let path = format!("/{}", path.trim_start_matches('/'));
                let answer: Answer = app.anonymous().get(&path).await;
                assert_eq!(answer.status, 200, "{path}");
                is_protected(&path, &answer.headers, &path);
                count += 1;
            }
        }
    }
    assert!(count > 10, "{count}");
}
