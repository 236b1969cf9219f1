//! The helpers of the other tests work.

use ringback_tests::app::migrate;
use ringback_tests::browser::key;
use ringback_tests::{Backend, Browser, Client};
use rstest::rstest;
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[rstest]
#[tokio::test]
async fn each_test_has_a_database_of_its_own(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (one, other) = (backend.database(migrate).await, backend.database(migrate).await);
    assert_ne!(one.url(), other.url());
}

#[tokio::test]
async fn a_database_is_a_copy_of_the_migrated_one_and_goes_away_with_its_test() {
    let database = Backend::Postgres.database(migrate).await;
    let (url, copy) = (database.url().to_owned(), database.url().rsplit_once('/').unwrap().1.to_owned());
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let rows: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM callbacks").fetch_one(&mut connection).await.unwrap();
    assert_eq!(rows, 0);
    drop(database);
    let error = PgConnection::connect(&url).await.unwrap_err().to_string();
    assert!(error.contains(&format!("database \"{copy}\" does not exist")), "{error}");
}

/// Starts a server that answers every request with this page.
async fn serve(html: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close";
            let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{html}", html.len());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}

const PAGE: &str = r#"<!doctype html><html lang="en"><title>Helpers</title>
<h1>Helpers</h1>
<button onclick="setTimeout(() => dialog.showModal(), 200)">Open</button>
<button hidden>Save</button>
<dialog id="dialog" aria-label="Name">
  <label>Given name <input id="name" value="old"></label>
  <button onclick="out.textContent = document.getElementById('name').value; dialog.close()">Save</button>
</dialog>
<p role="status" id="out"></p>
<table><tr><th>Name</th><th>Age</th></tr><tr><td>Kim</td><td>41</td></tr></table>
<script>console.error("seen")</script>"#;

#[tokio::test]
async fn a_page_is_used_by_roles_and_names() {
    let address = serve(PAGE).await;
    let browser = Browser::start().await;
    browser.open(&format!("http://{address}/")).await;
    assert_eq!(browser.url().await, format!("http://{address}/"));

    browser.at("button", "Save").gone().await;
    browser.at("button", "Open").click().await;
    let dialog = browser.at("dialog", "Name");
    dialog.at("textbox", "Given name").fill("Kim").await;
    assert_eq!(browser.focus().await, r#"textbox "Given name""#);
    browser.type_keys(key::TAB).await;
    assert_eq!(browser.focus().await, r#"button "Save""#);
    browser.type_keys(key::ENTER).await;
    dialog.gone().await;
    assert_eq!(browser.page().nth("status", 0).text().await, "Kim");

    assert_eq!(browser.page().names("columnheader").await, ["Name", "Age"]);
    assert_eq!(browser.page().row_with("Kim").names("cell").await, ["Kim", "41"]);
    browser.at("table", "").like("cell", "4").shown().await;
    assert!(browser.console().await.iter().any(|line| line.contains("seen")));
    browser.resize(390, 844).await;
    assert_eq!(browser.script("return innerWidth").await, 390);
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_kept_as_text() {
    let answer = Client::new(serve(PAGE).await).with_token("t").get("/").await;
    assert!(answer.is_success());
    assert_eq!(answer.header("content-type"), Some("text/html"));
    assert_eq!(answer.to_string(), format!("200\n{PAGE}"));
}
