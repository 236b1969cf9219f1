//! Generates millions of callbacks inside the database.

use ringback_domain::Timestamp;
use uuid::Uuid;

use crate::client::Result;
use crate::database::{Backend, Database, Pool};

/// Rows per transaction.
const CHUNK: usize = 100_000;

/// Callbacks to insert.
#[derive(Clone, Debug)]
pub(crate) struct Batch<'a> {
    /// Number of the first row; ids are derived from the number.
    pub(crate) first: usize,
    pub(crate) rows: usize,
    /// The present, as the rows see it.
    pub(crate) now: Timestamp,
    /// The services that the rows are spread over.
    pub(crate) services: &'a [Uuid],
    pub(crate) kind: Kind,
}

/// The state and desired time of the callbacks in a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Of all states, within 14 days before and after now.
    Mixed,
    /// QUEUED, with the same desired times.
    Queued,
    /// SCHEDULED, between a day and 14 days from now.
    Waiting,
    /// SCHEDULED, all for this time.
    DueAt(Timestamp),
    /// SCHEDULED from this time on, with this many per second.
    DueFrom(Timestamp, i64),
}

/// The SQL that differs between the two databases.
struct Dialect {
    numbers: &'static str,
    id: fn(&str, &str) -> String,
    pad: fn(&str) -> String,
    least: &'static str,
}

const SQLITE: Dialect = Dialect {
    numbers: "WITH RECURSIVE numbers (n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM numbers WHERE n < {to})",
    id: |millis, n| format!("unhex(printf('%012x7%03x8%015x', {millis}, {n} % 4096, {n}))"),
    pad: |digits| format!("printf('%09d', {digits})"),
    least: "MIN",
};
const POSTGRES: Dialect = Dialect {
    numbers: "WITH numbers (n) AS (SELECT generate_series({from}::bigint, {to}::bigint))",
    id: |millis, n| {
        format!(
            "(lpad(to_hex({millis}), 12, '0') || '7' || lpad(to_hex({n} % 4096), 3, '0') || '8' || \
             lpad(to_hex({n}), 15, '0'))::uuid"
        )
    },
    pad: |digits| format!("lpad(({digits})::text, 9, '0')"),
    least: "LEAST",
};

impl Kind {
    /// The desired time and the state, as SQL over the row's number `n`, the
    /// hash `h` and the spread `s`.
    fn columns(self, first: usize, now: i64) -> (String, String) {
        // 13.96 days either way: an hour less than 14 days, so that no record
        // expires or becomes due during the run. What waits is at most 10 days
        // old, or it would be given up.
        let spread = format!("{now} - 1206000000000 + s * 1000000 + h % 1000000");
        let waiting = format!("{now} - (s % 864000) * 1000000 - h % 1000000");
        match self {
            Self::Mixed => (
                spread,
                format!(
                    "CASE WHEN desired_time > {now} THEN (CASE WHEN h % 20 = 0 THEN 'COMPLETED' ELSE 'SCHEDULED' END) \
                     WHEN h % 500 < 2 AND desired_time > {now} - 864000000000 THEN 'QUEUED' ELSE 'COMPLETED' END"
                ),
            ),
            Self::Queued => (waiting, "'QUEUED'".to_owned()),
            Self::Waiting => {
                (format!("{now} + 86400000000 + (h % 1119600) * 1000000"), "'SCHEDULED'".to_owned())
            }
            Self::DueAt(at) => (at.micros().to_string(), "'SCHEDULED'".to_owned()),
            Self::DueFrom(at, per_second) => (
                format!("{} + (n - {first}) * {}", at.micros(), 1_000_000 / per_second),
                "'SCHEDULED'".to_owned(),
            ),
        }
    }
}

/// The statement that inserts the rows `from..=to` of a batch. It uses only
/// columns that every build has.
fn insert(backend: Backend, batch: &Batch<'_>, from: usize, to: usize) -> String {
    let dialect = match backend {
        Backend::Sqlite => SQLITE,
        Backend::Postgres => POSTGRES,
    };
    let now = batch.now.micros();
    let numbers = dialect.numbers.replace("{from}", &from.to_string()).replace("{to}", &to.to_string());
    let (id, number) = ((dialect.id)("created_at / 1000", "n"), (dialect.pad)("h % 1000000000"));
    let least = dialect.least;
    let arms = batch.services.iter().enumerate();
    let arms: Vec<_> = arms.map(|(index, id)| format!("WHEN {index} THEN {}", backend.id(*id))).collect();
    let service = format!("CASE n % {} {} END", batch.services.len(), arms.join(" "));
    let (desired_time, state) = batch.kind.columns(batch.first, now);
    format!(
        "{numbers}, hashed AS (SELECT n, (n * 2654435761 + 12345) % 4294967291 AS h, \
             (n * 40503 + 7919) % 2411999 AS s FROM numbers), \
         timed AS (SELECT n, h, {desired_time} AS desired_time FROM hashed), \
         made AS (SELECT n, h, desired_time, {least}(desired_time, {now}) - (h % 172800) * 1000000 AS created_at, \
             {state} AS state FROM timed), \
         changed AS (SELECT n, h, desired_time, created_at, state, CASE WHEN state = 'SCHEDULED' THEN created_at \
             ELSE {least}(desired_time + (h % 600) * 1000000, {now}) END AS updated_at FROM made) \
         INSERT INTO callbacks (id, service_id, customer_number, callback_type, queue_arrival, language, priority, \
             origin, created_at, desired_time, desired_window_seconds, expires_at, reschedule_count, attempts_made, \
             state, queued_at, agent, reserved_at, connected_at, completed_at, result, updated_at, version) \
         SELECT {id}, {service}, '+442' || {number}, 'scheduled', desired_time, 'en-GB', 0, 'api', created_at, \
             desired_time, 120, desired_time + 1209600000000, 0, CASE WHEN state = 'COMPLETED' THEN 1 ELSE 0 END, \
             state, CASE WHEN state = 'SCHEDULED' THEN NULL ELSE desired_time END, \
             CASE WHEN state = 'COMPLETED' THEN 'agent-' || (h % 500) END, \
             CASE WHEN state = 'COMPLETED' THEN updated_at END, \
             CASE WHEN state = 'COMPLETED' THEN updated_at END, \
             CASE WHEN state = 'COMPLETED' THEN updated_at END, \
             CASE WHEN state <> 'COMPLETED' THEN NULL WHEN h % 10 < 8 THEN 'AGENT_CONNECTED' \
                 WHEN h % 10 = 8 THEN 'CANCELLED_BY_ADMIN' ELSE 'FAIL_CALL_TO_CUSTOMER' END, \
             updated_at, 4 FROM changed"
    )
}

/// Inserts a batch into a table with its indexes.
pub(crate) async fn add(database: &Database, batch: &Batch<'_>) -> Result<()> {
    let pool = database.connect().await?;
    write(database.backend, &pool, batch).await?;
    let maintenance = match database.backend {
        Backend::Sqlite => "PRAGMA wal_checkpoint(TRUNCATE)",
        Backend::Postgres => "ANALYZE callbacks",
    };
    pool.run(maintenance).await?;
    pool.close().await;
    Ok(())
}

/// Fills the empty table, and creates its indexes afterwards.
pub(crate) async fn fill(database: &Database, batch: &Batch<'_>) -> Result<()> {
    let pool = database.connect().await?;
    let (names, definitions) = match database.backend {
        Backend::Sqlite => (
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'callbacks' AND sql IS NOT NULL",
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'callbacks' AND sql IS NOT NULL",
        ),
        Backend::Postgres => (
            "SELECT indexname::text FROM pg_indexes WHERE tablename = 'callbacks' AND indexdef NOT LIKE '%UNIQUE%'",
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'callbacks' AND indexdef NOT LIKE '%UNIQUE%'",
        ),
    };
    let (names, definitions) = (pool.texts(names).await?, pool.texts(definitions).await?);
    for name in names {
        pool.run(&format!("DROP INDEX {name}")).await?;
    }
    write(database.backend, &pool, batch).await?;
    for index in definitions {
        pool.run(&index).await?;
    }
    let maintenance = match database.backend {
        Backend::Sqlite => "ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)",
        Backend::Postgres => "VACUUM ANALYZE",
    };
    pool.run(maintenance).await?;
    pool.close().await;
    Ok(())
}

async fn write(backend: Backend, pool: &Pool, batch: &Batch<'_>) -> Result<()> {
    let end = batch.first + batch.rows;
    let mut from = batch.first;
    while from < end {
        let to = (from + CHUNK).min(end) - 1;
        pool.run(&insert(backend, batch, from, to)).await?;
        from = to + 1;
    }
    Ok(())
}
