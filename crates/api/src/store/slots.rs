//! What is booked into the slots of a capacity rule. The SCHEDULED callbacks of its
//! services are the bookings: nothing beside them can drift.

use ringback_domain::calendar::availability::Taken;
use ringback_domain::calendar::capacity::Grid;
use ringback_domain::zone::Span;
use ringback_domain::{CallbackId, CapacityRuleId, Timestamp};
use uuid::Uuid;

use super::error::inconsistent;
use super::{Conn, StoreResult, WriteConn, on};

macro_rules! booked {
    ($columns:literal, $settings:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM callbacks WHERE state = 'SCHEDULED' AND desired_time >= $1 AND desired_time < $2 \
             AND service_id IN (SELECT id FROM services WHERE ",
            $settings,
            " ->> 'capacity_rule' = $3)",
            $rest
        )
    };
}

const IN_SLOT_SQLITE: &str = booked!("COUNT(*)", "settings", " AND id <> $4");
const IN_SLOT_POSTGRES: &str = booked!("COUNT(*)", "settings::json", " AND id <> $4");
const BY_SLOT_SQLITE: &str =
    booked!("(desired_time - $4) / $5 AS slot, COUNT(*)", "settings", " GROUP BY slot");
const BY_SLOT_POSTGRES: &str =
    booked!("(desired_time - $4) / $5 AS slot, COUNT(*)", "settings::json", " GROUP BY slot");
/// Ends with the transaction.
const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";

/// Keeps others from booking into the slot that begins then until the transaction
/// ends. `SQLite` has one writer, which is this transaction.
pub async fn lock(conn: &mut WriteConn, rule: CapacityRuleId, slot: Timestamp) -> StoreResult<()> {
    if let Conn::Postgres(conn) = &mut **conn {
        let name = format!("slot {rule} {}", slot.micros());
        sqlx::query(LOCK).bind(name).execute(&mut **conn).await?;
    }
    Ok(())
}

/// What is taken of a slot, without this callback.
pub async fn taken(
    conn: &mut Conn,
    rule: CapacityRuleId,
    slot: Span,
    without: Option<CallbackId>,
) -> StoreResult<Taken> {
    let sql = conn.backend().pick(IN_SLOT_SQLITE, IN_SLOT_POSTGRES);
    let booked: i64 = on!(conn, |c| {
        sqlx::query_scalar(sql)
            .bind(slot.from.micros())
            .bind(slot.to.micros())
            .bind(rule.to_string())
            .bind(without.map_or(Uuid::nil(), |id| id.0))
            .fetch_one(c)
            .await
    })?;
    Ok(Taken { booked: count(booked)? })
}

/// How many callbacks are booked into each slot of a grid that has any, by the
/// beginning of the slot.
pub async fn booked(conn: &mut Conn, rule: CapacityRuleId, grid: Grid) -> StoreResult<Vec<(Timestamp, u32)>> {
    let sql = conn.backend().pick(BY_SLOT_SQLITE, BY_SLOT_POSTGRES);
    let rows: Vec<(i64, i64)> = on!(conn, |c| {
        sqlx::query_as(sql)
            .bind(grid.span.from.micros())
            .bind(grid.span.to.micros())
            .bind(rule.to_string())
            .bind(grid.anchor.micros())
            .bind(grid.length)
            .fetch_all(c)
            .await
    })?;
    rows.into_iter().map(|(slot, booked)| Ok((grid.slot(slot), count(booked)?))).collect()
}

fn count(value: i64) -> StoreResult<u32> {
    u32::try_from(value).map_err(|_| inconsistent("callbacks", value, "count"))
}
