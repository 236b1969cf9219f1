//! P3, P4 and P5: pages, search and counts.

use std::sync::Arc;

use futures_util::FutureExt;
use ringback_domain::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::bare::COLUMNS;
use crate::client::{Client, Figures, Login, Result, load};
use crate::process::Process;
use crate::report::{self, Goal, Row};
use crate::{Bench, now};

/// Number of clients that the goals are for.
const CLIENTS: usize = 16;

/// Number of different pages to read in turn: a hundred thousand rows.
const DIFFERENT_PAGES: usize = 400;

/// Number of the page that represents pages deep in the list.
const DEEP: usize = 40;

/// A way to sort the list.
struct Sort {
    name: &'static str,
    /// The column that orders the bare query.
    column: &'static str,
    descending: bool,
    /// The condition of the bare query; `{first}` and `{last}` are ids of services.
    condition: &'static str,
}

const fn sort(name: &'static str, column: &'static str, descending: bool, condition: &'static str) -> Sort {
    Sort { name, column, descending, condition }
}

const SORTS: [Sort; 10] = [
    sort("desired_time", "desired_time", false, "1 = 1"),
    sort("-desired_time", "desired_time", true, "1 = 1"),
    sort("created_at", "created_at", false, "1 = 1"),
    sort("-created_at", "created_at", true, "1 = 1"),
    sort("updated_at", "updated_at", false, "1 = 1"),
    sort("-updated_at", "updated_at", true, "1 = 1"),
    sort("state", "desired_time", false, "state = 'SCHEDULED'"),
    sort("-state", "desired_time", true, "state = 'COMPLETED'"),
    sort("service", "desired_time", false, "service_id = {first}"),
    sort("-service", "desired_time", true, "service_id = {last}"),
];

impl Sort {
    /// The bare query of the page after a row, or of the first page.
    fn query(&self, bench: &Bench, after: Option<(Timestamp, Uuid)>) -> String {
        let backend = bench.ours.database.backend;
        let (first, last) = (bench.ours.services.first(), bench.ours.services.last());
        let condition = self
            .condition
            .replace("{first}", &backend.id(first.copied().unwrap_or_default()))
            .replace("{last}", &backend.id(last.copied().unwrap_or_default()));
        let (direction, sign) = if self.descending { (" DESC", '<') } else { ("", '>') };
        let column = self.column;
        let after = after.map_or(String::new(), |(time, id)| {
            format!("AND ({column}, id) {sign} ({}, {})", time.micros(), backend.id(id))
        });
        format!(
            "SELECT {COLUMNS} FROM callbacks WHERE {condition} {after} \
             ORDER BY {column}{direction}, id{direction} LIMIT 250"
        )
    }
}

/// One line of the table, with the requests to compare.
struct Case<'a> {
    label: &'a str,
    clients: usize,
    /// Paths of the server, read in turn.
    ours: Vec<String>,
    /// Paths of the bare endpoints, read in turn.
    bare: Vec<String>,
    goals: &'a [Goal],
}

impl Case<'_> {
    async fn measure(self, bench: &mut Bench) -> Result<()> {
        let ours = read(bench.ours.process()?, &bench.ours.login()?, self.ours, self.clients, bench).await?;
        let bare = read(&bench.bare.process, &bench.bare.login(), self.bare, self.clients, bench).await?;
        bench.report.row(&Row {
            label: self.label,
            clients: self.clients,
            ours,
            bare: Some(&bare),
            beside: None,
            goals: self.goals,
        });
        Ok(())
    }
}

async fn read(
    process: &Process,
    login: &Login,
    paths: Vec<String>,
    clients: usize,
    bench: &Bench,
) -> Result<Figures> {
    let paths = Arc::new(paths);
    load(process, login, clients, bench.options.seconds, move |client, round| {
        let paths = Arc::clone(&paths);
        async move { client.get(&paths[round % paths.len()]).await.map(|_| 1) }.boxed_local()
    })
    .await
}

fn last_item(page: &Value) -> Value {
    page["items"].as_array().and_then(|items| items.last()).cloned().unwrap_or_default()
}

fn timestamp(value: &Value) -> Result<Timestamp> {
    value.as_str().unwrap_or_default().parse().map_err(|_| format!("not a time: {value}").into())
}

fn id(value: &Value) -> Result<Uuid> {
    Ok(value["id"].as_str().ok_or("a callback has no id")?.parse()?)
}

/// P3: pages of 250.
pub(crate) async fn pages(bench: &mut Bench) -> Result<()> {
    const GOALS: [Goal; 2] = [Goal::OfBare(1.3), Goal::P99(25.0)];
    bench.report.figure("P3", "a page of 250");
    report::rates();
    for sort in &SORTS {
        let first = format!("/api/v1/callbacks?sort={}", sort.name);
        let query = bench.bare.register("page", &sort.query(bench, None)).await?;
        let label = format!("by {}, first", sort.name);
        let (ours, bare) = (vec![first.clone()], vec![query]);
        Case { label: &label, clients: CLIENTS, ours, bare, goals: &GOALS }.measure(bench).await?;
        let (deep, after) = deep_page(&mut bench.ours.client().await?, sort, first).await?;
        let query = bench.bare.register("page", &sort.query(bench, after)).await?;
        let label = format!("by {}, {DEEP}th", sort.name);
        let (ours, bare) = (vec![deep], vec![query]);
        Case { label: &label, clients: CLIENTS, ours, bare, goals: &GOALS }.measure(bench).await?;
    }
    different_pages(bench).await
}

/// The path of the page deep in the list, and the row before it. A short list has
/// only its last page.
async fn deep_page(
    client: &mut Client,
    sort: &Sort,
    first: String,
) -> Result<(String, Option<(Timestamp, Uuid)>)> {
    let (mut path, mut after) = (first, None);
    for _ in 1..DEEP {
        let page = client.get_json(&path).await?;
        let Some(next) = page["next"].as_str() else { break };
        let last = last_item(&page);
        after = Some((timestamp(&last[sort.column])?, id(&last)?));
        path = format!("/api/v1/callbacks?sort={}&cursor={next}", sort.name);
    }
    Ok((path, after))
}

/// Reads so many pages in turn that their rows do not fit into the CPU's caches.
async fn different_pages(bench: &mut Bench) -> Result<()> {
    let query = bench
        .bare
        .register(
            "page",
            &format!(
                "SELECT {COLUMNS} FROM callbacks WHERE (desired_time, id) > ($1, $2) \
                 ORDER BY desired_time, id LIMIT 250"
            ),
        )
        .await?;
    let mut client = bench.ours.client().await?;
    let mut ours = vec!["/api/v1/callbacks".to_owned()];
    let mut bare = vec![format!("{query}?key=0&id={}", Uuid::nil())];
    while ours.len() < DIFFERENT_PAGES {
        let page = client.get_json(&ours[ours.len() - 1]).await?;
        let Some(next) = page["next"].as_str() else { break };
        ours.push(format!("/api/v1/callbacks?cursor={next}"));
        let last = last_item(&page);
        bare.push(format!("{query}?key={}&id={}", timestamp(&last["desired_time"])?.micros(), id(&last)?));
    }
    let label = format!("{} different pages in turn", ours.len());
    Case { label: &label, clients: CLIENTS, ours, bare, goals: &[Goal::P99(25.0)] }.measure(bench).await?;
    report::note(
        "bare: one query for the same 250 rows by the same index, written as JSON; on SQLite as one value, which is \
         the fastest way there.",
    );
    Ok(())
}

/// P4: searching the list, and Callback Search.
pub(crate) async fn search(bench: &mut Bench) -> Result<()> {
    bench.report.figure("P4", "search");
    report::rates();
    let today = now();
    let (from, to) = (today.plus_seconds(-7 * 86_400), today.plus_seconds(7 * 86_400));
    for (label, pattern) in [
        ("2 digits within 14 days", "42"),
        ("4 digits within 14 days", "4711"),
        ("6 digits within 14 days", "471100"),
        ("8 digits that no number has", "00000000"),
    ] {
        for clients in [1, CLIENTS] {
            let sql = format!(
                "SELECT {COLUMNS} FROM callbacks WHERE id IN (SELECT id FROM callbacks WHERE desired_time >= {} \
                 AND desired_time < {} AND customer_number LIKE '%{pattern}%' ORDER BY desired_time, id \
                 LIMIT 250) ORDER BY desired_time, id",
                from.micros(),
                to.micros()
            );
            let bare = vec![bench.bare.register("page", &sql).await?];
            let ours = vec![format!("/api/v1/callbacks?from={from}&to={to}&search={pattern}")];
            Case { label, clients, ours, bare, goals: &[Goal::P95(80.0)] }.measure(bench).await?;
        }
    }
    exact(bench).await
}

/// Callback Search: by a full number or an id.
async fn exact(bench: &mut Bench) -> Result<()> {
    let page = bench.ours.client().await?.get_json("/api/v1/callbacks").await?;
    let items = page["items"].as_array().cloned().unwrap_or_default();
    let first = items.first().cloned().unwrap_or_default();
    let number = first["customer_number"].as_str().unwrap_or_default();
    let by_number = format!(
        "SELECT {COLUMNS} FROM callbacks WHERE customer_number = '{number}' ORDER BY desired_time DESC, id DESC LIMIT 250"
    );
    let by_id = bench.ours.database.backend.id(id(&first)?);
    let by_id = format!("SELECT {COLUMNS} FROM callbacks WHERE id = {by_id}");
    let numbers = items.iter().filter_map(|item| item["customer_number"].as_str());
    let numbers = numbers
        .map(|number| format!("/api/v1/callbacks/search?customer_number={}", number.replace('+', "%2B")));
    let ids = items.iter().filter_map(|item| item["id"].as_str());
    let ids = ids.map(|id| format!("/api/v1/callbacks/search?id={id}"));
    for (label, ours, sql) in
        [("a whole number", numbers.collect(), by_number), ("an id", ids.collect::<Vec<_>>(), by_id)]
    {
        let bare = vec![bench.bare.register("page", &sql).await?];
        Case { label, clients: 1, ours, bare, goals: &[Goal::P95(2.0)] }.measure(bench).await?;
    }
    report::note("bare: one query for the same rows, written as JSON.");
    Ok(())
}

/// P5: counts by state.
pub(crate) async fn count(bench: &mut Bench) -> Result<()> {
    bench.report.figure("P5", "count by state");
    report::rates();
    // A tenth of the time that the rows cover, half of it in the past.
    let tenth = 1_206_000 / 10;
    let (from, to) = (now().plus_seconds(-tenth), now().plus_seconds(tenth));
    let range = format!("from={from}&to={to}");
    let within = format!("desired_time >= {} AND desired_time < {}", from.micros(), to.micros());
    let limit = [Goal::P95(60.0)];
    for (label, filter, condition, goals) in [
        ("of a tenth", range.clone(), within.as_str(), &limit[..]),
        ("of a tenth, up to 10,000", format!("{range}&up_to=10000"), &within, &limit),
        ("of all", String::new(), "1 = 1", &[]),
        ("of all, up to 10,000", "up_to=10000".to_owned(), "1 = 1", &limit),
    ] {
        for clients in [1, CLIENTS] {
            let sql = format!("SELECT state, COUNT(*) FROM callbacks WHERE {condition} GROUP BY state");
            let bare = vec![bench.bare.register("count", &sql).await?];
            let ours = vec![format!("/api/v1/callbacks/count?{filter}")];
            let goals = if clients == 1 { goals } else { &[] };
            Case { label, clients, ours, bare, goals }.measure(bench).await?;
        }
    }
    report::note("bare: one exact count of the same range, grouped by state.");
    Ok(())
}
