//! Places that are held for callbacks to come. A hold that has expired counts for nothing, whether
//! or not its row is there.

use ringback_domain::{PhoneNumber, ServiceId, Timestamp};
use uuid::Uuid;

use super::error::inconsistent;
use super::{Conn, StoreError, StoreResult, WriteConn, locks, on};

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The hash of its token.
    pub hash: Vec<u8>,
    /// The service that is to call back.
    pub service: ServiceId,
    /// The time that is held.
    pub at: Timestamp,
    /// The number that it is for, if that is known.
    pub number: Option<PhoneNumber>,
    /// The key or person who made it, and from where.
    pub holder: Holder,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Who holds a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The owner of the credential.
    pub owner: String,
    /// The address of the client; empty where it is unknown.
    pub address: String,
}

/// How many holds there are, and when the first of them ends.
pub type Live = (u64, Option<Timestamp>);

const FIND: &str = "SELECT hash, service_id, at, customer_number, owner, address, created_at, expires_at \
     FROM holds WHERE hash = $1 AND expires_at > $2";
const INSERT: &str = "INSERT INTO holds \
     (hash, service_id, at, customer_number, owner, address, created_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const EXTEND: &str = "UPDATE holds SET expires_at = $2 WHERE hash = $1";
const TAKE: &str = "DELETE FROM holds WHERE hash = $1 AND expires_at > $2";
const OF_HOLDER: &str =
    "SELECT COUNT(*), MIN(expires_at) FROM holds WHERE owner = $1 AND address = $2 AND expires_at > $3";
const OF_NUMBER: &str =
    "SELECT COUNT(*), MIN(expires_at) FROM holds WHERE customer_number = $1 AND expires_at > $2";
const PURGE: &str = "DELETE FROM holds WHERE hash IN \
     (SELECT hash FROM holds WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";

#[derive(sqlx::FromRow)]
struct Row {
    hash: Vec<u8>,
    service_id: Uuid,
    at: i64,
    customer_number: Option<String>,
    owner: String,
    address: String,
    created_at: i64,
    expires_at: i64,
}

impl TryFrom<Row> for Hold {
    type Error = StoreError;

    fn try_from(row: Row) -> StoreResult<Self> {
        let number = row.customer_number.map(PhoneNumber::try_from).transpose();
        Ok(Self {
            service: ServiceId(row.service_id),
            at: Timestamp::from_micros(row.at),
            number: number.map_err(|_| inconsistent("holds", row.service_id, "customer_number"))?,
            holder: Holder { owner: row.owner, address: row.address },
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            hash: row.hash,
        })
    }
}

/// Keeps others from holding for the same holder, and for the same number, until the
/// transaction ends.
pub async fn lock(conn: &mut WriteConn, holder: &Holder, number: Option<&PhoneNumber>) -> StoreResult<()> {
    if let Some(number) = number {
        locks::take(conn, format!("hold number {number}")).await?;
    }
    locks::take(conn, format!("hold holder {} {}", holder.owner, holder.address)).await
}

/// The hold of this token, unless it has expired.
pub async fn find(conn: &mut Conn, hash: &[u8], now: Timestamp) -> StoreResult<Option<Hold>> {
    let row: Option<Row> =
        on!(conn, |c| sqlx::query_as(FIND).bind(hash).bind(now.micros()).fetch_optional(c).await)?;
    row.map(Hold::try_from).transpose()
}

/// The live holds of a holder.
pub async fn of_holder(conn: &mut Conn, holder: &Holder, now: Timestamp) -> StoreResult<Live> {
    let row: (i64, Option<i64>) = on!(conn, |c| {
        let query = sqlx::query_as(OF_HOLDER).bind(&holder.owner).bind(&holder.address);
        query.bind(now.micros()).fetch_one(c).await
    })?;
    live(row)
}

/// The live holds for a number.
pub async fn of_number(conn: &mut Conn, number: &PhoneNumber, now: Timestamp) -> StoreResult<Live> {
    let row: (i64, Option<i64>) = on!(conn, |c| {
        sqlx::query_as(OF_NUMBER).bind(number.as_str()).bind(now.micros()).fetch_one(c).await
    })?;
    live(row)
}

fn live((count, first): (i64, Option<i64>)) -> StoreResult<Live> {
    let count = u64::try_from(count).map_err(|_| inconsistent("holds", count, "count"))?;
    Ok((count, first.map(Timestamp::from_micros)))
}

/// Keeps a new hold.
pub async fn insert(conn: &mut WriteConn, hold: &Hold) -> StoreResult<()> {
    on!(conn, |c| {
        sqlx::query(INSERT)
            .bind(&hold.hash)
            .bind(hold.service.0)
            .bind(hold.at.micros())
            .bind(hold.number.as_ref().map(PhoneNumber::as_str))
            .bind(&hold.holder.owner)
            .bind(&hold.holder.address)
            .bind(hold.created_at.micros())
            .bind(hold.expires_at.micros())
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// Gives a hold another end.
pub async fn extend(conn: &mut WriteConn, hash: &[u8], until: Timestamp) -> StoreResult<()> {
    on!(conn, |c| sqlx::query(EXTEND).bind(hash).bind(until.micros()).execute(c).await.map(drop))?;
    Ok(())
}

/// Removes a hold that has not expired. Gives whether there was one: of several callers one has it.
pub async fn take(conn: &mut WriteConn, hash: &[u8], now: Timestamp) -> StoreResult<bool> {
    let taken = on!(conn, |c| {
        let query = sqlx::query(TAKE).bind(hash).bind(now.micros());
        query.execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(taken > 0)
}

/// Removes holds that have expired, at most so many. Gives how many.
pub async fn purge(conn: &mut WriteConn, now: Timestamp, limit: i64) -> StoreResult<u64> {
    Ok(on!(conn, |c| {
        let query = sqlx::query(PURGE).bind(now.micros()).bind(limit);
        query.execute(c).await.map(|done| done.rows_affected())
    })?)
}
