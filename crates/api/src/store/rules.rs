//! Calendars of office hours, capacity rules and number rules. Each is kept as one document, so
//! that a new setting of one needs no column.

use ringback_domain::number_rule::NumberRule;
use ringback_domain::wire::calendar::{CapacityRule, OfficeHoursCalendar};
use ringback_domain::{CalendarId, CapacityRuleId, NumberRuleId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::error::inconsistent;
use super::sql::id_array;
use super::unreadable::leave_out;
use super::{Conn, StoreError, StoreResult, WriteConn, on};

/// A kind of rule.
pub trait Rule: Serialize + DeserializeOwned {
    /// Its name in the table.
    const KIND: &'static str;

    /// Names it; unique in its kind.
    fn name(&self) -> &str;
}

impl Rule for OfficeHoursCalendar {
    const KIND: &'static str = "office_hours";

    fn name(&self) -> &str {
        &self.name
    }
}

impl Rule for CapacityRule {
    const KIND: &'static str = "capacity";

    fn name(&self) -> &str {
        &self.name
    }
}

impl Rule for NumberRule {
    const KIND: &'static str = "number";

    fn name(&self) -> &str {
        &self.name
    }
}

/// A rule as it is kept.
#[derive(Clone, Debug)]
pub struct Kept<R> {
    /// Identifier.
    pub id: Uuid,
    /// The rule.
    pub rule: R,
    /// Raised by each change.
    pub version: i64,
}

impl<R> Kept<R> {
    /// Its identifier as a calendar.
    pub const fn calendar_id(&self) -> CalendarId {
        CalendarId(self.id)
    }

    /// Its identifier as a capacity rule.
    pub const fn capacity_rule_id(&self) -> CapacityRuleId {
        CapacityRuleId(self.id)
    }

    /// Its identifier as a number rule.
    pub const fn number_rule_id(&self) -> NumberRuleId {
        NumberRuleId(self.id)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT id, document, version FROM rules WHERE kind = $1 ", $rest)
    };
}

const LIST: &str = select!("ORDER BY name, id");
const FIND: &str = select!("AND id = $2");
const FIND_ALL_SQLITE: &str = select!("AND id IN (SELECT unhex(value) FROM json_each($2))");
const FIND_ALL_POSTGRES: &str =
    select!("AND id IN (SELECT value::uuid FROM json_array_elements_text($2::json))");
/// Keeps them from being deleted until the transaction ends.
const HOLD_POSTGRES: &str = "SELECT id FROM rules WHERE kind = $1 \
     AND id IN (SELECT value::uuid FROM json_array_elements_text($2::json)) ORDER BY id FOR SHARE";
const HOLD_SQLITE: &str =
    "SELECT id FROM rules WHERE kind = $1 AND id IN (SELECT unhex(value) FROM json_each($2))";
const COUNT: &str = "SELECT COUNT(*) FROM rules WHERE kind = $1";
const INSERT: &str = "INSERT INTO rules (kind, id, name, document, version) VALUES ($1, $2, $3, $4, 1)";
const UPDATE: &str = "UPDATE rules SET name = $4, document = $5, version = version + 1 \
     WHERE kind = $1 AND id = $2 AND version = $3";
const DELETE: &str = "DELETE FROM rules WHERE kind = $1 AND id = $2";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    document: String,
    version: i64,
}

impl<R: Rule> TryFrom<Row> for Kept<R> {
    type Error = StoreError;

    fn try_from(row: Row) -> StoreResult<Self> {
        let rule =
            serde_json::from_str(&row.document).map_err(|_| inconsistent("rules", row.id, "document"))?;
        Ok(Self { id: row.id, rule, version: row.version })
    }
}

/// Every rule of a kind, by name.
pub async fn list<R: Rule>(conn: &mut Conn) -> StoreResult<Vec<Kept<R>>> {
    let rows: Vec<Row> = on!(conn, |c| sqlx::query_as(LIST).bind(R::KIND).fetch_all(c).await)?;
    Ok(leave_out(rows.into_iter().map(Kept::try_from)))
}

/// The rule with this id.
pub async fn find<R: Rule>(conn: &mut Conn, id: Uuid) -> StoreResult<Option<Kept<R>>> {
    let row: Option<Row> =
        on!(conn, |c| sqlx::query_as(FIND).bind(R::KIND).bind(id).fetch_optional(c).await)?;
    row.map(Kept::try_from).transpose()
}

/// The rules with these ids that exist and can be read, in any order; no statement
/// where there are no ids.
pub async fn find_all<R: Rule>(conn: &mut Conn, ids: Vec<Uuid>) -> StoreResult<Vec<Kept<R>>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = conn.backend().pick(FIND_ALL_SQLITE, FIND_ALL_POSTGRES);
    let ids = id_array(ids.into_iter());
    let rows: Vec<Row> = on!(conn, |c| sqlx::query_as(sql).bind(R::KIND).bind(ids).fetch_all(c).await)?;
    Ok(leave_out(rows.into_iter().map(Kept::try_from)))
}

/// Which of these rules exist; they do until the transaction ends.
pub async fn hold<R: Rule>(conn: &mut WriteConn, ids: Vec<Uuid>) -> StoreResult<Vec<Uuid>> {
    if ids.is_empty() {
        return Ok(ids);
    }
    let sql = conn.backend().pick(HOLD_SQLITE, HOLD_POSTGRES);
    let ids = id_array(ids.into_iter());
    Ok(on!(conn, |c| sqlx::query_scalar(sql).bind(R::KIND).bind(ids).fetch_all(c).await)?)
}

/// How many rules of a kind there are.
pub async fn count<R: Rule>(conn: &mut Conn) -> StoreResult<i64> {
    Ok(on!(conn, |c| sqlx::query_scalar(COUNT).bind(R::KIND).fetch_one(c).await)?)
}

fn document<R: Rule>(rule: &R) -> StoreResult<String> {
    serde_json::to_string(rule).map_err(|_| inconsistent("rules", rule.name(), "cannot be written"))
}

/// Inserts a new rule.
///
/// # Errors
/// [`StoreError::Duplicate`] if the name is taken.
pub async fn insert<R: Rule>(conn: &mut WriteConn, id: Uuid, rule: &R) -> StoreResult<()> {
    let document = document(rule)?;
    on!(conn, |c| {
        let query = sqlx::query(INSERT).bind(R::KIND).bind(id).bind(rule.name()).bind(document);
        query.execute(c).await.map(|_| ())
    })?;
    Ok(())
}

/// Updates a rule. `version` is the version that was read.
///
/// # Errors
/// [`StoreError::Stale`] if it has another version by now or is gone,
/// [`StoreError::Duplicate`] if the name is taken.
pub async fn update<R: Rule>(conn: &mut WriteConn, kept: &Kept<R>) -> StoreResult<()> {
    let document = document(&kept.rule)?;
    let changed = on!(conn, |c| {
        sqlx::query(UPDATE)
            .bind(R::KIND)
            .bind(kept.id)
            .bind(kept.version)
            .bind(kept.rule.name())
            .bind(document)
            .execute(c)
            .await
            .map(|done| done.rows_affected())
    })?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

/// Deletes a rule. Gives whether there was one.
pub async fn delete<R: Rule>(conn: &mut WriteConn, id: Uuid) -> StoreResult<bool> {
    let deleted = on!(conn, |c| {
        let query = sqlx::query(DELETE).bind(R::KIND).bind(id);
        query.execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(deleted > 0)
}
