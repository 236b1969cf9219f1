//! Numbers as they are read, kept, shown and found.

use ringback_domain::ApiScope;
use ringback_tests::{Backend, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[tokio::test]
async fn an_extension_is_kept_shown_and_handed_to_the_router(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let created = client.create_immediate(app.service, "020 7946 0318 ext. 12").await;
    let expected = (json!("+442079460318"), json!("+44 20 7946 0318"), json!("12"));
    let number = |view: &Value| {
        let field = |name: &str| view[name].clone();
        (field("customer_number"), field("customer_number_formatted"), field("customer_number_extension"))
    };
    assert_eq!(number(&created), expected);
    assert_eq!(number(&client.callback(&created["id"]).await), expected);
    assert_eq!(number(&client.json("/api/v1/callbacks").await["items"][0]), expected);
    app.submit().await;
    let reserved = app.router().reserve_one().await;
    assert_eq!(number(&reserved.callback), expected);
    let fields = json!({"dial_result": "INVALID_NUMBER"});
    assert_eq!(app.router().report(&reserved, "fail", fields).await.status, 200);
    let again = client.command(&created["id"], "recreate", &json!({"callback_type": "immediate"})).await;
    assert_eq!(number(&again.read::<Value>()), expected, "{again}");
    let file = client.get("/api/v1/callbacks/export").await.body;
    assert_eq!(file.lines().filter(|line| line.contains(",0,12,")).count(), 2, "{file}");
}

#[rstest]
#[tokio::test]
async fn a_text_with_several_numbers_is_refused_and_an_unknown_length_warned_of(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let create = async |number: &str| {
        let body = json!({
            "callback_type": "immediate", "service_id": app.other_service, "customer_number": number
        });
        client.post("/api/v1/callbacks", &body).await
    };
    let refused = create("030 23125-760 / 761").await;
    assert_eq!(refused.status, 422, "{refused}");
    assert_eq!(refused.read::<Value>()["errors"][0]["code"], "several_numbers");
    let taken: Value = create("+220 1234567890").await.read();
    assert_eq!(taken["number_warning"], "unknown_length", "{taken}");
    assert_eq!(client.json("/api/v1/callbacks").await["items"][0]["number_warning"], "unknown_length");
    let known: Value = create("+52 1 55 1234 5678").await.read();
    assert_eq!(
        (&known["customer_number"], &known["number_warning"]),
        (&json!("+525512345678"), &Value::Null)
    );
}

/// One number and parts of it, in a query string.
const SPELLINGS: [&str; 11] = [
    "020+7946+0318",
    "020+79",
    "%2B44+20+7946",
    "+44+20+7946",
    "7946",
    "%2B44+(0)20",
    "0044+20+79",
    "%2B442079460318",
    "tel:%2B44-20-7946-0318",
    "TEL:%2B442079460318;ext=12",
    "020+7946+0318+ext.+12",
];

/// The list and Callback Search read a text alike.
#[rstest]
#[tokio::test]
async fn a_number_is_found_as_people_write_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.key(ApiScope::CallbacksWrite);
    client.create_immediate(app.service, "+44 20 7946 0318").await;
    client.create_immediate(app.other_service, "+49 30 23125760").await;
    let reader = app.key(ApiScope::CallbacksRead);
    let found = async |path: &str| {
        let found = reader.json(&format!("/api/v1/callbacks{path}")).await;
        let numbers = found["items"].as_array().unwrap().iter();
        numbers.map(|item| item["customer_number"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for field in ["customer_number", "any"] {
        for text in SPELLINGS {
            let path = format!("?search_field={field}&search={text}");
            assert_eq!(found(&path).await, ["+442079460318"], "{path}");
        }
        for text in ["030+231", "(030)+23125", "23125"] {
            let path = format!("?search_field={field}&search={text}");
            assert_eq!(found(&path).await, ["+493023125760"], "{path}");
        }
    }
    for text in SPELLINGS {
        assert_eq!(found(&format!("/search?customer_number={text}")).await, ["+442079460318"], "{text}");
    }
    for text in ["79", "5b1e90c2", "x7946", "%2B"] {
        let refused = reader.get(&format!("/api/v1/callbacks/search?customer_number={text}")).await;
        assert_eq!(refused.status, 422, "{text}: {refused}");
    }
    assert_eq!(found("?search_field=customer_number&search=040").await, Vec::<String>::new());
    // A whole number is not looked for among longer ones.
    client.create_immediate(app.other_service, "+49 30 231257").await;
    assert_eq!(found("/search?customer_number=030+231257").await, ["+4930231257"]);
    let parts = |text: &str| format!("/api/v1/callbacks/count?{text}");
    let counted = reader.json(&parts("search=020+79")).await;
    assert!(counted["number_parts"].as_array().unwrap().contains(&json!("442079")), "{counted}");
    for none in ["", "search=Kim", "search_field=id&search=7946"] {
        assert_eq!(reader.json(&parts(none)).await["number_parts"], json!([]), "{none}");
    }
}

#[tokio::test]
async fn the_tables_in_use_are_among_the_metrics() {
    let app = TestApp::start(Backend::Sqlite).await;
    let metrics = app.anonymous().get("/metrics").await.body;
    for name in ["ringback_tzdb_info{source=", "ringback_phone_numbers_info{source="] {
        assert!(metrics.contains(name), "{metrics}");
    }
}
