//! Secrets, and what customers and integrators entrust, stay out of logs, figures
//! and errors.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use reqwest::Method;
use ringback_domain::StateName;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Client};
use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::program::program;
use crate::store_setup::migrate;

/// All that Ringback itself has to say. At `debug`, libraries log whole addresses.
const LOG: &str = "info,ringback_api=debug";

const PASSWORD: &str = "canary-PassWord-7141";
const WRONG_PASSWORD: &str = "canary-WrongWord-2718";
const NUMBER: &str = "+442079461417";
const USER_DATA: &str = "canary-user-data-5309";

fn add_administrator(url: &str) {
    let mut adding = Command::new(program())
        .args(["user", "add", "canary", "--role", "administrator", "--password-stdin"])
        .args(["--database-url", url])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(adding.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(adding.wait().unwrap().success());
}

/// Goes through the API, what it refuses included. Gives the secrets that were
/// handed out, and what was answered.
async fn live(client: &Client) -> (Vec<String>, Vec<Answer>) {
    let mut answers = Vec::new();
    let log_in = |password| json!({"username": "canary", "password": password});
    answers.push(client.post("/api/v1/session", &log_in(WRONG_PASSWORD)).await);
    answers
        .push(client.post("/api/v1/session", &json!({"username": "canary", "password": [PASSWORD]})).await);
    let opened = client.post("/api/v1/session", &log_in(PASSWORD)).await;
    assert_eq!(opened.status, 200, "{opened}");
    let cookie = opened.header("set-cookie").unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
    let token = text(&opened.read::<Value>()["access_token"]);
    let admin = client.with_token(token.clone());

    let service = json!({"name": "Canary", "time_zone": "Europe/London", "default_country": "GB"});
    let service = admin.post("/api/v1/services", &service).await.read::<Value>()["id"].clone();
    // A new service is seen after another log-in.
    let again = client.post("/api/v1/session", &log_in(PASSWORD)).await.read::<Value>();
    let token_again = text(&again["access_token"]);
    let admin = client.with_token(token_again.clone());
    let key = json!({"name": "canary", "scopes": ["callbacks:read", "callbacks:write", "router"]});
    let key = text(&admin.post("/api/v1/api-keys", &key).await.read::<Value>()["key"]);
    let machine = client.with_key(key.clone());

    let wanted = json!({"callback_type": "immediate", "service_id": service, "customer_number": NUMBER,
        "user_data": {"note": USER_DATA}});
    let made = machine.create(&wanted).await;
    for (part, value) in [
        ("customer_number", json!(format!("{NUMBER}0000"))),
        ("customer_number", json!([NUMBER])),
        ("language", json!(NUMBER)),
        ("user_data", json!(USER_DATA)),
        ("unknown", json!(NUMBER)),
    ] {
        let mut broken = wanted.clone();
        broken[part] = value;
        answers.push(machine.post("/api/v1/callbacks", &broken).await);
    }
    let broken = machine
        .request(Method::POST, "/api/v1/callbacks")
        .body(format!("{{\"customer_number\": \"{NUMBER}\", {USER_DATA}"));
    answers.push(Answer::to(broken.header("content-type", "application/json")).await);
    let digits = NUMBER.trim_start_matches('+');
    for path in [
        format!("/api/v1/callbacks/search?customer_number=%2B{digits}"),
        format!("/api/v1/callbacks?search_field=customer_number&search={digits}"),
        format!("/api/v1/callbacks/export?search={digits}"),
        format!("/api/v1/callbacks?cursor={digits}"),
        format!("/api/v1/callbacks/{digits}"),
        format!("/made/up/{digits}"),
        format!("/api/v1/services/{}/number-reading?number=%2B{digits}", text(&service)),
        format!("/api/v1/services/{}/number-reading?number={digits}0000", text(&service)),
    ] {
        let answer = machine.get(&path).await;
        if answer.status != 200 {
            answers.push(answer);
        }
    }
    let mut forged = token_again.clone();
    forged.insert(20, 'A');
    answers.push(client.with_token(forged.clone()).get("/api/v1/me").await);
    let order = json!({"agent": "agent-1", "services": [service], "wait_seconds": 5});
    let reserved = machine.post("/api/v1/router/reservations", &order).await.read::<Value>();
    let attempt = &reserved["reservations"][0];
    let lease = text(&attempt["lease_token"]);
    let path = format!("/api/v1/attempts/{}", text(&attempt["attempt_id"]));
    answers
        .push(machine.post(&format!("{path}/connect"), &json!({"lease_token": format!("{lease}x")})).await);
    let connected = machine.post(&format!("{path}/connect"), &json!({"lease_token": lease})).await;
    assert_eq!(connected.status, 200, "{connected}");
    answers.push(machine.command(&made["id"], "cancel", &json!({})).await);
    assert_eq!(admin.callback(&made["id"]).await["state"], StateName::Processing.as_str());
    (vec![cookie, token, token_again, forged, key, lease], answers)
}

#[rstest]
#[tokio::test]
async fn secrets_and_numbers_are_in_no_log_figure_or_error(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (database, folder) = (backend.database(migrate).await, tempfile::tempdir().unwrap());
    let log = folder.path().join("log");
    add_administrator(database.url());
    let mut server = Command::new(program())
        .args(["serve", "--listen", "127.0.0.1:0", "--log", LOG, "--database-url", database.url()])
        .stdout(Stdio::piped())
        .stderr(File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let (mut line, mut output) = (String::new(), BufReader::new(server.stdout.take().unwrap()));
    output.read_line(&mut line).unwrap();
    let client = Client::new(line.trim().rsplit('/').next().unwrap());
    let (secrets, answers) = live(&client).await;
    let figures = client.get("/metrics").await.body;
    kill_process(Pid::from_child(&server), Signal::TERM).unwrap();
    assert!(server.wait().unwrap().success());

    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("answered") && log.contains("callback moved"), "this is the log: {log}");
    let number = NUMBER.trim_start_matches("+44");
    let entrusted = [PASSWORD, WRONG_PASSWORD, USER_DATA, number, "79 461417", "7946 1417"];
    let canaries = entrusted.into_iter().chain(secrets.iter().map(String::as_str));
    for canary in canaries {
        let found = log.lines().find(|line| line.contains(canary));
        assert!(found.is_none(), "{canary} is in the log: {found:?}");
        assert!(!figures.contains(canary), "{canary} is in the figures");
        // What a caller sent may be named to them in the address that they asked for.
        let told = answers.iter().find(|answer| {
            let mut problem: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            problem["instance"].take();
            problem.to_string().contains(canary)
        });
        assert!(told.is_none(), "{canary} is in an error: {}", told.unwrap());
    }
}

#[test]
fn the_password_of_the_database_is_not_said_where_it_cannot_be_reached() {
    let url = "postgres://canary:canary-secret-1618@127.0.0.1:1/none?sslmode=disable";
    let server = Command::new(program())
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "debug", "--database-url", url])
        .output()
        .unwrap();
    assert!(!server.status.success());
    let said = [server.stdout, server.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("database") && !said.contains("canary-secret"), "{said}");
}
