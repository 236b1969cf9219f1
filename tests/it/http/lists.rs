//! Lists of callbacks: pages, orders, filters, counts, searches and exports.

use ringback_api::app::App;
use ringback_api::auth::Grant;
use ringback_api::query::export::Export;
use ringback_domain::wire::callback::CallbackView;
use ringback_domain::wire::endpoint::ListCallbacks;
use ringback_domain::wire::list::{CallbackFilter, PageQuery, Sort};
use ringback_domain::{ApiScope, StateName};
use ringback_tests::app::{PASSWORD, can, text};
use ringback_tests::{Backend, Client, TestApp, another_number};
use rstest::rstest;
use serde_json::{Value, json};

/// Creates callbacks of both services, two for each minute.
async fn fill(app: &TestApp, count: usize) {
    let client = app.key(ApiScope::CallbacksWrite);
    for number in 0..count {
        let service = if number % 3 == 0 { app.other_service } else { app.service };
        // Two share a desired time, so that ids decide their order.
        let minute = number / 2;
        let time = format!("2026-11-25T{:02}:{:02}:00Z", 8 + minute / 60, minute % 60);
        client.create_scheduled(service, &format!("+44207946{number:04}"), &time).await;
        if number % 10 == 0 {
            app.advance(1);
        }
    }
}

/// Brings some of the callbacks into every other state.
async fn mix(app: &TestApp) {
    app.advance(86_400 - 3_600 + 600);
    app.submit().await;
    let router = app.router();
    let reserved = router.reserve(6).await;
    assert_eq!(reserved.len(), 6);
    for reserved in &reserved[..4] {
        router.report(reserved, "connect", json!({})).await;
    }
    for reserved in &reserved[..2] {
        router.report(reserved, "complete", json!({})).await;
    }
}

async fn ids(client: &Client, filter: &CallbackFilter, page: PageQuery) -> (Vec<String>, Value) {
    let list = ListCallbacks { filter: filter.clone(), page };
    let answer = client.answer(&list).await;
    assert_eq!(answer.status, 200, "{answer}");
    let page: Value = answer.read();
    (page["items"].as_array().unwrap().iter().map(|item| text(&item["id"])).collect(), page)
}

/// The ids that a query matches, after checking its counts.
async fn matching(client: &Client, query: &str) -> Vec<String> {
    let page = client.json(&format!("/api/v1/callbacks?{query}")).await;
    let count = client.json(&format!("/api/v1/callbacks/count?{query}")).await;
    let items = page["items"].as_array().unwrap();
    assert_eq!(count["total"], items.len(), "{query}");
    let by_state = count["by_state"].as_object().unwrap();
    assert_eq!(by_state.values().filter_map(Value::as_u64).sum::<u64>(), items.len() as u64, "{query}");
    for (state, share) in by_state {
        let listed = items.iter().filter(|item| item["state"] == state.as_str()).count();
        assert_eq!(share, listed, "{query}: {state}");
    }
    items.iter().map(|item| text(&item["id"])).collect()
}

fn cursor(page: &Value, name: &str) -> Option<String> {
    page[name].as_str().map(ToOwned::to_owned)
}

/// Shows: S04
#[rstest]
#[tokio::test]
async fn a_page_has_250_callbacks_and_the_next_is_on_page_two(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    fill(&app, 251).await;
    let client = app.key(ApiScope::CallbacksRead);
    let everything = CallbackFilter::default();
    let (first, page) = ids(&client, &everything, PageQuery::default()).await;
    assert_eq!((first.len(), cursor(&page, "previous")), (250, None));
    let next = cursor(&page, "next");
    assert!(next.is_some());
    let (second, page) = ids(&client, &everything, PageQuery { cursor: next, ..PageQuery::default() }).await;
    assert_eq!((second.len(), cursor(&page, "next")), (1, None));
    let (by_number, _) = ids(&client, &everything, PageQuery { page: Some(2), ..PageQuery::default() }).await;
    assert_eq!(by_number, second);
    assert!(!first.contains(&second[0]));
    let previous = cursor(&page, "previous");
    let (back, page) =
        ids(&client, &everything, PageQuery { cursor: previous, ..PageQuery::default() }).await;
    assert_eq!((back, cursor(&page, "previous")), (first, None));
    let (past, page) = ids(&client, &everything, PageQuery { page: Some(3), ..PageQuery::default() }).await;
    assert_eq!((past.len(), cursor(&page, "next")), (0, None));

    let count = client.json("/api/v1/callbacks/count").await;
    assert_eq!((&count["total"], &count["at_least"]), (&json!(251), &json!(false)));
    let count = client.json("/api/v1/callbacks/count?up_to=100").await;
    assert_eq!(count["at_least"], true);
    assert!(
        (100..=251).contains(&count["total"].as_u64().unwrap()),
        "at least that many are counted: {count}"
    );
    let count = client.json("/api/v1/callbacks/count?up_to=1000").await;
    assert_eq!((&count["total"], &count["at_least"]), (&json!(251), &json!(false)));
}

#[rstest]
#[tokio::test]
async fn cursors_reach_all_rows_of_every_order_in_both_directions(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    fill(&app, 40).await;
    mix(&app).await;
    let client = app.supervisor().await;
    let everything = CallbackFilter::default();
    for sort in Sort::ALL {
        let sorted = PageQuery { sort: Some(sort), ..PageQuery::default() };
        let (all, whole) = ids(&client, &everything, sorted.clone()).await;
        assert_eq!(all.len(), 40);
        in_order(sort, whole["items"].as_array().unwrap());

        let small = PageQuery { limit: Some(7), ..sorted };
        let (mut there, mut page) = ids(&client, &everything, small.clone()).await;
        while let Some(next) = cursor(&page, "next") {
            let (more, after) =
                ids(&client, &everything, PageQuery { cursor: Some(next), ..small.clone() }).await;
            there.extend(more);
            page = after;
        }
        assert_eq!(there, all, "{sort:?} forwards");

        let mut back: Vec<String> =
            page["items"].as_array().unwrap().iter().map(|item| text(&item["id"])).collect();
        while let Some(previous) = cursor(&page, "previous") {
            let query = PageQuery { cursor: Some(previous), ..small.clone() };
            let (mut before, earlier) = ids(&client, &everything, query).await;
            before.extend(back);
            back = before;
            page = earlier;
        }
        assert_eq!(back, all, "{sort:?} backwards");
    }
}

/// Checks that the rows are in this order, except for ties.
fn in_order(sort: Sort, items: &[Value]) {
    let state = |item: &Value| {
        StateName::ALL.iter().position(|state| item["state"] == state.as_str()).unwrap().to_string()
    };
    let name = serde_json::to_value(sort).unwrap();
    let name = name.as_str().unwrap();
    let field = name.trim_start_matches('-');
    let mut keys: Vec<String> = items
        .iter()
        .map(|item| match field {
            "state" => state(item),
            "service" => text(&item["service"]["name"]),
            // After every time.
            "completed_at" => item[field].as_str().unwrap_or("never").to_owned(),
            "priority" => format!("{:04}", item[field].as_i64().unwrap()),
            field => text(&item[field]),
        })
        .collect();
    if name.starts_with('-') {
        keys.reverse();
    }
    assert!(keys.is_sorted(), "{name}: {keys:?}");
}

#[rstest]
#[tokio::test]
async fn a_callback_that_changes_during_a_count_is_counted_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    fill(&app, 30).await;
    let (client, counter) = (app.supervisor().await, app.supervisor().await);
    let page = client.json("/api/v1/callbacks").await;
    let ids: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
    let cancel = async {
        for id in &ids {
            client.command(id, "cancel", &json!({})).await;
        }
    };
    let count = async {
        loop {
            let counted = counter.json("/api/v1/callbacks/count").await;
            assert_eq!(counted["total"], 30, "{counted}");
            if counted["by_state"]["COMPLETED"] == 30 {
                break;
            }
        }
    };
    tokio::join!(cancel, count);
}

#[rstest]
#[tokio::test]
async fn filters_narrow_the_list_and_its_count_alike(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    fill(&app, 30).await;
    mix(&app).await;
    let client = app.supervisor().await;
    let own = client.create_immediate(app.service, "+442071234567").await;
    client.command(&own["id"], "cancel", &json!({})).await;

    assert_eq!(matching(&client, "").await.len(), 31);
    assert_eq!(matching(&client, "state=PROCESSING").await.len(), 2);
    assert_eq!(matching(&client, "state=PROCESSING&state=ROUTING").await.len(), 4);
    assert_eq!(matching(&client, "state=COMPLETED").await.len(), 3);
    assert_eq!(matching(&client, &format!("service={}", app.other_service)).await.len(), 10);
    let both = format!("service={}&service={}", app.service, app.other_service);
    assert_eq!(matching(&client, &both).await.len(), 31);

    // `from` is inclusive, `to` exclusive; each minute has two callbacks.
    let minute = |from: &str, to: &str| format!("from=2026-11-25T08:{from}:00Z&to=2026-11-25T08:{to}:00Z");
    assert_eq!(matching(&client, &minute("03", "04")).await.len(), 2);
    assert_eq!(matching(&client, &minute("03", "05")).await.len(), 4);
    assert_eq!(matching(&client, &minute("03", "03")).await.len(), 0);
    assert_eq!(matching(&client, "from=2026-11-25T08:03:00.000001Z&to=2026-11-25T08:04:00Z").await.len(), 0);

    for notation in ["0029", "7946-0029", "%2B44 20 7946 0029", "20 (7946) 0029", "442079460029"] {
        assert_eq!(matching(&client, &format!("search={notation}")).await.len(), 1, "{notation}");
    }
    assert_eq!(matching(&client, "search=79460").await.len(), 30);
    assert_eq!(matching(&client, "search=%25").await.len(), 0, "no wildcard");
    assert_eq!(matching(&client, "search_field=result&search=agent_conn").await.len(), 2);
    assert_eq!(matching(&client, "search_field=result&search=agent%25conn").await.len(), 0, "no wildcard");
    assert_eq!(matching(&client, "search_field=created_by&search=SUPER").await, [text(&own["id"])]);
    assert_eq!(matching(&client, "search_field=cancelled_by&search=visor").await, [text(&own["id"])]);
    assert_eq!(matching(&client, "search_field=agent&search=Agent-17").await.len(), 6);
    assert_eq!(matching(&client, "search_field=service&search=support").await.len(), 10);
    assert_eq!(matching(&client, "search_field=service&search=nothing").await.len(), 0);
    let id = text(&own["id"]);
    for part in [&id, &id[..13], &id[24..], &id.to_uppercase()] {
        let found = matching(&client, &format!("search_field=id&search={part}")).await;
        assert!(found.contains(&id), "{part}: {found:?}");
    }
    let any = async |text: &str| matching(&client, &format!("search_field=any&search={text}")).await.len();
    for (text, count) in [
        ("support", 10),
        ("processing", 2),
        ("agent_conn", 2),
        ("agent-17", 6),
        ("7946 0029", 1),
        ("%2B44 20 7123", 1),
        ("nothing", 0),
        ("%25", 0),
        // A text with letters is not searched in numbers.
        ("x0029", 0),
        ("COMPLETED (CANCELLED_BY_ADMIN)", 1),
        ("completed (agent", 2),
        ("completed (agent)", 0),
        // Names of people are in columns that are not shown by default.
        ("supervisor", 0),
    ] {
        assert_eq!(any(text).await, count, "{text}");
    }
    let columns = "search_field=created_by&search_field=state";
    for (text, count) in [("SUPER", 1), ("COMPLETED (CANCELLED_BY_ADMIN)", 1), ("7946", 0)] {
        let query = format!("{columns}&search={text}");
        assert_eq!(matching(&client, &query).await.len(), count, "{query}");
        assert_eq!(client.json(&format!("/api/v1/callbacks/count?{query}")).await["total"], count, "{query}");
    }
    assert_eq!(any(&id).await, 1);
    let all = format!("state=COMPLETED&service={}&search=7123&from=2026-11-25T00:00:00Z", app.service);
    assert_eq!(matching(&client, &all).await, [id]);
}

/// Shows: S46, S47, S49
#[rstest]
#[tokio::test]
async fn callback_search_finds_by_id_and_number_at_any_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let client = app.supervisor().await;
    let early = client.create_scheduled(app.service, "020 7946 0318", "2026-11-25T08:00:00Z").await;
    let late = client.create_scheduled(app.other_service, "+44 20 7946 0318", "2027-03-01T08:00:00Z").await;
    client.create_scheduled(app.service, "020 7946 0319", "2026-11-25T08:00:00Z").await;
    let find = async |client: &Client, query: &str| -> Vec<Value> {
        let found = client.json(&format!("/api/v1/callbacks/search?{query}")).await;
        found["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect()
    };
    let both = [late["id"].clone(), early["id"].clone()];
    for notation in ["020 7946 0318", "%2B442079460318", "%2B44 (0)20 7946-0318"] {
        assert_eq!(find(&client, &format!("customer_number={notation}")).await, both, "{notation}");
    }
    assert_eq!(find(&client, &format!("id={}", text(&early["id"]))).await, [early["id"].clone()]);
    assert!(find(&client, "customer_number=020 7946 0400").await.is_empty());
    assert!(find(&client, "id=019ab5c4-7d1e-7c20-9c4f-3a5d5b1e90c2").await.is_empty());
    let restricted = app.restricted().await;
    assert_eq!(find(&restricted, "customer_number=020 7946 0318").await, [early["id"].clone()]);
    assert!(find(&restricted, &format!("id={}", text(&late["id"]))).await.is_empty());
}

#[rstest]
#[tokio::test]
async fn an_export_has_every_row_in_either_form(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    fill(&app, 260).await;
    let admin = app.admin().await;
    let renamed = json!({"name": "=HYPERLINK(\"x\"), EN"});
    let answer = admin.patch(&format!("/api/v1/services/{}", app.service), &renamed).await;
    assert_eq!(answer.status, 200, "{answer}");
    let supervisor = app.supervisor().await;

    let answer = supervisor.get("/api/v1/callbacks/export").await;
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"), "{answer}");
    assert!(answer.header("content-disposition").unwrap().contains("attachment"));
    assert!(answer.body.contains("\r\n"));
    let mut csv = csv::Reader::from_reader(answer.body.as_bytes());
    let header: Vec<String> = csv.headers().unwrap().iter().map(ToOwned::to_owned).collect();
    assert_eq!(
        header[..7],
        ["id", "service", "customer_number", "callback_type", "state", "result", "desired_time"]
    );
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 260);
    assert_eq!(&rows[1][1], "'=HYPERLINK(\"x\"), EN", "a spreadsheet must not read it as a formula");
    assert_eq!(&rows[0][1], "Support DE");
    let exported: Vec<&str> = rows.iter().map(|row| &row[0]).collect();
    let query = PageQuery::default();
    let (mut listed, page) = ids(&supervisor, &CallbackFilter::default(), query.clone()).await;
    let rest = PageQuery { cursor: cursor(&page, "next"), ..query };
    listed.extend(ids(&supervisor, &CallbackFilter::default(), rest).await.0);
    assert_eq!(exported, listed);

    let query = format!("format=ndjson&service={}", app.other_service);
    let answer = supervisor.get(&format!("/api/v1/callbacks/export?{query}")).await;
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let lines: Vec<Value> = answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 87);
    assert!(lines.iter().all(|line| line["service"]["name"] == "Support DE"));

    let restricted = app.restricted().await.get("/api/v1/callbacks/export?format=ndjson").await;
    assert_eq!(restricted.body.lines().count(), 260 - 87);
    let none = supervisor.get("/api/v1/callbacks/export?search=nothing").await;
    assert_eq!(none.body.lines().count(), 1, "a file without rows has its header");
    assert_eq!(app.monitor().await.get("/api/v1/callbacks/export").await.status, 403);
}

#[rstest]
#[tokio::test]
async fn people_see_only_callbacks_of_their_services(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    fill(&app, 30).await;
    mix(&app).await;
    let restricted = app.restricted().await;
    assert_eq!(matching(&restricted, "").await.len(), 20);
    assert_eq!(matching(&restricted, &format!("service={}", app.other_service)).await.len(), 0);
    assert_eq!(matching(&restricted, "search_field=service&search=support").await.len(), 0);
    for sort in Sort::ALL {
        let query = PageQuery { sort: Some(sort), ..PageQuery::default() };
        let (all, page) = ids(&restricted, &CallbackFilter::default(), query).await;
        assert_eq!(all.len(), 20);
        assert!(page["items"].as_array().unwrap().iter().all(|item| item["service"]["name"] == "Billing EN"));
    }
    let services = restricted.json("/api/v1/services").await;
    assert_eq!(services["items"].as_array().unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn cached_rows_are_never_outdated(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend).await;
    let (supervisor, monitor, admin) = (app.supervisor().await, app.monitor().await, app.admin().await);
    let row = async |client: &Client| {
        let page = client.json("/api/v1/callbacks").await;
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), 1);
        items[0].clone()
    };
    let created = supervisor.create_scheduled(app.service, "020 7946 0318", "2026-11-24T09:01:00Z").await;
    assert_eq!(row(&supervisor).await["can"]["cancel"], true);
    assert_eq!(row(&monitor).await["can"]["cancel"], false, "a row depends on the viewer's permissions");
    app.advance(60 + 120 + 1);
    assert_eq!(row(&supervisor).await["overdue"], true, "a row depends on the time");
    admin.patch(&format!("/api/v1/services/{}", app.service), &json!({"name": "Claims EN"})).await;
    assert_eq!(row(&supervisor).await["service"]["name"], "Claims EN");
    app.submit().await;
    let queued = row(&supervisor).await;
    assert_eq!((&queued["state"], &queued["overdue"]), (&json!("QUEUED"), &json!(false)));
    supervisor.command(&created["id"], "cancel", &json!({})).await;
    assert_eq!(row(&supervisor).await["result"], "CANCELLED_BY_ADMIN");
    assert_eq!(row(&monitor).await["result"], "CANCELLED_BY_ADMIN");
}

/// Shows: S85, S91, S92
#[rstest]
#[tokio::test]
async fn allowed_actions_depend_on_the_state_and_on_the_role(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    fill(&app, 30).await;
    mix(&app).await;
    let supervisor = app.supervisor().await;
    let page = supervisor.json("/api/v1/callbacks").await;
    for item in page["items"].as_array().unwrap() {
        let expected = match item["state"].as_str().unwrap() {
            "SCHEDULED" => vec!["cancel", "reschedule"],
            "QUEUED" | "ROUTING" => vec!["cancel"],
            "PROCESSING" => vec!["close"],
            _ => Vec::new(),
        };
        assert_eq!(can(item), expected, "{item}");
        let single = supervisor.callback(&item["id"]).await;
        for same in ["can", "state", "result", "version", "overdue", "expires_at", "desired_time"] {
            assert_eq!(item[same], single[same], "{same}");
        }
    }
    let page = app.monitor().await.json("/api/v1/callbacks").await;
    assert!(page["items"].as_array().unwrap().iter().all(|item| can(item).is_empty()));
}

#[rstest]
#[tokio::test]
async fn a_search_ignores_case_in_every_script(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let service = format!("/api/v1/services/{}", app.service);
    let router = app.key(ApiScope::Router);
    for (name, search) in [
        ("Özil", "öZIL"),
        ("Strauẞ", "strauß"),
        ("ΝΙΚΟΣ", "νικος"),
        ("İpek", "ipek"),
        ("Иванов", "ИВАНОВ"),
        ("Հայկ", "ՀԱՅԿ"),
    ] {
        let made = admin.create_immediate(app.service, &another_number()).await;
        app.submit().await;
        let order = json!({"agent": format!("Kim {name}"), "services": [app.service]});
        let reserved: Value = router.post("/api/v1/router/reservations", &order).await.read();
        assert_eq!(reserved["reservations"][0]["callback"]["id"], made["id"], "{name}");
        for field in ["agent", "any"] {
            let found = matching(&admin, &format!("search_field={field}&search={search}")).await;
            assert_eq!(found, [text(&made["id"])], "{field}: {name} {search}");
        }
        admin.patch(&service, &json!({"name": name})).await;
        let found = matching(&admin, &format!("search_field=service&search={search}")).await;
        assert!(found.contains(&text(&made["id"])), "{name} {search}");
    }
    let person = json!({"username": "özil", "password": PASSWORD, "role": "supervisor"});
    let made = admin.post("/api/v1/users", &person).await;
    assert_eq!(made.status, 201, "{made}");
    let own = app.log_in("özil").await.create_immediate(app.service, "+442079460318").await;
    admin.post(&format!("/api/v1/callbacks/{}/cancel", text(&own["id"])), &json!({})).await;
    let made = matching(&admin, "search_field=created_by&search=ÖZIL").await;
    assert_eq!(made, [text(&own["id"])]);
    assert_eq!(matching(&admin, "search_field=cancelled_by&search=ADMIN").await, made);
}

/// An export of what is SCHEDULED, and its first page.
async fn begin_export(app: &TestApp) -> (Export, Vec<CallbackView>) {
    let begin = async |app: &App| {
        let filter = CallbackFilter { state: vec![StateName::Scheduled], ..CallbackFilter::default() };
        let mut export = app.queries.export(&Grant::operator(), &filter).await.unwrap();
        let first = app.queries.export_page(&mut export).await.unwrap().unwrap();
        (export, first)
    };
    app.inside(begin).await
}

async fn next_page(app: &TestApp, mut export: Export) -> Vec<CallbackView> {
    app.inside(async move |app| app.queries.export_page(&mut export).await.unwrap().unwrap()).await
}

#[rstest]
#[tokio::test]
async fn an_export_has_every_row_once_although_they_move(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    fill(&app, 252).await;
    let supervisor = app.supervisor().await;
    let last = PageQuery { sort: Some(Sort::DesiredTimeDescending), limit: Some(1), ..PageQuery::default() };
    let last = ids(&supervisor, &CallbackFilter::default(), last).await.0.remove(0);
    let (export, first) = begin_export(&app).await;
    for (id, desired_time) in
        [(json!(first[0].id), "2026-12-01T08:00:00Z"), (json!(last), "2026-11-24T10:00:00Z")]
    {
        let moved = supervisor.command(&id, "reschedule", &json!({"desired_time": desired_time})).await;
        assert_eq!(moved.status, 200, "{moved}");
    }
    let rest = next_page(&app, export).await;
    assert_eq!((first.len(), rest.len()), (250, 2));
    assert!(rest.iter().all(|row| first.iter().all(|before| before.id != row.id)));
    let moved = rest.iter().find(|row| row.id.to_string() == last).expect("it was there all the time");
    assert_eq!(moved.desired_time.to_string(), "2026-11-24T10:00:00Z", "as it is now");
}

#[rstest]
#[tokio::test]
async fn an_export_leaves_out_what_matches_no_more(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    fill(&app, 252).await;
    let supervisor = app.supervisor().await;
    let last = PageQuery { sort: Some(Sort::DesiredTimeDescending), limit: Some(1), ..PageQuery::default() };
    let last = ids(&supervisor, &CallbackFilter::default(), last).await.0.remove(0);
    let (export, _) = begin_export(&app).await;
    assert!(supervisor.command(&json!(last), "cancel", &json!({})).await.is_success());
    let rest = next_page(&app, export).await;
    assert_eq!(rest.len(), 1);
    assert_ne!(rest[0].id.to_string(), last);
}
