//! The writes of the bare endpoints: those of the server's commands, without
//! their reads.

use sqlx::{PgConnection, PgPool, SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// A write, which is one transaction unless commits are grouped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Write {
    pub(super) kind: Kind,
    pub(super) callback: Uuid,
    /// The service of a new callback; the attempt of other writes.
    pub(super) other: Uuid,
    /// Microseconds since the Unix epoch.
    pub(super) at: i64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Create,
    Reserve,
    Connect,
    Complete,
}

const CREATE: &str = "INSERT INTO callbacks (id, service_id, customer_number, callback_type, queue_arrival, priority, \
     origin, created_at, desired_time, desired_window_seconds, expires_at, reschedule_count, attempts_made, state, \
     updated_at, version) VALUES ($1, $2, '+44207' || ($3 % 10000000), 'scheduled', $3 + 86400000000, 0, 'api', $3, \
     $3 + 86400000000, 120, $3 + 86400000000 + 1209600000000, 0, 0, 'SCHEDULED', $3, 1)";
const RESERVE: &str = "UPDATE callbacks SET state = 'ROUTING', attempts_made = 1, attempt_id = $2, \
     lease_token = 'a token of as many bytes as one of the server', lease_expires_at = $3 + 30000000, \
     agent = 'bench', reserved_at = $3, updated_at = $3, version = version + 1 WHERE id = $1 AND version = 4";
const NEW_ATTEMPT: &str = "INSERT INTO attempts (id, callback_id, service_id, agent, reserved_at) \
     SELECT $2, id, service_id, 'bench', $3 FROM callbacks WHERE id = $1";
const CONNECT: &str = "UPDATE callbacks SET state = 'PROCESSING', connected_at = $3, updated_at = $3, \
     version = version + 1 WHERE id = $1 AND attempt_id = $2 AND version = 5";
const CONNECT_ATTEMPT: &str = "UPDATE attempts SET connected_at = $3 WHERE callback_id = $1 AND id = $2";
const COMPLETE: &str = "UPDATE callbacks SET state = 'COMPLETED', result = 'AGENT_CONNECTED', completed_at = $3, \
     attempt_id = NULL, lease_token = NULL, lease_expires_at = NULL, updated_at = $3, version = version + 1 \
     WHERE id = $1 AND attempt_id = $2 AND version = 6";
const END_ATTEMPT: &str =
    "UPDATE attempts SET ended_at = $3, ended_by = 'completed' WHERE callback_id = $1 AND id = $2";
const TIMELINE: &str = "INSERT INTO timeline (callback_id, at, action, actor_kind, actor_name, from_state, to_state, \
     version, detail) VALUES ($1, $2, $3, 'api_key', 'bench', $4, $5, $6, '{}')";

impl Kind {
    /// The statements over the callback, the other id and the time. Each writes
    /// one row.
    const fn rows(self) -> &'static [&'static str] {
        match self {
            Self::Create => &[CREATE],
            Self::Reserve => &[RESERVE, NEW_ATTEMPT],
            Self::Connect => &[CONNECT, CONNECT_ATTEMPT],
            Self::Complete => &[COMPLETE, END_ATTEMPT],
        }
    }

    /// The line of the timeline: action, state before and after, version.
    const fn line(self) -> (&'static str, Option<&'static str>, &'static str, i64) {
        match self {
            Self::Create => ("created", None, "SCHEDULED", 1),
            Self::Reserve => ("reserved", Some("QUEUED"), "ROUTING", 5),
            Self::Connect => ("connected", Some("ROUTING"), "PROCESSING", 6),
            Self::Complete => ("completed", Some("PROCESSING"), "COMPLETED", 7),
        }
    }
}

/// Defines a function that writes in a transaction of one of the drivers.
macro_rules! apply {
    ($name:ident, $connection:ty) => {
        async fn $name(conn: &mut $connection, write: &Write) -> Result<()> {
            for sql in write.kind.rows() {
                let query = sqlx::query(*sql).bind(write.callback).bind(write.other).bind(write.at);
                if query.execute(&mut *conn).await?.rows_affected() != 1 {
                    return Err(sqlx::Error::RowNotFound);
                }
            }
            let (action, from, to, version) = write.kind.line();
            let line = sqlx::query(TIMELINE).bind(write.callback).bind(write.at).bind(action);
            line.bind(from).bind(to).bind(version).execute(&mut *conn).await.map(drop)
        }
    };
}
apply!(apply_sqlite, SqliteConnection);
apply!(apply_postgres, PgConnection);

pub(super) async fn postgres(pool: &PgPool, write: &Write) -> Result<()> {
    let mut transaction = pool.begin().await?;
    apply_postgres(&mut transaction, write).await?;
    transaction.commit().await
}

pub(super) async fn sqlite(pool: &SqlitePool, writes: &[Write]) -> Result<()> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    for write in writes {
        apply_sqlite(&mut transaction, write).await?;
    }
    transaction.commit().await
}

/// A write that waits for the next commit, and the channel for its outcome.
pub(super) type Waiting = (Write, oneshot::Sender<Result<()>>);

/// Largest number of writes in one commit.
const MAX_GROUP: usize = 256;

/// Commits all waiting writes in one transaction, repeatedly, like the server's
/// writer. There are no savepoints: one failure fails all.
pub(super) async fn group_commits(pool: SqlitePool, mut queue: mpsc::Receiver<Waiting>) {
    let mut group = Vec::new();
    while queue.recv_many(&mut group, MAX_GROUP).await > 0 {
        let writes: Vec<Write> = group.iter().map(|(write, _)| *write).collect();
        let mut outcome = sqlite(&pool, &writes).await;
        for (_, waiting) in group.drain(..) {
            let answer = std::mem::replace(&mut outcome, Err(sqlx::Error::WorkerCrashed));
            if answer.is_ok() {
                outcome = Ok(());
            }
            // The client may have disconnected.
            let _ = waiting.send(answer);
        }
    }
}
