//! What is taken of the slots of a capacity rule. The SCHEDULED callbacks of its services are the
//! bookings: nothing beside them can drift. A place that is held counts until its hold ends.

use ringback_domain::calendar::availability::Taken;
use ringback_domain::calendar::capacity::Grid;
use ringback_domain::zone::Span;
use ringback_domain::{CallbackId, CapacityRuleId, Timestamp};

use super::error::inconsistent;
use super::sql::id_array;
use super::{Conn, StoreResult, WriteConn, locks, on};

macro_rules! of_rule {
    ($settings:literal) => {
        concat!("service_id IN (SELECT id FROM services WHERE ", $settings, " ->> 'capacity_rule' = $3)")
    };
}

macro_rules! booked {
    ($settings:literal) => {
        concat!(
            " FROM callbacks WHERE state = 'SCHEDULED' AND desired_time >= $1 AND desired_time < $2 AND ",
            of_rule!($settings)
        )
    };
}

macro_rules! held {
    ($settings:literal) => {
        concat!(" FROM holds WHERE at >= $1 AND at < $2 AND expires_at > $4 AND ", of_rule!($settings))
    };
}

/// One statement: a hold that becomes a booking meanwhile is seen as either of them.
macro_rules! taken {
    ($settings:literal, $others:literal) => {
        concat!(
            "SELECT (SELECT COUNT(*)",
            booked!($settings),
            " AND id NOT IN ",
            $others,
            "), (SELECT COUNT(*)",
            held!($settings),
            ")"
        )
    };
}

const IN_SLOT_SQLITE: &str = taken!("settings", "(SELECT unhex(value) FROM json_each($5))");
const IN_SLOT_POSTGRES: &str =
    taken!("settings::json", "(SELECT value::uuid FROM json_array_elements_text($5::json))");
const BOOKED_SQLITE: &str =
    concat!("SELECT (desired_time - $4) / $5 AS slot, COUNT(*)", booked!("settings"), " GROUP BY slot");
const BOOKED_POSTGRES: &str =
    concat!("SELECT (desired_time - $4) / $5 AS slot, COUNT(*)", booked!("settings::json"), " GROUP BY slot");
const HELD_SQLITE: &str =
    concat!("SELECT (at - $5) / $6 AS slot, COUNT(*)", held!("settings"), " GROUP BY slot");
const HELD_POSTGRES: &str =
    concat!("SELECT (at - $5) / $6 AS slot, COUNT(*)", held!("settings::json"), " GROUP BY slot");

/// Keeps others from booking into the slot that begins then, or holding a place of it, until the
/// transaction ends.
pub async fn lock(conn: &mut WriteConn, rule: CapacityRuleId, slot: Timestamp) -> StoreResult<()> {
    locks::take(conn, format!("slot {rule} {}", slot.micros())).await
}

/// What is taken of a slot, without these callbacks.
pub async fn taken(
    conn: &mut Conn,
    rule: CapacityRuleId,
    slot: Span,
    without: &[CallbackId],
    now: Timestamp,
) -> StoreResult<Taken> {
    let sql = conn.backend().pick(IN_SLOT_SQLITE, IN_SLOT_POSTGRES);
    let without = id_array(without.iter().map(|id| id.0));
    let (booked, held): (i64, i64) = on!(conn, |c| {
        sqlx::query_as(sql)
            .bind(slot.from.micros())
            .bind(slot.to.micros())
            .bind(rule.to_string())
            .bind(now.micros())
            .bind(without)
            .fetch_one(c)
            .await
    })?;
    Ok(Taken { booked: count(booked)?, held: count(held)? })
}

/// What is taken of each slot of a grid of which something is, by the beginning of the slot.
pub async fn by_slot(
    conn: &mut Conn,
    rule: CapacityRuleId,
    grid: Grid,
    now: Timestamp,
) -> StoreResult<Vec<(Timestamp, Taken)>> {
    let (from, to, rule) = (grid.span.from.micros(), grid.span.to.micros(), rule.to_string());
    let (anchor, length) = (grid.anchor.micros(), grid.length);
    let sql = conn.backend().pick(BOOKED_SQLITE, BOOKED_POSTGRES);
    let booked: Vec<(i64, i64)> = on!(conn, |c| {
        sqlx::query_as(sql).bind(from).bind(to).bind(&rule).bind(anchor).bind(length).fetch_all(c).await
    })?;
    let sql = conn.backend().pick(HELD_SQLITE, HELD_POSTGRES);
    let held: Vec<(i64, i64)> = on!(conn, |c| {
        let query = sqlx::query_as(sql).bind(from).bind(to).bind(&rule).bind(now.micros());
        query.bind(anchor).bind(length).fetch_all(c).await
    })?;
    let booked = booked
        .into_iter()
        .map(|(slot, booked)| Ok((grid.slot(slot), Taken { booked: count(booked)?, held: 0 })));
    let held =
        held.into_iter().map(|(slot, held)| Ok((grid.slot(slot), Taken { booked: 0, held: count(held)? })));
    booked.chain(held).collect()
}

fn count(value: i64) -> StoreResult<u32> {
    u32::try_from(value).map_err(|_| inconsistent("callbacks", value, "count"))
}
