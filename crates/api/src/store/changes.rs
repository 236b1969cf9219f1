//! Writes changes of callbacks, however many: one statement for each table that
//! they touch, and all of them in one round trip.
//!
//! The rows travel together: on PostgreSQL as an array for each column, read by
//! `unnest` in a single statement; on SQLite as JSON, read by `json_each` in a
//! few statements that are sent at once.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;

use futures_util::TryStreamExt;
use ringback_domain::callback::QueuePlace;
use ringback_domain::callback::action::Action;
use ringback_domain::callback::cancellation::Cancellation;
use ringback_domain::callback::state::{Queued, Reservation};
use ringback_domain::callback::transition::{AttemptChange, Transition};
use ringback_domain::phone::{Extension, NumberWarning};
use ringback_domain::text::fold;
use ringback_domain::{CallbackId, Completion, DialResult, State, StateName, Timestamp, WallTime};
use serde::Serialize;
use sqlx::{AssertSqlSafe, Executor, PgConnection, SqliteConnection};
use uuid::Uuid;

use super::audit::Entry;
use super::error::inconsistent;
use super::{Backend, Conn, StoreError, StoreResult, WriteConn};
use crate::store::conn::answered_in;

/// A value on its way into a column.
#[derive(Serialize)]
#[serde(untagged)]
enum Cell<'a> {
    Id(Option<Hex>),
    Int(Option<i64>),
    Text(Option<&'a str>),
    Owned(Option<String>),
}

/// An id as SQLite's `unhex` reads it.
#[derive(Serialize)]
#[serde(transparent)]
struct Hex(#[serde(with = "uuid::serde::simple")] Uuid);

fn id<'a>(id: impl Into<Option<Uuid>>) -> Cell<'a> {
    Cell::Id(id.into().map(Hex))
}

fn int<'a>(value: impl Into<i64>) -> Cell<'a> {
    Cell::Int(Some(value.into()))
}

fn time<'a>(at: impl Into<Option<Timestamp>>) -> Cell<'a> {
    Cell::Int(at.into().map(Timestamp::micros))
}

fn text<'a>(text: impl Into<Option<&'a str>>) -> Cell<'a> {
    Cell::Text(text.into())
}

/// A text as it is searched: neither database folds the case of all of Unicode.
fn folded<'a>(text: Option<&str>) -> Cell<'a> {
    Cell::Owned(text.map(fold))
}

#[derive(Clone, Copy)]
enum Kind {
    Id,
    Int,
    Text,
}

use Kind::{Id, Int, Text};

/// A change of a callback, and the entry of the audit that goes with it.
#[derive(Clone, Copy)]
pub(super) struct Change<'a> {
    transition: &'a Transition,
    audit: Option<&'a Entry>,
}

impl Deref for Change<'_> {
    type Target = Transition;

    fn deref(&self) -> &Transition {
        self.transition
    }
}

impl<'a> Change<'a> {
    pub(super) const fn new(transition: &'a Transition, audit: Option<&'a Entry>) -> Self {
        Self { transition, audit }
    }

    /// The changes of one command. Its entry goes with the first of them.
    pub(super) fn all(
        transitions: &'a [Transition],
        mut audit: Option<&'a Entry>,
    ) -> impl Iterator<Item = Self> {
        transitions.iter().map(move |transition| Self::new(transition, audit.take()))
    }
}

/// A column, what it holds, and what a change writes into it.
type Column = (&'static str, Kind, for<'a> fn(&'a Change<'a>) -> Cell<'a>);

/// The row to update. The version that was read is part of the write.
const KEY: &[Column] =
    &[("id", Id, |c| id(c.callback.id.0)), ("version", Int, |c| int(c.callback.version - 1))];

/// What a transition may change.
const MOVED: &[Column] = &[
    ("queue_arrival", Int, |c| time(c.callback.queue_arrival)),
    ("dial_counts", Text, |c| Cell::Owned(dial_counts(c))),
    ("attempts_made", Int, |c| int(c.callback.attempts_made())),
    ("first_attempted_at", Int, |c| time(c.callback.first_attempted_at)),
    ("leases_lost", Int, |c| int(c.callback.leases_lost)),
    ("last_position", Int, |c| Cell::Int(place(c).map(|place| place.position.into()))),
    ("last_wait_seconds", Int, |c| {
        Cell::Int(place(c).and_then(|place| place.estimated_wait_seconds).map(i64::from))
    }),
    ("cancel_kind", Text, |c| text(pending(c).map(|pending| pending.by.kind.as_str()))),
    ("cancel_by", Text, |c| text(pending(c).map(|pending| pending.by.name.as_str()))),
    ("cancel_requested_at", Int, |c| time(pending(c).map(|pending| pending.requested_at))),
    ("cancel_at", Int, |c| time(pending(c).map(|pending| pending.effective_at))),
    ("cancel_job", Id, |c| id(pending(c).and_then(|pending| pending.job).map(|job| job.0))),
    ("agent_pauses", Text, |c| Cell::Owned(agent_pauses(c))),
    ("recreated_as", Id, |c| id(c.callback.recreated_as.map(|new| new.0))),
    ("recreated_by", Text, |c| text(c.callback.recreated_by.as_deref())),
    ("state", Text, |c| text(c.callback.state.name().as_str())),
    ("queued_at", Int, |c| time(c.callback.state.queued_at())),
    ("retry_at", Int, |c| time(queued(c).and_then(|queued| queued.retry_at))),
    ("quarantined_at", Int, |c| time(queued(c).and_then(|queued| queued.quarantined_at))),
    ("attempt_id", Id, |c| id(held(c).map(|held| held.attempt_id.0))),
    ("lease_token", Text, |c| text(held(c).map(|held| held.lease_token.as_str()))),
    ("lease_expires_at", Int, |c| time(held(c).map(|held| held.lease_expires_at))),
    ("agent", Text, |c| text(agent(c))),
    ("agent_folded", Text, |c| folded(agent(c))),
    ("holder", Text, |c| text(held(c).map(|held| held.holder.as_str()))),
    ("reserved_at", Int, |c| {
        time(held(c).map(|held| held.reserved_at).or(over(c).and_then(|over| over.reserved_at)))
    }),
    ("connected_at", Int, |c| time(c.callback.state.connected_at())),
    ("completed_at", Int, |c| time(over(c).map(|over| over.completed_at))),
    ("result", Text, |c| Cell::Owned(over(c).map(|over| over.result.to_string()))),
    ("cancelled_by", Text, |c| text(cancelled_by(c))),
    ("cancelled_by_folded", Text, |c| folded(cancelled_by(c))),
    ("disposition", Text, |c| text(over(c).and_then(|over| over.disposition.as_deref()))),
    ("updated_at", Int, |c| time(c.callback.updated_at)),
];

/// What only another desired time changes. SQLite rewrites the entries of every
/// index of a column that is set, so the others leave these alone.
const RESCHEDULED: &[Column] = &[
    ("desired_time", Int, |c| time(c.callback.desired_time)),
    ("wall_time", Text, |c| Cell::Owned(wall(c).map(|wall| wall.local.to_string()))),
    ("wall_time_zone", Text, |c| text(wall(c).map(|wall| wall.time_zone.as_str()))),
    ("wall_time_tables", Text, |c| text(wall(c).map(|wall| wall.tables.as_str()))),
    ("expires_at", Int, |c| time(c.callback.expires_at())),
    ("spared_until", Int, |c| time(c.callback.spared_until)),
    ("reschedule_count", Int, |c| int(c.callback.reschedules.count)),
    ("last_rescheduled_at", Int, |c| time(c.callback.reschedules.last_at)),
    ("rescheduled_by", Text, |c| text(c.callback.reschedules.last_by.as_deref())),
];

/// A new record.
const CREATED: &[Column] = &[
    ("id", Id, |c| id(c.callback.id.0)),
    ("service_id", Id, |c| id(c.callback.request.service_id.0)),
    ("customer_number", Text, |c| text(c.callback.request.customer_number.as_str())),
    ("customer_number_extension", Text, |c| {
        text(c.callback.request.customer_number_extension.as_ref().map(Extension::as_str))
    }),
    ("number_warning", Text, |c| text(c.callback.request.number_warning.map(NumberWarning::as_str))),
    ("callback_type", Text, |c| text(c.callback.request.callback_type.as_str())),
    ("arrived_at", Int, |c| time(c.callback.request.arrived_at)),
    ("queue_arrival", Int, |c| time(c.callback.queue_arrival)),
    ("customer_time_zone", Text, |c| text(c.callback.request.customer_time_zone.as_deref())),
    ("language", Text, |c| text(c.callback.request.language.as_deref())),
    ("priority", Int, |c| int(c.callback.request.priority)),
    ("user_data", Text, |c| text(c.callback.request.user_data.as_deref())),
    ("origin", Text, |c| text(c.callback.origin.as_str())),
    ("created_at", Int, |c| time(c.callback.created_at)),
    ("created_by", Text, |c| text(c.callback.created_by.as_deref())),
    ("created_by_folded", Text, |c| folded(c.callback.created_by.as_deref())),
    ("desired_time", Int, |c| time(c.callback.desired_time)),
    ("wall_time", Text, |c| Cell::Owned(wall(c).map(|wall| wall.local.to_string()))),
    ("wall_time_zone", Text, |c| text(wall(c).map(|wall| wall.time_zone.as_str()))),
    ("wall_time_tables", Text, |c| text(wall(c).map(|wall| wall.tables.as_str()))),
    ("desired_window_seconds", Int, |c| int(c.callback.desired_window_seconds)),
    ("expires_at", Int, |c| time(c.callback.expires_at())),
    ("spared_until", Int, |c| time(c.callback.spared_until)),
    ("reschedule_count", Int, |_| int(0)),
    ("attempts_made", Int, |_| int(0)),
    ("recreated_from", Id, |c| id(c.callback.recreated_from.map(|old| old.0))),
    ("recreated_by", Text, |c| text(c.callback.recreated_by.as_deref())),
    ("state", Text, |c| text(c.callback.state.name().as_str())),
    ("updated_at", Int, |c| time(c.callback.updated_at)),
    ("version", Int, |c| int(c.callback.version)),
];

/// An attempt that a reservation opens.
const OPENED: &[Column] = &[
    ("id", Id, |c| id(attempt(c))),
    ("callback_id", Id, |c| id(c.callback.id.0)),
    ("service_id", Id, |c| id(c.callback.request.service_id.0)),
    ("agent", Text, |c| text(held(c).map(|held| held.agent.as_str()))),
    ("reserved_at", Int, |c| time(held(c).map(|held| held.reserved_at))),
];

/// What becomes of an open attempt.
const REPORTED: &[Column] = &[
    ("id", Id, |c| id(attempt(c))),
    ("callback_id", Id, |c| id(c.callback.id.0)),
    ("at", Int, |c| time(c.callback.updated_at)),
    ("ended_by", Text, |c| text(c.entry.action.as_str())),
    ("dial_result", Text, |c| text(c.entry.detail.dial_result.map(DialResult::as_str))),
];

/// A line of the timeline.
const LINE: &[Column] = &[
    ("callback_id", Id, |c| id(c.callback.id.0)),
    ("at", Int, |c| time(c.callback.updated_at)),
    ("action", Text, |c| text(c.entry.action.as_str())),
    ("actor_kind", Text, |c| text(c.entry.actor.kind.as_str())),
    ("actor_name", Text, |c| text(c.entry.actor.name.as_str())),
    ("from_state", Text, |c| text(c.entry.from.map(StateName::as_str))),
    ("to_state", Text, |c| text(c.entry.to.as_str())),
    ("version", Int, |c| int(c.callback.version)),
    // Without its detail the line breaks the schema, and nothing is written.
    ("detail", Text, |c| Cell::Owned(serde_json::to_string(&c.entry.detail).ok())),
];

/// An entry of the audit, and the callback that it is written with.
const AUDITED: &[Column] = &[
    ("at", Int, |c| time(c.audit.map(|entry| entry.at))),
    ("actor_kind", Text, |c| text(c.audit.map(|entry| entry.actor.kind.as_str()))),
    ("actor_id", Id, |c| id(c.audit.and_then(|entry| entry.actor.id))),
    ("actor_name", Text, |c| text(c.audit.map(|entry| entry.actor.name.as_str()))),
    ("address", Text, |c| text(c.audit.and_then(|entry| entry.address.as_deref()))),
    ("request_id", Id, |c| id(c.audit.and_then(|entry| entry.request_id))),
    ("action", Text, |c| text(c.audit.map(|entry| entry.action.as_str()))),
    ("object_id", Id, |c| id(c.audit.and_then(|entry| entry.object))),
    ("reason", Text, |c| text(c.audit.and_then(|entry| entry.reason))),
    ("details", Text, |c| text(c.audit.map(|entry| entry.details.as_str()))),
];

const CALLBACK: &[Column] = &[("callback_id", Id, |c| id(c.callback.id.0))];

fn held(change: &Transition) -> Option<&Reservation> {
    change.callback.state.reservation()
}

fn wall(change: &Transition) -> Option<&WallTime> {
    change.callback.wall_time.as_ref()
}

fn place(change: &Transition) -> Option<QueuePlace> {
    change.callback.last_place
}

fn pending(change: &Transition) -> Option<&Cancellation> {
    change.callback.cancellation.as_ref()
}

fn over(change: &Transition) -> Option<&Completion> {
    match &change.callback.state {
        State::Completed(over) => Some(over),
        _ => None,
    }
}

fn agent(change: &Transition) -> Option<&str> {
    let held = held(change).map(|held| held.agent.as_str());
    held.or(over(change).and_then(|over| over.agent.as_deref()))
}

fn cancelled_by(change: &Transition) -> Option<&str> {
    over(change).and_then(|over| over.cancelled_by.as_deref())
}

fn queued(change: &Transition) -> Option<&Queued> {
    match &change.callback.state {
        State::Queued(queued) => Some(queued),
        _ => None,
    }
}

fn agent_pauses(change: &Transition) -> Option<String> {
    let pauses = change.callback.agent_pauses.iter();
    let pauses: Vec<_> = pauses.map(|pause| (&pause.agent, pause.until.micros())).collect();
    (!pauses.is_empty()).then(|| serde_json::to_string(&pauses).unwrap_or_default())
}

fn dial_counts(change: &Transition) -> Option<String> {
    let counts = &change.callback.dial_counts;
    (counts.total() > 0).then(|| serde_json::to_string(counts).unwrap_or_default())
}

fn attempt(change: &Transition) -> Option<Uuid> {
    match change.attempt.as_ref()? {
        AttemptChange::Opened(held) => Some(held.attempt_id.0),
        AttemptChange::Connected(id) | AttemptChange::Ended(id) => Some(id.0),
    }
}

/// Values for the parameters of a statement.
enum Arg {
    Json(String),
    Ids(Vec<Option<Uuid>>),
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
}

/// Rows that a statement reads as the table `n`.
struct Source<'s> {
    backend: Backend,
    columns: &'s [&'static [Column]],
    from: String,
}

impl Source<'_> {
    fn columns(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().copied().flatten()
    }

    /// The value of a column.
    fn value(&self, name: &str) -> String {
        if self.backend == Backend::Postgres {
            return format!("n.{name}");
        }
        let found = self.columns().zip(0..).find(|(column, _)| column.0 == name);
        match found {
            Some(((_, Id, _), index)) => format!("unhex(n.value ->> {index})"),
            Some((_, index)) => format!("n.value ->> {index}"),
            // No column of ours: the database refuses it.
            None => name.to_owned(),
        }
    }

    fn joined(&self, columns: &[Column], each: impl Fn(&str, String) -> String) -> String {
        let parts: Vec<String> = columns.iter().map(|(name, _, _)| each(name, self.value(name))).collect();
        parts.join(", ")
    }

    fn insert_into(&self, table: &str, columns: &[Column]) -> String {
        let names = self.joined(columns, |name, _| name.to_owned());
        let values = self.joined(columns, |_, value| value);
        format!("INSERT INTO {table} ({names}) SELECT {values} FROM {}", self.from)
    }
}

/// Statements in the making, each with a name, and the rows that they read.
struct Statements<'a> {
    backend: Backend,
    named: Vec<(&'static str, String)>,
    args: Vec<Arg>,
    /// Rows that have to be found in their version.
    updates: u64,
    changes: &'a [Change<'a>],
}

impl<'a> Statements<'a> {
    fn of(backend: Backend, changes: &'a [Change<'a>]) -> StoreResult<Self> {
        let mut sql = Self { backend, named: Vec::new(), args: Vec::new(), updates: 0, changes };
        let is_new = |c: &Change<'_>| c.entry.from.is_none();
        let is_rescheduled = |c: &Change<'_>| {
            matches!(c.entry.action, Action::Rescheduled | Action::ClocksChanged | Action::RolledForward)
        };
        // The updates come first: SQLite tells by them whether all were found.
        sql.update("moved", &[KEY, MOVED], |c| !is_new(c) && !is_rescheduled(c))?;
        sql.update("rescheduled", &[KEY, MOVED, RESCHEDULED], |c| !is_new(c) && is_rescheduled(c))?;
        sql.add("created", &[CREATED], is_new, |from| {
            format!("{}{}", from.insert_into("callbacks", CREATED), backend.pick("", " RETURNING id"))
        })?;
        let opens = |c: &Change<'_>| matches!(c.attempt, Some(AttemptChange::Opened(_)));
        // On PostgreSQL a later part of the statement writes only for callbacks
        // that an earlier one found in their version. SQLite takes all back.
        let moved = backend.pick("", " AND n.callback_id IN (SELECT id FROM moved)");
        sql.add("opened", &[OPENED], opens, |from| {
            format!("{} WHERE true{moved}", from.insert_into("attempts", OPENED))
        })?;
        let report = |from: &Source<'_>, set: String| {
            let (id, rows) = (from.value("id"), &from.from);
            format!(
                "UPDATE attempts SET {set} FROM {rows} WHERE attempts.id = {id} AND attempts.ended_at IS NULL{moved}"
            )
        };
        let connects = |c: &Change<'_>| matches!(c.attempt, Some(AttemptChange::Connected(_)));
        sql.add("connected", &[REPORTED], connects, |from| {
            let (at, result) = (from.value("at"), from.value("dial_result"));
            report(from, format!("connected_at = {at}, dial_result = {result}"))
        })?;
        let ends = |c: &Change<'_>| matches!(c.attempt, Some(AttemptChange::Ended(_)));
        sql.add("ended", &[REPORTED], ends, |from| {
            let (at, by, result) = (from.value("at"), from.value("ended_by"), from.value("dial_result"));
            let result = format!("COALESCE({result}, attempts.dial_result)");
            report(from, format!("ended_at = {at}, ended_by = {by}, dial_result = {result}"))
        })?;
        let written = match backend {
            Backend::Sqlite => String::new(),
            Backend::Postgres => format!(" AND n.callback_id IN ({})", sql.written()),
        };
        sql.add(
            "lines",
            &[LINE],
            |_| true,
            |from| format!("{} WHERE true{written}", from.insert_into("timeline", LINE)),
        )?;
        sql.add(
            "audited",
            &[AUDITED, CALLBACK],
            |c| c.audit.is_some(),
            |from| format!("{} WHERE true{written}", from.insert_into("audit_waiting", AUDITED)),
        )?;
        Ok(sql)
    }

    /// The callbacks that were found in their version, or are new; PostgreSQL's.
    fn written(&self) -> String {
        let parts = self.named.iter().filter(|(name, _)| ["moved", "rescheduled", "created"].contains(name));
        let parts: Vec<String> = parts.map(|(name, _)| format!("SELECT id FROM {name}")).collect();
        parts.join(" UNION ALL ")
    }

    /// Adds a statement for the changes that it is about, if there are any.
    fn add(
        &mut self,
        name: &'static str,
        columns: &[&'static [Column]],
        about: impl Fn(&Change<'_>) -> bool,
        text: impl FnOnce(&Source<'_>) -> String,
    ) -> StoreResult<u64> {
        let changes: &'a [Change<'a>] = self.changes;
        let rows: Vec<&'a Change<'a>> = changes.iter().filter(|change| about(change)).collect();
        if rows.is_empty() {
            return Ok(0);
        }
        let from = match self.backend {
            Backend::Sqlite => self.as_json(columns, &rows)?,
            Backend::Postgres => self.as_arrays(columns, &rows),
        };
        self.named.push((name, text(&Source { backend: self.backend, columns, from })));
        Ok(rows.len() as u64)
    }

    fn as_json(&mut self, columns: &[&'static [Column]], rows: &[&'a Change<'a>]) -> StoreResult<String> {
        let columns: Vec<&Column> = columns.iter().copied().flatten().collect();
        let rows: Vec<Vec<Cell<'_>>> =
            rows.iter().map(|row| columns.iter().map(|(_, _, value)| value(row)).collect()).collect();
        let json = serde_json::to_string(&rows)
            .map_err(|_| inconsistent("callbacks", "changes", "they cannot be written as JSON"))?;
        self.args.push(Arg::Json(json));
        Ok(format!("json_each(${}) AS n", self.args.len()))
    }

    fn as_arrays(&mut self, columns: &[&'static [Column]], rows: &[&'a Change<'a>]) -> String {
        let (mut arrays, mut names) = (Vec::new(), Vec::new());
        for (name, kind, value) in columns.iter().copied().flatten() {
            let cells = rows.iter().map(|row| value(row));
            let (arg, array) = match kind {
                Id => (Arg::Ids(cells.map(Cell::into_id).collect()), "uuid[]"),
                Int => (Arg::Ints(cells.map(Cell::into_int).collect()), "bigint[]"),
                Text => (Arg::Texts(cells.map(Cell::into_text).collect()), "text[]"),
            };
            self.args.push(arg);
            arrays.push(format!("${}::{array}", self.args.len()));
            names.push(*name);
        }
        format!("unnest({}) AS n ({})", arrays.join(", "), names.join(", "))
    }

    fn update(
        &mut self,
        name: &'static str,
        columns: &[&'static [Column]],
        about: impl Fn(&Change<'_>) -> bool,
    ) -> StoreResult<()> {
        let returning = self.backend.pick("", " RETURNING callbacks.id");
        self.updates += self.add(name, columns, about, |from| {
            let values = |part: &&[Column]| from.joined(part, |name, value| format!("{name} = {value}"));
            let set: Vec<String> = columns[1..].iter().map(values).collect();
            let (id, version) = (from.value("id"), from.value("version"));
            format!(
                "UPDATE callbacks SET {}, version = callbacks.version + 1 FROM {} \
                 WHERE callbacks.id = {id} AND callbacks.version = {version}{returning}",
                set.join(", "),
                from.from
            )
        })?;
        Ok(())
    }
}

impl Cell<'_> {
    fn into_id(self) -> Option<Uuid> {
        if let Self::Id(id) = self { id.map(|id| id.0) } else { None }
    }

    fn into_int(self) -> Option<i64> {
        if let Self::Int(value) = self { value } else { None }
    }

    fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => text.map(str::to_owned),
            Self::Owned(text) => text,
            Self::Id(_) | Self::Int(_) => None,
        }
    }
}

/// The first change of each callback, then the second ones, and so on: one
/// statement changes a row once.
fn rounds<'a>(changes: impl Iterator<Item = Change<'a>>) -> Vec<Vec<Change<'a>>> {
    let mut seen: HashMap<CallbackId, usize> = HashMap::new();
    let mut rounds: Vec<Vec<Change<'_>>> = Vec::new();
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
    changes: impl Iterator<Item = Change<'_>>,
) -> StoreResult<()> {
    for round in rounds(changes) {
        match conn.either() {
            Conn::Sqlite(conn) => apply_sqlite(conn, &round).await?,
            Conn::Postgres(conn) => {
                let applied = answered_in(conn.max_silence(), apply_postgres(conn, &round)).await?;
                if applied.len() != round.len() {
                    return Err(StoreError::Stale);
                }
            }
        }
    }
    Ok(())
}

async fn apply_sqlite(conn: &mut SqliteConnection, changes: &[Change<'_>]) -> StoreResult<()> {
    let sql = Statements::of(Backend::Sqlite, changes)?;
    let updating = sql.named.iter().filter(|(name, _)| ["moved", "rescheduled"].contains(name)).count();
    let text: Vec<String> = sql.named.into_iter().map(|(_, text)| text).collect();
    let mut query = sqlx::query(AssertSqlSafe(text.join("; ")));
    for arg in sql.args {
        if let Arg::Json(rows) = arg {
            query = query.bind(rows);
        }
    }
    let mut done = conn.execute_many(query);
    let mut counts = Vec::new();
    let outcome = loop {
        match done.try_next().await {
            Ok(Some(done)) => counts.push(done.rows_affected()),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    // A line that a competitor wrote is in the way then; that is no error of its own.
    if counts.len() >= updating && counts.iter().take(updating).sum::<u64>() != sql.updates {
        return Err(StoreError::Stale);
    }
    Ok(outcome?)
}

/// The same in one statement, for changes of different callbacks. Gives those
/// that were in their version; nothing is written of the others.
pub(super) async fn apply_postgres(
    conn: &mut PgConnection,
    changes: &[Change<'_>],
) -> StoreResult<HashSet<CallbackId>> {
    if changes.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = Statements::of(Backend::Postgres, changes)?;
    let with: Vec<String> = sql.named.iter().map(|(name, text)| format!("{name} AS ({text})")).collect();
    let text = format!("WITH {} {}", with.join(", "), sql.written());
    let mut query = sqlx::query_scalar::<_, Uuid>(AssertSqlSafe(text));
    for arg in sql.args {
        query = match arg {
            Arg::Json(value) => query.bind(value),
            Arg::Ids(values) => query.bind(values),
            Arg::Ints(values) => query.bind(values),
            Arg::Texts(values) => query.bind(values),
        };
    }
    Ok(query.fetch_all(conn).await?.into_iter().map(CallbackId).collect())
}
