//! Lists of callbacks: pages in any order, counts, and search.
//!
//! A page is found by where it begins, never by an offset into the depth. A
//! list is one or several *runs*, each in the order of one index: a list by
//! state is a run for each state, one after the other; a list by time of
//! several states is their runs merged.
//!
//! SQLite hands a page over as one JSON value: the driver copies each value
//! across a thread, and one is six times as fast as thousands. PostgreSQL is
//! the other way round, so there the rows come as rows.

use ringback_domain::callback::{CallbackType, Origin};
use ringback_domain::{CallbackId, ResultCode, ServiceId, StateName, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::error::inconsistent;
use super::{Backend, Conn, StoreResult};
use ringback_domain::wire::list::{CallbackCount, CountByState, Sort};

/// What a row of the list shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Callback ID.
    pub id: CallbackId,
    /// The service.
    pub service_id: ServiceId,
    /// The number, in E.164 form.
    pub customer_number: String,
    /// Immediate or scheduled.
    pub callback_type: CallbackType,
    /// How the record came about.
    pub origin: Origin,
    /// Where it stands.
    pub state: StateName,
    /// How it ended.
    pub result: Option<ResultCode>,
    /// Start of the desired window.
    pub desired_time: Timestamp,
    /// Length of the window, in seconds.
    pub desired_window_seconds: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// The person who made it.
    pub created_by: Option<String>,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Its version.
    pub version: i64,
    /// Higher is sooner.
    pub priority: i32,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// IANA zone.
    pub customer_time_zone: Option<String>,
    /// The record that it repeats.
    pub recreated_from: Option<CallbackId>,
    /// The record that repeats it.
    pub recreated_as: Option<CallbackId>,
    /// Dial attempts that failed or connected.
    pub attempts_made: u32,
    /// The agent.
    pub agent: Option<String>,
    /// When it entered the queue first.
    pub queued_at: Option<Timestamp>,
    /// Not handed out before.
    pub retry_at: Option<Timestamp>,
    /// When the agent was reserved.
    pub reserved_at: Option<Timestamp>,
    /// When the call stood.
    pub connected_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

/// The columns of a summary: of the table, and as one JSON value for SQLite.
macro_rules! summary_columns {
    ($prefix:literal) => {
        concat!(
            $prefix,
            "id, ",
            $prefix,
            "service_id, ",
            $prefix,
            "customer_number, ",
            $prefix,
            "callback_type, ",
            $prefix,
            "origin, ",
            $prefix,
            "state, ",
            $prefix,
            "result, ",
            $prefix,
            "desired_time, ",
            $prefix,
            "desired_window_seconds, ",
            $prefix,
            "created_at, ",
            $prefix,
            "created_by, ",
            $prefix,
            "updated_at, ",
            $prefix,
            "version, ",
            $prefix,
            "priority, ",
            $prefix,
            "language, ",
            $prefix,
            "customer_time_zone, ",
            $prefix,
            "recreated_from, ",
            $prefix,
            "recreated_as, ",
            $prefix,
            "attempts_made, ",
            $prefix,
            "agent, ",
            $prefix,
            "queued_at, ",
            $prefix,
            "retry_at, ",
            $prefix,
            "reserved_at, ",
            $prefix,
            "connected_at, ",
            $prefix,
            "completed_at"
        )
    };
}
pub(super) use summary_columns;

pub(super) const AS_JSON: &str = "SELECT COALESCE(json_group_array(json_array(hex(id), hex(service_id), \
     customer_number, callback_type, origin, state, result, desired_time, desired_window_seconds, created_at, \
     created_by, updated_at, version, priority, language, customer_time_zone, \
     CASE WHEN recreated_from IS NULL THEN NULL ELSE hex(recreated_from) END, \
     CASE WHEN recreated_as IS NULL THEN NULL ELSE hex(recreated_as) END, \
     attempts_made, agent, queued_at, retry_at, reserved_at, connected_at, completed_at)), '[]') FROM (";

/// A row as it comes: the order of the fields is that of the columns.
#[derive(Debug, Deserialize, sqlx::FromRow)]
pub(super) struct SummaryRow {
    id: Uuid,
    service_id: Uuid,
    customer_number: String,
    callback_type: String,
    origin: String,
    state: String,
    result: Option<String>,
    desired_time: i64,
    desired_window_seconds: i64,
    created_at: i64,
    created_by: Option<String>,
    updated_at: i64,
    version: i64,
    priority: i64,
    language: Option<String>,
    customer_time_zone: Option<String>,
    recreated_from: Option<Uuid>,
    recreated_as: Option<Uuid>,
    attempts_made: i64,
    agent: Option<String>,
    queued_at: Option<i64>,
    retry_at: Option<i64>,
    reserved_at: Option<i64>,
    connected_at: Option<i64>,
    completed_at: Option<i64>,
}

impl TryFrom<SummaryRow> for Summary {
    type Error = super::StoreError;

    fn try_from(row: SummaryRow) -> StoreResult<Self> {
        let wrong = |what| inconsistent("callbacks", row.id, what);
        let time = Timestamp::from_micros;
        Ok(Self {
            id: CallbackId(row.id),
            service_id: ServiceId(row.service_id),
            callback_type: row.callback_type.parse().map_err(|_| wrong("callback_type"))?,
            origin: row.origin.parse().map_err(|_| wrong("origin"))?,
            state: row.state.parse().map_err(|_| wrong("state"))?,
            result: row.result.as_deref().map(str::parse).transpose().map_err(|_| wrong("result"))?,
            customer_number: row.customer_number,
            desired_time: time(row.desired_time),
            desired_window_seconds: u32::try_from(row.desired_window_seconds).unwrap_or_default(),
            created_at: time(row.created_at),
            created_by: row.created_by,
            updated_at: time(row.updated_at),
            version: row.version,
            priority: i32::try_from(row.priority).unwrap_or_default(),
            language: row.language,
            customer_time_zone: row.customer_time_zone,
            recreated_from: row.recreated_from.map(CallbackId),
            recreated_as: row.recreated_as.map(CallbackId),
            attempts_made: u32::try_from(row.attempts_made).unwrap_or_default(),
            agent: row.agent,
            queued_at: row.queued_at.map(time),
            retry_at: row.retry_at.map(time),
            reserved_at: row.reserved_at.map(time),
            connected_at: row.connected_at.map(time),
            completed_at: row.completed_at.map(time),
        })
    }
}

/// A value bound to a statement.
#[derive(Clone, Debug)]
pub(super) enum Arg {
    Int(i64),
    Text(String),
    Id(Uuid),
}

/// A statement in the making. Only our own words go into its text; whatever
/// comes from outside is bound.
#[derive(Clone, Debug, Default)]
pub(super) struct Sql {
    pub(super) text: String,
    pub(super) args: Vec<Arg>,
}

impl Sql {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), args: Vec::new() }
    }

    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(super) fn bind(&mut self, arg: Arg) -> &mut Self {
        use std::fmt::Write;
        self.args.push(arg);
        let number = self.args.len();
        // Writing to a string cannot fail.
        let _ = write!(self.text, "${number}");
        self
    }

    /// `column IN ($1, $2, …)`.
    pub(super) fn one_of(&mut self, column: &str, args: impl IntoIterator<Item = Arg>) {
        self.push(column).push(" IN (");
        for (index, arg) in args.into_iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.bind(arg);
        }
        self.push(")");
    }
}

/// Binds every argument to a query and runs it by the method named.
macro_rules! fetch {
    ($conn:expr, $make:expr, $sql:expr, $fetch:ident) => {{
        let sql: Sql = $sql;
        super::on!($conn, |c| {
            let mut query = $make(AssertSqlSafe(sql.text));
            for arg in sql.args {
                query = match arg {
                    Arg::Int(value) => query.bind(value),
                    Arg::Text(value) => query.bind(value),
                    Arg::Id(value) => query.bind(value),
                };
            }
            query.$fetch(c).await
        })
    }};
}
pub(super) use fetch;

/// Which callbacks, after everything that needs no table is decided.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Desired time from here on.
    pub from: Option<Timestamp>,
    /// Desired time before here.
    pub to: Option<Timestamp>,
    /// Only these states; empty for all.
    pub states: Vec<StateName>,
    /// Only these services, ordered by name; `None` for all.
    pub services: Option<Vec<ServiceId>>,
    /// Only those whose column holds this text.
    pub search: Option<Search>,
    /// Only those still SCHEDULED after their window at this moment.
    pub overdue_at: Option<Timestamp>,
}

/// A search in one column.
#[derive(Clone, Debug)]
pub struct Search {
    /// The column.
    pub column: SearchColumn,
    /// What is in it: lower case, or digits for a number, or hex for an id.
    pub text: String,
    /// How the rows are found.
    pub by: SearchBy,
}

/// How the rows of a search are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SearchBy {
    /// By going through the list: quick where many rows match.
    #[default]
    Scan,
    /// By the index of parts of numbers: quick where few do.
    Parts(Backend),
}

/// The columns that can be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchColumn {
    /// The customer's number.
    CustomerNumber,
    /// The id, as hexadecimal digits.
    Id,
    /// State or result.
    State,
    /// Result.
    Result,
    /// Agent.
    Agent,
    /// Who made it.
    CreatedBy,
    /// Who cancelled it.
    CancelledBy,
    /// Language.
    Language,
}

/// Where a page begins: after this row, in the direction of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The run that the row is in: 0 where there is one.
    run: usize,
    /// The row's value of the sorted time.
    key: i64,
    /// The row.
    id: Uuid,
    /// Read towards the beginning.
    backward: bool,
}

impl Cursor {
    /// The opaque text for clients.
    pub fn encode(&self) -> String {
        format!("{}{:x}.{:x}.{}", if self.backward { 'b' } else { 'f' }, self.run, self.key, self.id.simple())
    }

    /// The cursor that a client sent back.
    pub fn decode(text: &str) -> Option<Self> {
        let backward = match text.get(..1)? {
            "b" => true,
            "f" => false,
            _ => return None,
        };
        let mut parts = text.get(1..)?.split('.');
        let cursor = Self {
            run: usize::from_str_radix(parts.next()?, 16).ok()?,
            // Written as two's complement, read the same way.
            key: u64::from_str_radix(parts.next()?, 16).ok()?.cast_signed(),
            id: Uuid::try_parse(parts.next()?).ok()?,
            backward,
        };
        parts.next().is_none().then_some(cursor)
    }
}

/// The page that is wanted.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    /// From the beginning.
    First,
    /// After or before a row.
    At(Cursor),
    /// After this many rows.
    Skip(u32),
}

/// A page, and where its neighbours begin.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The rows.
    pub rows: Vec<Summary>,
    /// Cursor of the next page.
    pub next: Option<Cursor>,
    /// Cursor of the previous page.
    pub previous: Option<Cursor>,
}

/// A stretch of one index.
#[derive(Clone, Copy, Debug)]
enum Run {
    Whole,
    State(StateName),
    Service(ServiceId),
}

/// How a list is put together.
struct Plan {
    column: &'static str,
    descending: bool,
    runs: Vec<Run>,
    /// The runs are merged by key; otherwise they follow each other.
    merged: bool,
}

impl Plan {
    fn of(sort: Sort, selection: &Selection, services: &[ServiceId]) -> Self {
        let states =
            if selection.states.is_empty() { StateName::ALL.to_vec() } else { selection.states.clone() };
        let (column, descending) = match sort {
            Sort::DesiredTime | Sort::State | Sort::Service => ("desired_time", false),
            Sort::DesiredTimeDescending | Sort::StateDescending | Sort::ServiceDescending => {
                ("desired_time", true)
            }
            Sort::CreatedAt => ("created_at", false),
            Sort::CreatedAtDescending => ("created_at", true),
            Sort::UpdatedAt => ("updated_at", false),
            Sort::UpdatedAtDescending => ("updated_at", true),
        };
        let mut runs = match sort {
            Sort::State | Sort::StateDescending => {
                StateName::ALL.into_iter().filter(|state| states.contains(state)).map(Run::State).collect()
            }
            Sort::Service | Sort::ServiceDescending => {
                let shown = selection.services.as_deref().unwrap_or(services);
                shown.iter().copied().map(Run::Service).collect()
            }
            Sort::DesiredTime | Sort::DesiredTimeDescending if !selection.states.is_empty() => {
                states.into_iter().map(Run::State).collect()
            }
            _ => vec![Run::Whole],
        };
        let merged = matches!(sort, Sort::DesiredTime | Sort::DesiredTimeDescending);
        if descending && !merged {
            runs.reverse();
        }
        Self { column, descending, runs, merged }
    }

    fn key(&self, row: &Summary) -> i64 {
        match self.column {
            "created_at" => row.created_at.micros(),
            "updated_at" => row.updated_at.micros(),
            _ => row.desired_time.micros(),
        }
    }

    fn run_of(&self, row: &Summary) -> usize {
        if self.merged {
            return 0;
        }
        let at = self.runs.iter().position(|run| match run {
            Run::Whole => true,
            Run::State(state) => *state == row.state,
            Run::Service(service) => *service == row.service_id,
        });
        at.unwrap_or_default()
    }

    /// The ids of a run from where the page begins, in reading order.
    fn ids(
        &self,
        what: &str,
        run: Run,
        selection: &Selection,
        after: Option<Cursor>,
        backward: bool,
        limit: i64,
    ) -> Sql {
        let falling = self.descending != backward;
        let mut sql = Sql::new("SELECT ");
        sql.push(what).push(" FROM callbacks WHERE ");
        selection.conditions(&mut sql, run);
        if let Some(cursor) = after {
            sql.push(" AND (").push(self.column).push(", id) ").push(if falling { "< (" } else { "> (" });
            sql.bind(Arg::Int(cursor.key)).push(", ").bind(Arg::Id(cursor.id)).push(")");
        }
        self.order(&mut sql, falling);
        sql.push(" LIMIT ").bind(Arg::Int(limit));
        sql
    }

    fn order(&self, sql: &mut Sql, falling: bool) {
        let direction = if falling { " DESC" } else { "" };
        sql.push(" ORDER BY ").push(self.column).push(direction).push(", id").push(direction);
    }
}

impl Selection {
    /// Everything that can be said of one row. Never empty.
    fn conditions(&self, sql: &mut Sql, run: Run) {
        // Both ends are always named: it keeps one plan for every range.
        sql.push("desired_time >= ").bind(Arg::Int(self.from.map_or(i64::MIN, Timestamp::micros)));
        sql.push(" AND desired_time < ").bind(Arg::Int(self.to.map_or(i64::MAX, Timestamp::micros)));
        match run {
            Run::State(state) => {
                sql.push(" AND state = ").bind(Arg::Text(state.as_str().to_owned()));
            }
            Run::Service(_) | Run::Whole if !self.states.is_empty() => {
                sql.push(" AND ");
                sql.one_of("state", self.states.iter().map(|state| Arg::Text(state.as_str().to_owned())));
            }
            Run::Service(_) | Run::Whole => {}
        }
        match (run, &self.services) {
            (Run::Service(service), _) => {
                sql.push(" AND service_id = ").bind(Arg::Id(service.0));
            }
            (_, Some(services)) => {
                sql.push(" AND ");
                if services.is_empty() {
                    sql.push("1 = 0");
                } else {
                    sql.one_of("service_id", services.iter().map(|service| Arg::Id(service.0)));
                }
            }
            (_, None) => {}
        }
        if let Some(now) = self.overdue_at {
            sql.push(" AND state = 'SCHEDULED' AND desired_time + desired_window_seconds * 1000000 < ");
            sql.bind(Arg::Int(now.micros()));
        }
        if let Some(search) = &self.search {
            search.condition(sql);
        }
    }

    /// Whether the index alone cannot tell which rows belong to the page.
    fn is_sparse(&self) -> bool {
        self.search.is_some() || self.services.is_some() || self.overdue_at.is_some()
    }
}

impl Search {
    fn condition(&self, sql: &mut Sql) {
        let mut pattern = String::from("%");
        for letter in self.text.chars() {
            if matches!(letter, '%' | '_' | '!') {
                pattern.push('!');
            }
            pattern.push(letter);
        }
        pattern.push('%');
        let columns: &[&str] = match self.column {
            // Digits need no folding of case.
            SearchColumn::CustomerNumber => {
                if let SearchBy::Parts(backend) = self.by {
                    sql.push(backend.pick(
                        " AND id IN (SELECT id FROM callback_numbers WHERE customer_number LIKE ",
                        " AND id = ANY(ARRAY(SELECT id FROM callbacks WHERE customer_number LIKE ",
                    ));
                    sql.bind(Arg::Text(pattern)).push(backend.pick(")", "))"));
                    return;
                }
                sql.push(" AND customer_number LIKE ").bind(Arg::Text(pattern)).push(" ESCAPE '!'");
                return;
            }
            SearchColumn::Id => &["id"],
            SearchColumn::State => &["state", "result"],
            SearchColumn::Result => &["result"],
            SearchColumn::Agent => &["agent"],
            SearchColumn::CreatedBy => &["created_by"],
            SearchColumn::CancelledBy => &["cancelled_by"],
            SearchColumn::Language => &["language"],
        };
        sql.push(" AND (");
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                sql.push(" OR ");
            }
            sql.push("LOWER(").push(column).push(") LIKE ").bind(Arg::Text(pattern.clone()));
            sql.push(" ESCAPE '!'");
        }
        sql.push(")");
    }
}

/// An id is a blob on SQLite and a UUID on PostgreSQL: both are searched as
/// hexadecimal digits.
fn spell_id(sql: &mut Sql, conn: &Conn) {
    let spelled = conn.backend().pick("LOWER(hex(id))", "REPLACE(CAST(id AS TEXT), '-', '')");
    sql.text = sql.text.replace("LOWER(id)", spelled);
}

/// Rows at the beginning of a range that are looked at to see whether a search
/// matches many.
const SAMPLE: i64 = 20_000;

/// The selection with the better way of searching: where the beginning of the
/// range does not fill a page, the matches are few and an index knows them.
async fn with_search_plan(conn: &mut Conn, selection: &Selection) -> StoreResult<Selection> {
    let mut planned = selection.clone();
    let Some(search) = &mut planned.search else { return Ok(planned) };
    // The index knows parts of three digits and more.
    let digits = search.text.bytes().all(|letter| letter.is_ascii_digit());
    if search.column != SearchColumn::CustomerNumber || search.text.len() < 3 || !digits {
        return Ok(planned);
    }
    let mut sql = Sql::new(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM (SELECT customer_number FROM callbacks WHERE desired_time >= ",
    );
    sql.bind(Arg::Int(selection.from.map_or(i64::MIN, Timestamp::micros)));
    sql.push(" AND desired_time < ").bind(Arg::Int(selection.to.map_or(i64::MAX, Timestamp::micros)));
    sql.push(" ORDER BY desired_time, id LIMIT ")
        .bind(Arg::Int(SAMPLE))
        .push(") r WHERE customer_number LIKE ");
    sql.bind(Arg::Text(format!("%{}%", search.text))).push(" LIMIT ").bind(Arg::Int(PAGE)).push(") s");
    let matches: i64 = fetch!(conn, sqlx::query_scalar::<_, i64>, sql, fetch_one)?;
    if matches < PAGE {
        search.by = SearchBy::Parts(conn.backend());
    }
    Ok(planned)
}

/// Matches that make a search one of many.
const PAGE: i64 = 250;

/// A page of the selection. `services` are all services ordered by name.
pub async fn page(
    conn: &mut Conn,
    selection: &Selection,
    sort: Sort,
    start: Start,
    limit: u32,
    services: &[ServiceId],
) -> StoreResult<Rows> {
    let selection = &with_search_plan(conn, selection).await?;
    let plan = Plan::of(sort, selection, services);
    let (cursor, at_start) = match start {
        Start::First | Start::Skip(0) => (None, true),
        Start::At(cursor) => (Some(cursor), false),
        Start::Skip(rows) => match seek(conn, &plan, selection, rows).await? {
            Some(cursor) => (Some(cursor), false),
            None => return Ok(Rows { rows: Vec::new(), next: None, previous: None }),
        },
    };
    let backward = cursor.is_some_and(|cursor| cursor.backward);
    let wanted = limit as usize + 1;
    let mut rows = read(conn, &plan, selection, cursor, backward, wanted).await?;

    let more = rows.len() == wanted;
    rows.truncate(limit as usize);
    if backward {
        rows.reverse();
    }
    let edge = |row: Option<&Summary>, backward| {
        row.map(|row| Cursor { run: plan.run_of(row), key: plan.key(row), id: row.id.0, backward })
    };
    let (has_next, has_previous) = if backward { (true, more) } else { (more, !at_start) };
    Ok(Rows {
        next: edge(rows.last().filter(|_| has_next), false),
        previous: edge(rows.first().filter(|_| has_previous), true),
        rows,
    })
}

async fn read(
    conn: &mut Conn,
    plan: &Plan,
    selection: &Selection,
    cursor: Option<Cursor>,
    backward: bool,
    wanted: usize,
) -> StoreResult<Vec<Summary>> {
    let runs = plan.runs.len();
    let order: Vec<usize> = if backward { (0..runs).rev().collect() } else { (0..runs).collect() };
    let mut rows: Vec<Summary> = Vec::with_capacity(wanted);
    for index in order {
        let after = match cursor {
            Some(cursor) if !plan.merged => match index.cmp(&cursor.run) {
                std::cmp::Ordering::Equal => Some(cursor),
                // This run was read already.
                ordering if ordering.is_lt() != backward => continue,
                _ => None,
            },
            other => other,
        };
        let room = if plan.merged { wanted } else { wanted - rows.len() };
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        let run = plan.runs[index];
        let falling = plan.descending != backward;
        let mut sql = if selection.is_sparse() {
            // The index alone picks the rows; only those are read whole.
            let mut sql = plan.ids("id", run, selection, after, backward, limit);
            sql.text = format!("SELECT {} FROM callbacks WHERE id IN ({})", summary_columns!(""), sql.text);
            plan.order(&mut sql, falling);
            sql
        } else {
            plan.ids(summary_columns!(""), run, selection, after, backward, limit)
        };
        spell_id(&mut sql, conn);
        rows.extend(summaries(conn, sql).await?);
        if !plan.merged && rows.len() >= wanted {
            break;
        }
    }
    if plan.merged && runs > 1 {
        rows.sort_by_key(|row| (plan.key(row), row.id));
        if plan.descending != backward {
            rows.reverse();
        }
        rows.truncate(wanted);
    }
    Ok(rows)
}

/// Runs a query for summaries.
pub(super) async fn summaries(conn: &mut Conn, mut sql: Sql) -> StoreResult<Vec<Summary>> {
    let rows: Vec<SummaryRow> = if let Conn::Sqlite(_) = conn {
        sql.text = format!("{AS_JSON}{})", sql.text);
        let json: String = fetch!(conn, sqlx::query_scalar::<_, String>, sql, fetch_one)?;
        serde_json::from_str(&json).map_err(|_| inconsistent("callbacks", "list", "a page cannot be read"))?
    } else {
        fetch!(conn, sqlx::query_as::<_, SummaryRow>, sql, fetch_all)?
    };
    rows.into_iter().map(Summary::try_from).collect()
}

/// The row after which a page begins that skips so many, or `None` where there
/// are fewer.
async fn seek(conn: &mut Conn, plan: &Plan, selection: &Selection, skip: u32) -> StoreResult<Option<Cursor>> {
    let mut left = i64::from(skip);
    if plan.merged {
        let mut all = Sql::default();
        for (index, run) in plan.runs.iter().enumerate() {
            let text =
                if index == 0 { "SELECT k, id FROM (SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" };
            all.push(text);
            append(&mut all, plan.ids("desired_time AS k, id", *run, selection, None, false, left));
            all.push(&format!(") r{index}"));
        }
        let direction = if plan.descending { " DESC" } else { "" };
        all.push(&format!(") u ORDER BY k{direction}, id{direction} LIMIT 1 OFFSET "));
        all.bind(Arg::Int(left - 1));
        spell_id(&mut all, conn);
        let row: Option<(i64, Uuid)> = fetch!(conn, sqlx::query_as::<_, (i64, Uuid)>, all, fetch_optional)?;
        return Ok(row.map(|(key, id)| Cursor { run: 0, key, id, backward: false }));
    }
    for (index, run) in plan.runs.iter().enumerate() {
        let what = format!("{} AS k, id", plan.column);
        let mut sql = plan.ids(&what, *run, selection, None, false, 1);
        sql.push(" OFFSET ").bind(Arg::Int(left - 1));
        spell_id(&mut sql, conn);
        let row: Option<(i64, Uuid)> = fetch!(conn, sqlx::query_as::<_, (i64, Uuid)>, sql, fetch_optional)?;
        if let Some((key, id)) = row {
            return Ok(Some(Cursor { run: index, key, id, backward: false }));
        }
        let mut count = plan.ids("1", *run, selection, None, false, left);
        count.text = format!("SELECT COUNT(*) FROM ({}) r", count.text);
        spell_id(&mut count, conn);
        let counted: i64 = fetch!(conn, sqlx::query_scalar::<_, i64>, count, fetch_one)?;
        left -= counted;
    }
    Ok(None)
}

/// Puts one statement into another, its arguments counted on.
pub(super) fn append(into: &mut Sql, part: Sql) {
    let mut pieces = part.text.split('$');
    into.push(pieces.next().unwrap_or_default());
    let mut args = part.args.into_iter();
    for piece in pieces {
        let rest = piece.trim_start_matches(|letter: char| letter.is_ascii_digit());
        if let Some(arg) = args.next() {
            into.bind(arg);
        }
        into.push(rest);
    }
}

/// How many callbacks the selection has, by state. With `up_to`, counting
/// stops a little after it.
pub async fn count(
    conn: &mut Conn,
    selection: &Selection,
    up_to: Option<u32>,
    now: Timestamp,
) -> StoreResult<CallbackCount> {
    let selection = &with_search_plan(conn, selection).await?;
    let mut counted = CallbackCount::default();
    if selection.search.is_some() {
        counted.by_state = count_found(conn, selection, up_to).await?;
    } else {
        let states =
            if selection.states.is_empty() { StateName::ALL.to_vec() } else { selection.states.clone() };
        for state in states {
            *counted.by_state.of(state) = count_run(conn, selection, Run::State(state), up_to).await?;
        }
    }
    counted.total = StateName::ALL.into_iter().map(|state| *counted.by_state.of(state)).sum();
    counted.at_least = up_to.is_some_and(|limit| counted.total > u64::from(limit));
    if selection.states.is_empty() || selection.states.contains(&StateName::Scheduled) {
        let late = Selection {
            // Nothing later than now is overdue: that keeps the stretch short.
            to: Some(selection.to.map_or(now, |to| to.min(now))),
            overdue_at: Some(now),
            ..selection.clone()
        };
        counted.overdue = count_run(conn, &late, Run::State(StateName::Scheduled), up_to).await?;
    }
    Ok(counted)
}

/// Counts what a search finds, in one go over the list.
async fn count_found(
    conn: &mut Conn,
    selection: &Selection,
    up_to: Option<u32>,
) -> StoreResult<CountByState> {
    let mut sql =
        Sql::new("SELECT state, COUNT(*) FROM callbacks WHERE id IN (SELECT id FROM callbacks WHERE ");
    selection.conditions(&mut sql, Run::Whole);
    if let Some(limit) = up_to {
        sql.push(" LIMIT ").bind(Arg::Int(i64::from(limit) + 1));
    }
    sql.push(") GROUP BY state");
    spell_id(&mut sql, conn);
    let rows: Vec<(String, i64)> = fetch!(conn, sqlx::query_as::<_, (String, i64)>, sql, fetch_all)?;
    let mut counts = CountByState::default();
    for (state, count) in rows {
        let state = state.parse().map_err(|_| inconsistent("callbacks", "count", "state"))?;
        *counts.of(state) = count.unsigned_abs();
    }
    Ok(counts)
}

async fn count_run(conn: &mut Conn, selection: &Selection, run: Run, up_to: Option<u32>) -> StoreResult<u64> {
    let mut sql = Sql::new(if up_to.is_some() {
        "SELECT COUNT(*) FROM (SELECT 1 FROM callbacks WHERE "
    } else {
        "SELECT COUNT(*) FROM callbacks WHERE "
    });
    selection.conditions(&mut sql, run);
    if let Some(limit) = up_to {
        sql.push(" LIMIT ").bind(Arg::Int(i64::from(limit) + 1)).push(") r");
    }
    spell_id(&mut sql, conn);
    let counted: i64 = fetch!(conn, sqlx::query_scalar::<_, i64>, sql, fetch_one)?;
    Ok(u64::try_from(counted).unwrap_or_default())
}

/// Callbacks with one of these numbers, or with this id, latest desired time
/// first: *Callback Search* has no time range.
pub async fn find(
    conn: &mut Conn,
    numbers: &[String],
    id: Option<CallbackId>,
    services: Option<&[ServiceId]>,
    limit: u32,
) -> StoreResult<Vec<Summary>> {
    let mut sql = Sql::new(concat!("SELECT ", summary_columns!(""), " FROM callbacks WHERE "));
    if let Some(id) = id {
        sql.push("id = ").bind(Arg::Id(id.0));
    } else if numbers.is_empty() {
        return Ok(Vec::new());
    } else {
        sql.one_of("customer_number", numbers.iter().cloned().map(Arg::Text));
    }
    if let Some(services) = services {
        if services.is_empty() {
            return Ok(Vec::new());
        }
        sql.push(" AND ");
        sql.one_of("service_id", services.iter().map(|service| Arg::Id(service.0)));
    }
    sql.push(" ORDER BY desired_time DESC, id DESC LIMIT ").bind(Arg::Int(i64::from(limit)));
    summaries(conn, sql).await
}

/// Fills the frozen selection of a bulk cancellation: what to insert and from
/// where. Gives the statement's `SELECT`, with the columns of an item.
pub(super) fn freeze(selection: &Selection, job: Uuid) -> Sql {
    let mut sql = Sql::new(
        "INSERT INTO bulk_cancellation_items (job_id, number, callback_id, service, customer_number, desired_time, \
         state_before) SELECT ",
    );
    sql.bind(Arg::Id(job)).push(
        ", ROW_NUMBER() OVER (ORDER BY c.desired_time, c.id), c.id, s.name, c.customer_number, c.desired_time, \
         c.state FROM callbacks c JOIN services s ON s.id = c.service_id WHERE c.id IN (SELECT id FROM callbacks \
         WHERE ",
    );
    selection.conditions(&mut sql, Run::Whole);
    sql.push(")");
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_from_its_text() {
        for (key, backward) in [(1_795_000_000_000_000, false), (-1, true), (i64::MIN, false)] {
            let cursor = Cursor { run: 3, key, id: Uuid::from_u128(7), backward };
            assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }
        for bad in ["", "f", "x1.2.3", "f0.1.00000000000000000000000000000007.9", "é"] {
            assert_eq!(Cursor::decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_statement_inside_another_is_counted_on() {
        let mut outer = Sql::new("a = ");
        outer.bind(Arg::Int(1)).push(" AND ");
        let mut inner = Sql::new("b = ");
        inner.bind(Arg::Int(2)).push(" AND c = ").bind(Arg::Int(3));
        append(&mut outer, inner);
        assert_eq!(outer.text, "a = $1 AND b = $2 AND c = $3");
        assert_eq!(outer.args.len(), 3);
    }
}
