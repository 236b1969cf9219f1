//! The history of a callback: its timeline and its attempts.

use ringback_domain::wire::callback::{ActorView, AttemptView, TimelineEntry};
use ringback_domain::{AttemptId, CallbackId, Timestamp};
use uuid::Uuid;

use super::error::inconsistent;
use super::{Conn, StoreResult, on};

const OF_CALLBACK: &str = "SELECT at, action, actor_kind, actor_name, from_state, to_state, version, detail \
     FROM timeline WHERE callback_id = $1 ORDER BY version";
const ATTEMPTS: &str = "SELECT id, agent, reserved_at, connected_at, ended_at, ended_by, dial_result \
     FROM attempts WHERE callback_id = $1 ORDER BY id";

#[derive(sqlx::FromRow)]
struct EntryRow {
    at: i64,
    action: String,
    actor_kind: String,
    actor_name: String,
    from_state: Option<String>,
    to_state: String,
    version: i64,
    detail: String,
}

#[derive(sqlx::FromRow)]
struct AttemptRow {
    id: Uuid,
    agent: String,
    reserved_at: i64,
    connected_at: Option<i64>,
    ended_at: Option<i64>,
    ended_by: Option<String>,
    dial_result: Option<String>,
}

/// Every change of a callback, oldest first.
pub async fn of_callback(conn: &mut Conn, id: CallbackId) -> StoreResult<Vec<TimelineEntry>> {
    let rows: Vec<EntryRow> = on!(conn, |c| sqlx::query_as(OF_CALLBACK).bind(id.0).fetch_all(c).await)?;
    rows.into_iter()
        .map(|row| {
            let wrong = |what| inconsistent("timeline", id, what);
            Ok(TimelineEntry {
                at: Timestamp::from_micros(row.at),
                action: row.action.parse().map_err(|_| wrong("action"))?,
                actor: ActorView {
                    kind: row.actor_kind.parse().map_err(|_| wrong("actor_kind"))?,
                    name: row.actor_name,
                },
                from_state: row
                    .from_state
                    .map(|text| text.parse())
                    .transpose()
                    .map_err(|_| wrong("from_state"))?,
                to_state: row.to_state.parse().map_err(|_| wrong("to_state"))?,
                version: row.version,
                detail: serde_json::from_str(&row.detail).map_err(|_| wrong("detail"))?,
            })
        })
        .collect()
}

/// Every reservation of a callback, oldest first.
pub async fn attempts(conn: &mut Conn, id: CallbackId) -> StoreResult<Vec<AttemptView>> {
    let rows: Vec<AttemptRow> = on!(conn, |c| sqlx::query_as(ATTEMPTS).bind(id.0).fetch_all(c).await)?;
    rows.into_iter()
        .map(|row| {
            let wrong = |what| inconsistent("attempts", row.id, what);
            Ok(AttemptView {
                id: AttemptId(row.id),
                reserved_at: Timestamp::from_micros(row.reserved_at),
                connected_at: row.connected_at.map(Timestamp::from_micros),
                ended_at: row.ended_at.map(Timestamp::from_micros),
                ended_by: row
                    .ended_by
                    .as_deref()
                    .map(str::parse)
                    .transpose()
                    .map_err(|_| wrong("ended_by"))?,
                dial_result: row
                    .dial_result
                    .as_deref()
                    .map(str::parse)
                    .transpose()
                    .map_err(|_| wrong("dial_result"))?,
                agent: row.agent,
            })
        })
        .collect()
}
