//! Made-up input wherever text comes in: every answer is a success or a problem that says what is
//! wrong, and what is accepted comes out as it went in. An input that failed once is kept as a named case.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use ringback_api::phone;
use ringback_domain::PhoneNumber;
use ringback_domain::wire::problem::Problem;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Client, TestApp, size};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const CALLBACKS: &str = "/api/v1/callbacks";
const NUMBER: &str = "+442079460318";

/// Runs a test with many inputs; one that fails is made small and printed.
fn each<T: std::fmt::Debug>(short: usize, input: impl Strategy<Value = T>, test: impl Fn(T)) {
    let cases = u32::try_from(size(short, short * 1_000)).unwrap();
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&input, |value| {
        test(value);
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}

/// A server, and the runtime of its clients.
fn server() -> (Runtime, TestApp) {
    let runtime = Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::start(Backend::Sqlite));
    (runtime, app)
}

/// The answer is a success, or a problem with its status.
fn checked(answer: Answer) -> Answer {
    if !answer.is_success() {
        assert!((400..500).contains(&answer.status), "{answer}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer}");
        let problem: Problem = answer.read();
        assert_eq!(problem.status, answer.status);
        assert!(!problem.detail.is_empty() && problem.errors.iter().all(|error| !error.detail.is_empty()));
    }
    answer
}

async fn get(client: &Client, path: &str) -> Answer {
    checked(client.get(path).await)
}

/// Any text as a part of a URL.
fn encoded(text: &str) -> String {
    text.bytes().flat_map(|byte| format!("%{byte:02X}").into_bytes()).map(char::from).collect()
}

/// Texts that nearly mean something, and texts that mean nothing.
fn word() -> impl Strategy<Value = String> {
    let known = [
        "SCHEDULED",
        "-created_at",
        "desired_time",
        "state",
        "0",
        "-1",
        "250",
        "251",
        "18446744073709551616",
        "2026-11-24T09:00:00Z",
        "2026-02-30T00:00:00Z",
        "+275760-09-13T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "23:59",
        "24:00",
        "Europe/Berlin",
        "Factory",
        "true",
        "immediate",
        "null",
        "",
        "%",
        "'",
        "\\",
        "*",
    ];
    prop_oneof![3 => select(known.to_vec()).prop_map(str::to_owned), 1 => "[ -~]{0,12}", 1 => any::<String>()]
}

#[test]
fn a_filter_is_understood_or_refused() {
    let (runtime, app) = server();
    let client = runtime.block_on(app.supervisor());
    runtime.block_on(client.create_immediate(app.service, NUMBER));
    let document: Value = runtime.block_on(client.json("/openapi.json"));
    let parameters = document["paths"][CALLBACKS]["get"]["parameters"].as_array().unwrap();
    let names: Vec<String> = parameters
        .iter()
        .filter(|one| one["in"] == "query")
        .map(|one| text(&one["name"]))
        .chain(["up_to".to_owned(), "unknown".to_owned()])
        .collect();
    let query = vec((select(names), word()), 0..6);
    each(150, (query, select(vec!["", "/count", "/export"])), |(pairs, path)| {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        runtime.block_on(get(&client, &format!("{CALLBACKS}{path}?{}", pairs.join("&"))));
    });
    each(50, "[ -~&&[^#\"<> ]]{0,40}", |raw| {
        runtime.block_on(get(&client, &format!("{CALLBACKS}?{raw}")));
    });
}

#[test]
fn a_cursor_leads_on_or_is_refused() {
    let (runtime, app) = server();
    let client = app.integration();
    let cursor = runtime.block_on(async {
        for _ in 0..3 {
            client.create_immediate(app.service, NUMBER).await;
        }
        let page = client.json(&format!("{CALLBACKS}?limit=1")).await;
        text(&page["next"])
    });
    let changed = (0..cursor.len(), any::<char>(), any::<bool>()).prop_map(move |(at, letter, cut)| {
        let mut letters: Vec<char> = cursor.chars().collect();
        letters[at] = letter;
        letters.truncate(if cut { at + 1 } else { letters.len() });
        letters.into_iter().collect::<String>()
    });
    each(150, prop_oneof![changed, word()], |cursor| {
        runtime.block_on(get(&client, &format!("{CALLBACKS}?limit=1&cursor={}", encoded(&cursor))));
    });
}

#[test]
fn no_made_up_token_is_accepted() {
    let (runtime, app) = server();
    let part = "[A-Za-z0-9_-]{0,60}";
    let header = select(vec!["eyJhbGciOiJub25lIn0", "eyJhbGciOiJFZERTQSJ9", "e30", ""]);
    let token = prop_oneof![(header, part, part).prop_map(|(a, b, c)| format!("{a}.{b}.{c}")), "[!-~]{1,80}"];
    each(150, token, |token| {
        let answer = runtime.block_on(get(&app.anonymous().with_token(token), "/api/v1/me"));
        assert_eq!(answer.status, 401, "{answer}");
    });
}

#[test]
fn any_last_event_id_begins_a_stream_or_is_refused() {
    let (runtime, app) = server();
    let client = app.key(ringback_domain::ApiScope::CallbacksRead);
    let id = prop_oneof!["[!-~]{0,30}", "[0-9a-f]{8}-[0-9]{1,25}-[0-9]{1,25}", "[0-9-]{0,30}"];
    each(60, id, |id| {
        let status = runtime.block_on(async {
            let request = client.request(Method::GET, "/api/v1/events").header("last-event-id", &id);
            let response = request.send().await.unwrap();
            response.status().as_u16()
        });
        // Too many streams are refused until the server has noticed which ones were left.
        assert!(matches!(status, 200 | 400 | 429), "{status}: {id}");
    });
}

/// Numbers with a trunk prefix too many, which were kept with it; then those with the 1 that
/// Mexican mobile numbers had, which was kept before an extension.
const KEPT_NUMBERS: [&str; 5] = [
    "+4400867657912",
    "+82083060208ext. 383995",
    "+95008030388# 18594",
    "+5218822608409 #800",
    "+5210000000000x0",
];

/// What was read once is read again as the same number.
fn check_phone(number: &str, country: &str) {
    if let Ok(reading) = phone::read(number, country) {
        let again = phone::read(reading.number.as_str(), country).unwrap();
        assert_eq!(again.number, reading.number, "{number}");
    }
    let _ = phone::of_query(number);
    if let Ok(known) = PhoneNumber::try_from(number.to_owned()) {
        assert_eq!(PhoneNumber::try_from(known.as_str().to_owned()).unwrap(), known);
        let _ = phone::format(known.as_str());
    }
}

#[test]
fn a_number_that_was_read_is_read_the_same_again() {
    let number = prop_oneof![
        "\\+?[0-9 ().-]{0,24}",
        "\\+[1-9][0-9]{5,14}( ?(x|ext\\.?|#|;ext=) ?[0-9]{1,7})?",
        "[+0-9\u{ff0b}\u{ff10}-\u{ff19}\u{660}-\u{669} xX,;*#]{0,30}",
        any::<String>(),
    ];
    for number in KEPT_NUMBERS {
        check_phone(number, "GB");
    }
    each(2_000, (number, select(vec!["GB", "DE", "US", "IT", "AR", "MX", "??"])), |(number, country)| {
        check_phone(&number, country);
    });
}

#[test]
fn a_wall_time_is_read_or_refused() {
    let (runtime, app) = server();
    let client = app.integration();
    let local = prop_oneof![
        "20(26|27)-(0[1-9]|1[0-2])-[0-3][0-9]T[0-2][0-9]:[0-5][0-9](:[0-6][0-9](\\.[0-9]{1,10})?)?",
        "[0-9T:+-]{0,24}",
        word(),
    ];
    let zone =
        select(vec!["Europe/Berlin", "Pacific/Kiritimati", "Etc/GMT+12", "Australia/Lord_Howe", "UTC", "x"]);
    each(
        100,
        (local, zone, select(vec![Value::Null, json!("first"), json!("second")])),
        |(local, zone, fold)| {
            let mut body = json!({"callback_type": "scheduled", "service_id": app.service, "customer_number": NUMBER,
                              "desired_local": local, "time_zone": zone});
            if !fold.is_null() {
                body["fold"] = fold;
            }
            let answer = checked(runtime.block_on(client.post(CALLBACKS, &body)));
            if answer.status == 201 {
                let kept = text(&answer.read::<Value>()["desired_local"]);
                assert!(kept.starts_with(&local[..16]), "{local} became {kept}");
            }
        },
    );
}

/// JSON of some depth, with every kind of text.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e300..1e300).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let pairs = vec((any::<String>(), inner.clone()), 0..4);
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::from),
            pairs.prop_map(|pairs| pairs.into_iter().collect())
        ]
    })
}

#[rstest]
fn user_data_come_back_as_they_were_sent(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let runtime = Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::start(backend));
    let client = app.integration();
    let data = vec((any::<String>(), json_value()), 0..4);
    each(60, data, |pairs| {
        let data: Value = pairs.into_iter().collect();
        let body = json!({"callback_type": "immediate", "service_id": app.service, "customer_number": NUMBER,
                          "user_data": data});
        let answer = checked(runtime.block_on(client.post(CALLBACKS, &body)));
        if answer.status == 201 {
            let id = text(&answer.read::<Value>()["id"]);
            let kept = runtime.block_on(get(&client, &format!("{CALLBACKS}/{id}"))).body;
            assert!(kept.contains(&format!("\"user_data\":{data}")), "{data} became {kept}");
        }
    });
}

#[test]
fn an_exported_name_is_the_name_and_never_a_formula() {
    let (runtime, app) = server();
    let admin = runtime.block_on(app.admin());
    runtime.block_on(admin.create_immediate(app.service, NUMBER));
    let name = prop_oneof!["[=+@,;\"' a-z-]{1,20}", "[\u{20}-\u{7e}\u{a0}-\u{2fff}\u{ff00}-\u{ffef}]{1,30}"];
    let service = format!("/api/v1/services/{}", app.service);
    each(40, name, |name| {
        let answer = checked(runtime.block_on(admin.patch(&service, &json!({"name": name}))));
        if !answer.is_success() {
            return;
        }
        let kept = text(&answer.read::<Value>()["name"]);
        let export = runtime.block_on(get(&admin, &format!("{CALLBACKS}/export")));
        let body = export.body.trim_start_matches('\u{feff}');
        let mut rows = csv::Reader::from_reader(body.as_bytes());
        let column = rows.headers().unwrap().iter().position(|name| name == "service").unwrap();
        let row = rows.records().next().unwrap().unwrap();
        let cell = &row[column];
        // Apostrophes are what keeps a spreadsheet from calculating.
        assert_eq!(cell.replace('\'', ""), kept.replace('\'', ""));
        assert!(!cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{cell}");
    });
}
