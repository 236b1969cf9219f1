//! Writes changes of callbacks, however many: one statement for each table that
//! they touch, and all of them in one round trip.
//!
//! The rows travel as JSON. PostgreSQL reads them with `json_to_recordset` in a
//! single statement, SQLite with `json_each` in a few that are sent together.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use futures_util::TryStreamExt;
use ringback_domain::callback::transition::{AttemptChange, Transition};
use ringback_domain::{CallbackId, DialResult, State, StateName, Timestamp};
use serde::Serialize;
use sqlx::{AssertSqlSafe, Executor, PgConnection, SqliteConnection};
use uuid::Uuid;

use super::error::inconsistent;
use super::{Backend, StoreError, StoreResult, WriteConn};
use crate::store::Conn;

/// A column, and how its value travels.
type Column = (&'static str, Kind);

#[derive(Clone, Copy)]
enum Kind {
    Id,
    Int,
    Text,
}

use Kind::{Id, Int, Text};

const CALLBACK: [Column; 20] = [
    ("id", Id),
    ("service_id", Id),
    ("customer_number", Text),
    ("callback_type", Text),
    ("arrived_at", Int),
    ("queue_arrival", Int),
    ("customer_time_zone", Text),
    ("language", Text),
    ("priority", Int),
    ("user_data", Text),
    ("origin", Text),
    ("created_at", Int),
    ("created_by", Text),
    ("desired_time", Int),
    ("desired_window_seconds", Int),
    ("expires_at", Int),
    ("recreated_from", Id),
    ("recreated_by", Text),
    ("state", Text),
    ("updated_at", Int),
];

/// What a transition may change.
const CHANGED: [Column; 23] = [
    ("queue_arrival", Int),
    ("desired_time", Int),
    ("expires_at", Int),
    ("reschedule_count", Int),
    ("last_rescheduled_at", Int),
    ("rescheduled_by", Text),
    ("attempts_made", Int),
    ("recreated_as", Id),
    ("recreated_by", Text),
    ("state", Text),
    ("queued_at", Int),
    ("retry_at", Int),
    ("attempt_id", Id),
    ("lease_token", Text),
    ("lease_expires_at", Int),
    ("agent", Text),
    ("reserved_at", Int),
    ("connected_at", Int),
    ("completed_at", Int),
    ("result", Text),
    ("cancelled_by", Text),
    ("disposition", Text),
    ("updated_at", Int),
];

const KEY: [Column; 2] = [("id", Id), ("version", Int)];

const OPENED: [Column; 5] =
    [("id", Id), ("callback_id", Id), ("service_id", Id), ("agent", Text), ("reserved_at", Int)];

const REPORTED: [Column; 5] =
    [("id", Id), ("callback_id", Id), ("at", Int), ("ended_by", Text), ("dial_result", Text)];

const LINE: [Column; 9] = [
    ("callback_id", Id),
    ("at", Int),
    ("action", Text),
    ("actor_kind", Text),
    ("actor_name", Text),
    ("from_state", Text),
    ("to_state", Text),
    ("version", Int),
    ("detail", Text),
];

/// An id as both databases read it: 32 hexadecimal digits.
#[derive(Serialize)]
#[serde(transparent)]
struct Hex(#[serde(with = "uuid::serde::simple")] Uuid);

fn micros(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::micros)
}

#[derive(Serialize)]
struct InsertedRow<'a> {
    id: Hex,
    service_id: Hex,
    customer_number: &'a str,
    callback_type: &'static str,
    arrived_at: Option<i64>,
    queue_arrival: i64,
    customer_time_zone: Option<&'a str>,
    language: Option<&'a str>,
    priority: i32,
    user_data: Option<&'a str>,
    origin: &'static str,
    created_at: i64,
    created_by: Option<&'a str>,
    desired_time: i64,
    desired_window_seconds: u32,
    expires_at: i64,
    recreated_from: Option<Hex>,
    recreated_by: Option<&'a str>,
    state: &'static str,
    updated_at: i64,
}

#[derive(Serialize)]
struct UpdatedRow<'a> {
    id: Hex,
    /// The version that was read: it is part of the write.
    version: i64,
    queue_arrival: i64,
    desired_time: i64,
    expires_at: i64,
    reschedule_count: u32,
    last_rescheduled_at: Option<i64>,
    rescheduled_by: Option<&'a str>,
    attempts_made: u32,
    recreated_as: Option<Hex>,
    recreated_by: Option<&'a str>,
    state: &'static str,
    queued_at: Option<i64>,
    retry_at: Option<i64>,
    attempt_id: Option<Hex>,
    lease_token: Option<&'a str>,
    lease_expires_at: Option<i64>,
    agent: Option<&'a str>,
    reserved_at: Option<i64>,
    connected_at: Option<i64>,
    completed_at: Option<i64>,
    result: Option<String>,
    cancelled_by: Option<&'a str>,
    disposition: Option<&'a str>,
    updated_at: i64,
}

#[derive(Serialize)]
struct OpenedRow<'a> {
    id: Hex,
    callback_id: Hex,
    service_id: Hex,
    agent: &'a str,
    reserved_at: i64,
}

#[derive(Serialize)]
struct ReportedRow {
    id: Hex,
    callback_id: Hex,
    at: i64,
    ended_by: Option<&'static str>,
    dial_result: Option<&'static str>,
}

#[derive(Serialize)]
struct LineRow<'a> {
    callback_id: Hex,
    at: i64,
    action: &'static str,
    actor_kind: &'static str,
    actor_name: &'a str,
    from_state: Option<&'static str>,
    to_state: &'static str,
    version: i64,
    detail: String,
}

/// The rows of some changes, by what happens to them.
#[derive(Default)]
struct Rows<'a> {
    inserted: Vec<InsertedRow<'a>>,
    updated: Vec<UpdatedRow<'a>>,
    opened: Vec<OpenedRow<'a>>,
    connected: Vec<ReportedRow>,
    ended: Vec<ReportedRow>,
    lines: Vec<LineRow<'a>>,
}

impl<'a> Rows<'a> {
    fn of(changes: &[&'a Transition]) -> StoreResult<Self> {
        let mut rows = Self::default();
        for change in changes {
            if change.entry.from.is_none() {
                rows.inserted.push(inserted(change));
            } else {
                rows.updated.push(updated(change));
            }
            rows.attempt(change);
            rows.lines.push(line(change)?);
        }
        Ok(rows)
    }

    fn attempt(&mut self, change: &'a Transition) {
        let callback = &change.callback;
        let reported = |id: Uuid, ended_by| ReportedRow {
            id: Hex(id),
            callback_id: Hex(callback.id.0),
            at: callback.updated_at.micros(),
            ended_by,
            dial_result: change.entry.detail.dial_result.map(DialResult::as_str),
        };
        match &change.attempt {
            None => {}
            Some(AttemptChange::Opened(held)) => self.opened.push(OpenedRow {
                id: Hex(held.attempt_id.0),
                callback_id: Hex(callback.id.0),
                service_id: Hex(callback.request.service_id.0),
                agent: &held.agent,
                reserved_at: held.reserved_at.micros(),
            }),
            Some(AttemptChange::Connected(id)) => self.connected.push(reported(id.0, None)),
            Some(AttemptChange::Ended(id)) => {
                self.ended.push(reported(id.0, Some(change.entry.action.as_str())));
            }
        }
    }
}

fn inserted(change: &Transition) -> InsertedRow<'_> {
    let (made, request) = (&change.callback, &change.callback.request);
    InsertedRow {
        id: Hex(made.id.0),
        service_id: Hex(request.service_id.0),
        customer_number: request.customer_number.as_str(),
        callback_type: request.callback_type.as_str(),
        arrived_at: micros(request.arrived_at),
        queue_arrival: made.queue_arrival().micros(),
        customer_time_zone: request.customer_time_zone.as_deref(),
        language: request.language.as_deref(),
        priority: request.priority,
        user_data: request.user_data.as_deref(),
        origin: made.origin.as_str(),
        created_at: made.created_at.micros(),
        created_by: made.created_by.as_deref(),
        desired_time: made.desired_time.micros(),
        desired_window_seconds: made.desired_window_seconds,
        expires_at: made.expires_at().micros(),
        recreated_from: made.recreated_from.map(|id| Hex(id.0)),
        recreated_by: made.recreated_by.as_deref(),
        state: made.state.name().as_str(),
        updated_at: made.updated_at.micros(),
    }
}

fn updated(change: &Transition) -> UpdatedRow<'_> {
    let now = &change.callback;
    let held = now.state.reservation();
    let (retry_at, over) = match &now.state {
        State::Queued(queued) => (queued.retry_at, None),
        State::Completed(over) => (None, Some(over)),
        State::Scheduled | State::Routing(_) | State::Processing(_) => (None, None),
    };
    UpdatedRow {
        id: Hex(now.id.0),
        version: now.version - 1,
        queue_arrival: now.queue_arrival().micros(),
        desired_time: now.desired_time.micros(),
        expires_at: now.expires_at().micros(),
        reschedule_count: now.reschedules.count,
        last_rescheduled_at: micros(now.reschedules.last_at),
        rescheduled_by: now.reschedules.last_by.as_deref(),
        attempts_made: now.attempts_made,
        recreated_as: now.recreated_as.map(|id| Hex(id.0)),
        recreated_by: now.recreated_by.as_deref(),
        state: now.state.name().as_str(),
        queued_at: micros(now.state.queued_at()),
        retry_at: micros(retry_at),
        attempt_id: held.map(|held| Hex(held.attempt_id.0)),
        lease_token: held.map(|held| held.lease_token.as_str()),
        lease_expires_at: held.map(|held| held.lease_expires_at.micros()),
        agent: held.map(|held| held.agent.as_str()).or(over.and_then(|over| over.agent.as_deref())),
        reserved_at: micros(held.map(|held| held.reserved_at).or(over.and_then(|over| over.reserved_at))),
        connected_at: micros(now.state.connected_at()),
        completed_at: over.map(|over| over.completed_at.micros()),
        result: over.map(|over| over.result.to_string()),
        cancelled_by: over.and_then(|over| over.cancelled_by.as_deref()),
        disposition: over.and_then(|over| over.disposition.as_deref()),
        updated_at: now.updated_at.micros(),
    }
}

fn line(change: &Transition) -> StoreResult<LineRow<'_>> {
    let Transition { callback, entry, .. } = change;
    let detail = serde_json::to_string(&entry.detail)
        .map_err(|_| inconsistent("timeline", callback.id, "detail cannot be written"))?;
    Ok(LineRow {
        callback_id: Hex(callback.id.0),
        at: callback.updated_at.micros(),
        action: entry.action.as_str(),
        actor_kind: entry.actor.kind.as_str(),
        actor_name: &entry.actor.name,
        from_state: entry.from.map(StateName::as_str),
        to_state: entry.to.as_str(),
        version: callback.version,
        detail,
    })
}

/// Statements in the making, with the rows that they read as JSON.
struct Statements {
    backend: Backend,
    text: Vec<String>,
    rows: Vec<String>,
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

impl Statements {
    /// `n`: the rows as a table.
    fn source(&mut self, columns: &[&[Column]], rows: &impl Serialize) -> StoreResult<String> {
        let rows = serde_json::to_string(rows)
            .map_err(|_| inconsistent("callbacks", "changes", "they cannot be written as JSON"))?;
        self.rows.push(rows);
        let number = self.rows.len();
        Ok(match self.backend {
            Backend::Sqlite => format!("json_each(${number}) AS n"),
            Backend::Postgres => {
                let mut types = String::new();
                for (name, kind) in columns.iter().copied().flatten() {
                    let kind = match kind {
                        Id => "uuid",
                        Int => "bigint",
                        Text => "text",
                    };
                    let comma = if types.is_empty() { "" } else { ", " };
                    // Writing to a string cannot fail.
                    let _ = write!(types, "{comma}{name} {kind}");
                }
                format!("json_to_recordset(${number}::json) AS n ({types})")
            }
        })
    }

    /// A column of `n`.
    fn value(&self, (name, kind): Column) -> String {
        match (self.backend, kind) {
            (Backend::Postgres, _) => format!("n.{name}"),
            (Backend::Sqlite, Id) => format!("unhex(n.value ->> '{name}')"),
            (Backend::Sqlite, Int | Text) => format!("n.value ->> '{name}'"),
        }
    }

    fn values(&self, columns: &[Column]) -> String {
        columns.iter().map(|column| self.value(*column)).collect::<Vec<_>>().join(", ")
    }

    /// On PostgreSQL a later part of the statement writes only for callbacks
    /// that an earlier one found in their version. SQLite takes all back.
    fn only_written(&self, by: &str) -> String {
        match self.backend {
            Backend::Sqlite => " WHERE true".to_owned(),
            Backend::Postgres => format!(" WHERE n.callback_id IN ({by})"),
        }
    }

    fn update(&mut self, rows: &[UpdatedRow<'_>]) -> StoreResult<()> {
        let source = self.source(&[&KEY, &CHANGED], &rows)?;
        let set: Vec<String> =
            CHANGED.iter().map(|column| format!("{} = {}", column.0, self.value(*column))).collect();
        let [id, version] = KEY.map(|column| self.value(column));
        let returning = self.backend.pick("", " RETURNING callbacks.id");
        self.text.push(format!(
            "UPDATE callbacks SET {}, version = callbacks.version + 1 FROM {source} \
             WHERE callbacks.id = {id} AND callbacks.version = {version}{returning}",
            set.join(", ")
        ));
        Ok(())
    }

    fn insert(&mut self, rows: &[InsertedRow<'_>]) -> StoreResult<()> {
        let source = self.source(&[&CALLBACK], &rows)?;
        let returning = self.backend.pick("", " RETURNING id");
        self.text.push(format!(
            "INSERT INTO callbacks ({}, reschedule_count, attempts_made, version) SELECT {}, 0, 0, 1 \
             FROM {source}{returning}",
            names(&CALLBACK),
            self.values(&CALLBACK)
        ));
        Ok(())
    }

    fn open(&mut self, rows: &[OpenedRow<'_>]) -> StoreResult<()> {
        let source = self.source(&[&OPENED], &rows)?;
        let written = self.only_written("SELECT id FROM updated");
        self.text.push(format!(
            "INSERT INTO attempts ({}) SELECT {} FROM {source}{written}",
            names(&OPENED),
            self.values(&OPENED)
        ));
        Ok(())
    }

    fn report(&mut self, set: &str, rows: &[ReportedRow]) -> StoreResult<()> {
        let source = self.source(&[&REPORTED], &rows)?;
        let mut set = set.to_owned();
        for column in REPORTED {
            set = set.replace(&format!("n.{}", column.0), &self.value(column));
        }
        let id = self.value(("id", Id));
        let written = self.only_written("SELECT id FROM updated").replacen(" WHERE", " AND", 1);
        self.text.push(format!(
            "UPDATE attempts SET {set} FROM {source} WHERE attempts.id = {id} AND attempts.ended_at IS NULL{written}"
        ));
        Ok(())
    }

    fn append(&mut self, rows: &[LineRow<'_>], written: &str) -> StoreResult<()> {
        let source = self.source(&[&LINE], &rows)?;
        let written = self.only_written(written);
        self.text.push(format!(
            "INSERT INTO timeline ({}) SELECT {} FROM {source}{written}",
            names(&LINE),
            self.values(&LINE)
        ));
        Ok(())
    }
}

const CONNECT: &str = "connected_at = n.at, dial_result = n.dial_result";
const END: &str =
    "ended_at = n.at, ended_by = n.ended_by, dial_result = COALESCE(n.dial_result, attempts.dial_result)";

/// The first change of each callback, then the second ones, and so on: one
/// statement changes a row once.
fn rounds<'a>(changes: impl Iterator<Item = &'a Transition>) -> Vec<Vec<&'a Transition>> {
    let mut seen: HashMap<CallbackId, usize> = HashMap::new();
    let mut rounds: Vec<Vec<&Transition>> = Vec::new();
    for change in changes {
        let round = seen.entry(change.callback.id).or_default();
        if rounds.len() == *round {
            rounds.push(Vec::new());
        }
        rounds[*round].push(change);
        *round += 1;
    }
    rounds
}

/// Writes the changes, each under the version that it started from.
///
/// # Errors
/// [`StoreError::Stale`] if a callback has another version by now: the
/// transaction must not be kept then. [`StoreError::Duplicate`] if a record that
/// is repeated was repeated already.
pub(super) async fn apply(
    conn: &mut WriteConn,
    changes: impl Iterator<Item = &Transition>,
) -> StoreResult<()> {
    for round in rounds(changes) {
        match conn.either() {
            Conn::Sqlite(conn) => apply_sqlite(conn, &round).await?,
            Conn::Postgres(conn) => {
                if apply_postgres(conn, &round).await?.len() != round.len() {
                    return Err(StoreError::Stale);
                }
            }
        }
    }
    Ok(())
}

async fn apply_sqlite(conn: &mut SqliteConnection, changes: &[&Transition]) -> StoreResult<()> {
    let rows = Rows::of(changes)?;
    let mut sql = Statements { backend: Backend::Sqlite, text: Vec::new(), rows: Vec::new() };
    // The update comes first: what it says of itself is looked at.
    if !rows.updated.is_empty() {
        sql.update(&rows.updated)?;
    }
    if !rows.inserted.is_empty() {
        sql.insert(&rows.inserted)?;
    }
    if !rows.opened.is_empty() {
        sql.open(&rows.opened)?;
    }
    if !rows.connected.is_empty() {
        sql.report(CONNECT, &rows.connected)?;
    }
    if !rows.ended.is_empty() {
        sql.report(END, &rows.ended)?;
    }
    if !rows.lines.is_empty() {
        sql.append(&rows.lines, "")?;
    }
    if sql.text.is_empty() {
        return Ok(());
    }
    let mut query = sqlx::query(AssertSqlSafe(sql.text.join("; ")));
    for rows in sql.rows {
        query = query.bind(rows);
    }
    let mut done = conn.execute_many(query);
    let mut first = None;
    let outcome = loop {
        match done.try_next().await {
            Ok(Some(done)) => _ = first.get_or_insert(done.rows_affected()),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    // A line that a competitor wrote is in the way then; that is no error of its own.
    if first.is_some_and(|updated| !rows.updated.is_empty() && updated != rows.updated.len() as u64) {
        return Err(StoreError::Stale);
    }
    Ok(outcome?)
}

/// The same in one statement, for changes of different callbacks. Gives those
/// that were in their version; nothing is written of the others.
pub(super) async fn apply_postgres(
    conn: &mut PgConnection,
    changes: &[&Transition],
) -> StoreResult<HashSet<CallbackId>> {
    let rows = Rows::of(changes)?;
    let mut sql = Statements { backend: Backend::Postgres, text: Vec::new(), rows: Vec::new() };
    let mut parts = Vec::new();
    let mut written = Vec::new();
    if !rows.updated.is_empty() {
        sql.update(&rows.updated)?;
        parts.push("updated");
        written.push("SELECT id FROM updated");
    }
    if !rows.inserted.is_empty() {
        sql.insert(&rows.inserted)?;
        parts.push("inserted");
        written.push("SELECT id FROM inserted");
    }
    if !rows.opened.is_empty() {
        sql.open(&rows.opened)?;
        parts.push("opened");
    }
    if !rows.connected.is_empty() {
        sql.report(CONNECT, &rows.connected)?;
        parts.push("connected");
    }
    if !rows.ended.is_empty() {
        sql.report(END, &rows.ended)?;
        parts.push("ended");
    }
    if rows.lines.is_empty() {
        return Ok(HashSet::new());
    }
    let written = written.join(" UNION ALL ");
    sql.append(&rows.lines, &written)?;
    parts.push("lines");
    let with: Vec<String> =
        parts.iter().zip(&sql.text).map(|(name, text)| format!("{name} AS ({text})")).collect();
    let sql_text = format!("WITH {} {written}", with.join(", "));
    let mut query = sqlx::query_scalar::<_, Uuid>(AssertSqlSafe(sql_text));
    for rows in sql.rows {
        query = query.bind(rows);
    }
    Ok(query.fetch_all(conn).await?.into_iter().map(CallbackId).collect())
}
