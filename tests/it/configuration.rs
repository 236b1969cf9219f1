//! Configuration in a file: exported, compared and applied by the server's binary.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use ringback_tests::{Answer, Backend, TestApp, wait_for};
use rstest::rstest;
use serde_json::{Value, json};

use crate::program::program;
use crate::store_setup::migrate;

/// Runs `ringback config`, with a file as its standard input.
fn config(url: &str, args: &[&str], file: &str) -> Output {
    let mut child = Command::new(program())
        .arg("config")
        .args(args)
        .args(["--database-url", url])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(file.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// What it prints where it succeeds.
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn export(url: &str) -> String {
    printed(&config(url, &["export"], ""))
}

async fn make(app: &TestApp, path: &str, body: &Value) -> Value {
    let answer: Answer = app.admin().await.post(path, body).await;
    assert_eq!(answer.status, 201, "{answer}");
    answer.read::<Value>()["id"].clone()
}

/// Rules of each kind, used by a service.
async fn configured(backend: Backend) -> TestApp {
    let app = TestApp::start(backend).await;
    let day = json!([{"from": "09:00", "to": "12:30"}, {"from": "13:30", "to": "18:00"}]);
    let office = json!({
        "name": "Büro „Mitte“", "time_zone": "Europe/Berlin", "weekly": {"mon": day, "fri": day},
        "exceptions": [
            {"date": "2026-12-24", "hours": [{"from": "09:00", "to": "12:00"}], "label": "Heiligabend"},
            {"date": "2026-12-25", "closed": true},
        ],
    });
    let pool = json!({
        "name": "Pool", "time_zone": "Europe/Berlin", "slot_minutes": 15,
        "weekly": {"mon": [{"from": "09:00", "to": "12:00", "capacity": 4}]},
    });
    let numbers = json!({"name": "DACH", "kind": "allow_countries", "countries": ["DE", "AT", "CH"]});
    let calendar = make(&app, "/api/v1/office-hours", &office).await;
    let capacity = make(&app, "/api/v1/capacity-rules", &pool).await;
    let numbers = make(&app, "/api/v1/number-rules", &numbers).await;
    let settings = json!({
        "open_calendars": [calendar], "capacity_rule": capacity, "number_rules": [numbers],
        "desired_window_seconds": 300, "retry_policy": {"results": {"BUSY": {"gap_seconds": 90, "growth": 1.5}}},
    });
    let path = format!("/api/v1/services/{}", app.other_service);
    assert_eq!(app.admin().await.patch(&path, &settings).await.status, 200);
    app
}

#[rstest]
#[tokio::test]
async fn what_one_database_exports_another_applies(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = configured(backend).await;
    let file = export(app.database_url());
    assert!(file.contains("[[office_hours]]\nname = \"Büro „Mitte“\""), "{file}");
    assert!(file.contains("open_calendars = [\"Büro „Mitte“\"]"), "rules are named: {file}");
    assert!(file.contains("mon = [{ from = \"09:00\", to = \"12:30\" }, {"), "{file}");
    assert!(!file.contains("null"), "{file}");

    let other = backend.database(migrate).await;
    let made = printed(&config(other.url(), &["apply", "-"], &file));
    assert_eq!(made.lines().filter(|line| line.starts_with('+')).count(), 5, "{made}");
    assert_eq!(export(other.url()), file);
    for command in ["diff", "apply"] {
        let again = printed(&config(other.url(), &[command, "-"], &file));
        assert_eq!(again, "Everything is as the file says.\n", "{command}");
    }
}

#[rstest]
#[tokio::test]
async fn a_running_server_follows_what_is_applied(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = configured(backend).await;
    let file = export(app.database_url()).replace("max_attempts = 3", "max_attempts = 7");
    let expected = "~ services “Billing EN”\n    retry_policy.max_attempts: 3 → 7\n\
                    ~ services “Support DE”\n    retry_policy.max_attempts: 3 → 7\n";
    let diff = config(app.database_url(), &["diff", "-"], &file);
    assert_eq!(diff.status.code(), Some(2));
    assert_eq!(String::from_utf8(diff.stdout).unwrap(), expected);
    assert_eq!(printed(&config(app.database_url(), &["apply", "-"], &file)), expected);
    let path = format!("/api/v1/services/{}", app.service);
    let admin = app.admin().await;
    wait_for("the server to know of it", async || {
        let service = admin.json(&path).await;
        (service["retry_policy"]["max_attempts"] == 7).then(|| assert_eq!(service["version"], 2))
    })
    .await;
    app.seal_audit().await;
    let entries = admin.json("/api/v1/audit?action=configuration.apply").await;
    let entry = &entries["items"][0];
    assert_eq!(entry["actor"]["name"], "operator");
    let values = &entry["details"]["changes"][0]["edit"]["values"];
    assert_eq!(values, &json!(["retry_policy.max_attempts: 3 → 7"]), "{entry}");
}

#[rstest]
#[tokio::test]
async fn a_file_with_faults_changes_nothing_and_names_them_all(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = configured(backend).await;
    let file = export(app.database_url());
    let faulty = file
        .replace("open_calendars = [\"Büro „Mitte“\"]", "open_calendars = [\"Büro\"]")
        .replace("\"Europe/Berlin\"\nslot_minutes = 15", "\"Europe/Berlyn\"\nslot_minutes = 7")
        .replace("name = \"Billing EN\"", "name = \"Billing EN\"\nspeed = 1")
        .replace("countries = [\"AT\", ", "countries = [\"XX\", ");
    for command in ["diff", "apply"] {
        let refusal = refusal(&config(app.database_url(), &[command, "-"], &faulty));
        for expected in [
            "capacity_rules “Pool”: time_zone: ",
            "capacity_rules “Pool”: slot_minutes: Use 5, 6, 10, 12, 15, 20, 30 or 60 minutes.",
            "number_rules “DACH”: countries[0]: Unknown country.",
            "services “Billing EN”: speed: unknown field `speed`",
            "services “Support DE”: open_calendars: nothing in the file is called “Büro”",
        ] {
            assert!(refusal.contains(expected), "{expected}\n{refusal}");
        }
    }
    for (broken, expected) in [
        ("[[services]\n", "line 1"),
        ("[[services]]\nname = \"A\"\n", "time_zone"),
        ("[people]\n", "people"),
        (
            "[[office_hours]]\nname = \"A\"\ntime_zone = \"UTC\"\nweekly.mon = [{ from = \"9\", to = \"10:00\" }]\n",
            "line 4",
        ),
    ] {
        let refusal = refusal(&config(app.database_url(), &["apply", "-"], broken));
        assert!(refusal.contains(expected), "{expected}\n{refusal}");
    }
    assert_eq!(export(app.database_url()), file);
}

#[rstest]
#[tokio::test]
async fn what_a_file_lacks_is_deleted_only_on_demand(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = configured(backend).await;
    let url = app.database_url();
    make(&app, "/api/v1/number-rules", &json!({"name": "Premium", "kind": "block_premium"})).await;
    let all = export(url);
    let without =
        all.replace("[[number_rules]]\nname = \"Premium\"\nkind = \"block_premium\"\ncountries = []\n", "");
    assert_ne!(all, without);

    assert!(refusal(&config(url, &["apply", "-"], &without)).contains("give --delete"));
    assert_eq!(export(url), all);
    let deleted = printed(&config(url, &["apply", "-", "--delete"], &without));
    assert_eq!(deleted, "- number_rules “Premium”\n");
    assert_eq!(export(url), without.replace("\n\n\n", "\n\n"));

    // The services stay, and one of them uses the rules.
    assert!(refusal(&config(url, &["apply", "-", "--delete"], "")).contains("Add the service to the file"));
    assert_eq!(export(url), without.replace("\n\n\n", "\n\n"));
}
