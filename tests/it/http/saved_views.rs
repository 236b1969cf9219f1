//! Views of the list that people name, keep and share with a role.

use reqwest::Method;
use ringback_tests::app::text;
use ringback_tests::{Answer, Backend, Client, TestApp};
use rstest::rstest;
use serde_json::{Value, json};

const VIEWS: &str = "/api/v1/saved-views";

async fn save(client: &Client, name: &str, roles: &[&str]) -> Value {
    let body = json!({"name": name, "query": "range=today&states=OVERDUE", "shared_with": roles});
    let answer = client.post(VIEWS, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.read()
}

async fn names(client: &Client) -> Vec<(String, bool)> {
    let page = client.json(VIEWS).await;
    let items = page["items"].as_array().unwrap().iter();
    items.map(|view| (text(&view["name"]), view["editable"].as_bool().unwrap())).collect()
}

async fn delete(client: &Client, view: &Value) -> u16 {
    let path = format!("{VIEWS}/{}", text(&view["id"]));
    Answer::to(client.request(Method::DELETE, &path)).await.status
}

#[rstest]
#[tokio::test]
async fn a_view_is_seen_by_its_owner_and_the_roles_it_is_shared_with(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let (supervisor, monitor, admin) = (app.supervisor().await, app.monitor().await, app.admin().await);
    let (mine, shared) =
        (save(&supervisor, "Mine", &[]).await, save(&supervisor, "Ours", &["monitor"]).await);
    save(&monitor, "Mine", &[]).await;

    let named = |list: &[(&str, bool)]| -> Vec<(String, bool)> {
        list.iter().map(|(name, editable)| ((*name).to_owned(), *editable)).collect()
    };
    assert_eq!(names(&supervisor).await, named(&[("Mine", true), ("Ours", true)]));
    assert_eq!(names(&monitor).await, named(&[("Mine", true), ("Ours", false)]));
    assert_eq!(names(&admin).await, named(&[("Ours", true)]), "somebody has to tidy up");
    assert_eq!(app.developer().await.json(VIEWS).await["items"], json!([]));

    assert_eq!(delete(&monitor, &shared).await, 404);
    assert_eq!(delete(&admin, &mine).await, 404);
    assert_eq!(delete(&admin, &shared).await, 204);
    assert_eq!(names(&supervisor).await, named(&[("Mine", true)]));
    assert_eq!(delete(&supervisor, &mine).await, 204);
    assert_eq!(names(&monitor).await, named(&[("Mine", true)]));
}

#[rstest]
#[tokio::test]
async fn a_view_is_changed_by_one_person_at_a_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let view = save(&client, "Overdue", &[]).await;
    let path = format!("{VIEWS}/{}", text(&view["id"]));
    let edit = async |version: &str, body: Value| {
        let request = client.request(Method::PATCH, &path).header("if-match", format!("\"{version}\""));
        Answer::to(request.json(&body)).await
    };
    let renamed = edit("1", json!({"name": "Late"})).await;
    assert_eq!((renamed.status, renamed.header("etag")), (200, Some("\"2\"")));
    let renamed: Value = renamed.read();
    assert_eq!((&renamed["name"], &renamed["query"]), (&json!("Late"), &view["query"]));
    assert_eq!(edit("1", json!({"name": "Later"})).await.status, 412);

    save(&client, "Other", &[]).await;
    let taken = edit("2", json!({"name": "Other"})).await;
    assert_eq!(
        (taken.status, taken.read::<Value>()["type"].clone()),
        (409, json!("urn:ringback:problem:duplicate"))
    );
    let again = client.post(VIEWS, &json!({"name": "Late", "query": ""})).await;
    assert_eq!(again.status, 409);
}

#[tokio::test]
async fn a_view_that_cannot_be_kept_is_refused_with_the_reason() {
    let app = TestApp::start(Backend::Sqlite).await;
    let monitor = app.monitor().await;
    for (body, pointer, code) in [
        (json!({"name": " ", "query": ""}), "/name", "invalid_value"),
        (json!({"name": "n".repeat(61), "query": ""}), "/name", "invalid_value"),
        (json!({"name": "n", "query": "q".repeat(2_001)}), "/query", "too_large"),
        (json!({"name": "n", "query": "", "shared_with": ["monitor"]}), "/shared_with", "not_permitted"),
    ] {
        let answer = monitor.post(VIEWS, &body).await;
        let problem: Value = answer.read();
        let found = (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]);
        assert_eq!((answer.status, found), (422, (&json!(pointer), &json!(code))), "{body}");
    }
    for number in 0..100 {
        save(&monitor, &format!("View {number}"), &[]).await;
    }
    assert_eq!(monitor.post(VIEWS, &json!({"name": "One more", "query": ""})).await.status, 409);
    assert_eq!(app.integration().get(VIEWS).await.status, 403, "views belong to people");
}
