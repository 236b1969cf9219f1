//! The store behaves alike on both databases.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::{join, join_all};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ringback_api::app::App;
use ringback_api::auth::Grant;
use ringback_api::command::sweep::{self, Leftover};
use ringback_api::command::{self, Audit, Tx};
use ringback_api::error::Error;
use ringback_api::store::bulk::Selected;
use ringback_api::store::bulk_reschedule::{Item, Proposal};
use ringback_api::store::feed::Position;
use ringback_api::store::holds::{self, Hold, Holder};
use ringback_api::store::idempotency::{self, IdempotencyKey};
use ringback_api::store::list::{self, Selection, Start};
use ringback_api::store::{Conn, Store, StoreError, WriteConn, callbacks, feed};
use ringback_api::worker::retention;
use ringback_domain::callback::Callback;
use ringback_domain::retention::AUDIT_DAYS;
use ringback_domain::wire::bulk_reschedule::{MoveOutcome, SpreadRange};
use ringback_domain::wire::list::Sort;
use ringback_domain::{Actor, CallbackId, State, StateName, Timestamp, VisibleServices};
use ringback_tests::{Backend, TestApp};
use rstest::rstest;
use sqlx::{Connection, Executor};

use crate::store_setup::{CallbackSpec, Cluster, migrate};

/// Numbers have a table of their own on each database, and not the same.
const SQLITE_COLUMNS: &str = "SELECT t.name || '.' || c.name || CASE WHEN c.\"notnull\" THEN ' NOT NULL' ELSE '' END \
     FROM sqlite_master t, pragma_table_xinfo(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' \
     AND t.name NOT LIKE '_sqlx%' AND t.name NOT LIKE 'callback_numbers%'";
const POSTGRES_COLUMNS: &str = "SELECT table_name || '.' || column_name || \
     CASE WHEN is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END FROM information_schema.columns \
     WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%' AND table_name <> 'callback_numbers'";
/// Every index but SQLite's own: the columns of unique ones, the names of others.
const SQLITE_UNIQUE: &str = "SELECT t.name || ' (' || (SELECT group_concat(name, ', ') FROM \
     (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) || ')' FROM sqlite_master t, \
     pragma_index_list(t.name) i WHERE t.type = 'table' AND i.\"unique\" AND t.name NOT LIKE '_sqlx%' \
     AND t.name NOT LIKE 'callback_numbers%'";
const POSTGRES_UNIQUE: &str = "SELECT c.relname || ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY k.place) \
     FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place) \
     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number) || ')' \
     FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE i.indisunique AND n.nspname = 'public' AND c.relname NOT LIKE '\\_sqlx%' \
     AND c.relname <> 'callback_numbers'";
const SQLITE_INDEXES: &str = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL";
const POSTGRES_INDEXES: &str = "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public' \
     AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key' AND indexname <> 'callback_number_parts'";

async fn names(url: &str, sqlite: &'static str, postgres: &'static str) -> BTreeSet<String> {
    let names: Vec<String> = if url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(url).await.unwrap();
        sqlx::query_scalar(sqlite).fetch_all(&pool).await.unwrap()
    } else {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        sqlx::query_scalar(postgres).fetch_all(&pool).await.unwrap()
    };
    names.into_iter().collect()
}

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_and_keys() {
    let sqlite = Backend::Sqlite.database(migrate).await;
    let postgres = Backend::Postgres.database(migrate).await;
    let columns = async |url: &str| names(url, SQLITE_COLUMNS, POSTGRES_COLUMNS).await;
    let (mut ours, theirs) = (columns(sqlite.url()).await, columns(postgres.url()).await);
    // SQLite's row number cannot be null, and its catalogue does not say so.
    assert!(ours.remove("timeline.seq"));
    ours.insert("timeline.seq NOT NULL".to_owned());
    // Its table of numbers is found by row.
    assert!(ours.remove("callbacks.number_row"));
    assert_eq!(ours, theirs);

    let unique = async |url: &str| names(url, SQLITE_UNIQUE, POSTGRES_UNIQUE).await;
    let mut ours = unique(sqlite.url()).await;
    // SQLite finds by row number without an index.
    ours.extend(["audit (number)", "audit_waiting (seq)"].map(str::to_owned));
    assert_eq!(ours, unique(postgres.url()).await);

    let indexes = async |url: &str| names(url, SQLITE_INDEXES, POSTGRES_INDEXES).await;
    let mut ours = indexes(sqlite.url()).await;
    // SQLite reads each queue by itself instead.
    ours.insert("callbacks_ready_anywhere".to_owned());
    assert_eq!(ours, indexes(postgres.url()).await);
}

#[rstest]
#[tokio::test]
async fn two_nodes_can_migrate_an_empty_database_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = backend.database(async |_: &str| {}).await;
    let (one, other) =
        (Store::connect(database.url()).await.unwrap(), Store::connect(database.url()).await.unwrap());
    let (first, second) = join(one.migrate(), other.migrate()).await;
    first.unwrap();
    second.unwrap();
    assert!(one.is_migrated().await.unwrap() && other.is_migrated().await.unwrap());
    one.close().await;
    other.close().await;
}

#[rstest]
#[actix_web::test]
async fn a_reader_of_the_feed_misses_no_change_of_concurrent_writers(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    const WRITERS: usize = 8;
    const EACH: usize = 60;
    let cluster = Cluster::new(backend).await;
    let start = feed::last(&mut cluster.nodes[0].store.read().await.unwrap()).await.unwrap();
    let callbacks = cluster.create_in_state(WRITERS * EACH, StateName::Scheduled).await;
    let write = async |number: usize, part: &[Callback]| {
        for callback in part {
            let (callback, now) = (callback.clone(), cluster.now());
            let work = cluster.nodes[number % 2].store.transact(async move |conn| {
                let submitted = callback.submit(0, &Actor::system("test"), now).unwrap();
                callbacks::save(conn, &[submitted]).await?;
                // A longer transaction, so that later ones are committed before it.
                for _ in 0..number {
                    feed::last(conn).await?;
                }
                Ok::<_, StoreError>(())
            });
            work.await.unwrap();
        }
    };
    let writers = join_all(callbacks.chunks(EACH).enumerate().map(|(number, part)| write(number, part)));
    let follow = async {
        let (mut position, mut seen) = (start, Vec::new());
        while seen.len() < 2 * WRITERS * EACH {
            let mut conn = cluster.nodes[1].store.read().await.unwrap();
            let changes = feed::after(&mut conn, position, 7).await.unwrap();
            if let Some(last) = changes.last() {
                assert!(last.position > position);
                position = last.position;
            }
            seen.extend(changes.into_iter().map(|change| change.callback_id));
            tokio::task::yield_now().await;
        }
        (position, seen)
    };
    let (_, (position, mut seen)) = join(writers, follow).await;
    let mut conn = cluster.nodes[0].store.read().await.unwrap();
    assert!(feed::after(&mut conn, position, 10).await.unwrap().is_empty());
    drop(conn);
    // Each callback was created and submitted.
    let mut expected: Vec<_> = callbacks.iter().flat_map(|one| [one.id.0; 2]).collect();
    seen.sort_unstable();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    cluster.close().await;
}

/// The ids in this order, sorted without the database.
fn sorted(mut all: Vec<Callback>, sort: Sort, services: &[ringback_domain::ServiceId]) -> Vec<CallbackId> {
    let place = |id| services.iter().position(|one| *one == id).unwrap();
    let key = |one: &Callback| match sort {
        Sort::DesiredTime | Sort::DesiredTimeDescending => (0, one.desired_time),
        Sort::CreatedAt | Sort::CreatedAtDescending => (0, one.created_at),
        Sort::UpdatedAt | Sort::UpdatedAtDescending => (0, one.updated_at),
        Sort::State | Sort::StateDescending => (one.state.name() as usize, one.desired_time),
        Sort::Service | Sort::ServiceDescending => (place(one.request.service_id), one.desired_time),
        Sort::CustomerNumber | Sort::CustomerNumberDescending => {
            let digits = one.request.customer_number.as_str().trim_start_matches('+');
            (format!("{digits:0<15}").parse().unwrap(), Timestamp::from_micros(0))
        }
        Sort::CompletedAt | Sort::CompletedAtDescending => match &one.state {
            State::Completed(completion) => (0, completion.completed_at),
            _ => (1, Timestamp::from_micros(0)),
        },
        Sort::Priority | Sort::PriorityDescending => {
            (one.request.priority.try_into().unwrap(), Timestamp::from_micros(0))
        }
    };
    all.sort_by_key(|one| (key(one), one.id));
    let descending = [
        Sort::DesiredTimeDescending,
        Sort::CreatedAtDescending,
        Sort::UpdatedAtDescending,
        Sort::StateDescending,
        Sort::ServiceDescending,
        Sort::CustomerNumberDescending,
        Sort::CompletedAtDescending,
        Sort::PriorityDescending,
    ];
    if descending.contains(&sort) {
        all.reverse();
    }
    all.into_iter().map(|one| one.id).collect()
}

#[rstest]
#[actix_web::test]
async fn pages_add_up_to_the_whole_list_forwards_and_backwards(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let mut rng = StdRng::seed_from_u64(3);
    let mut all = Vec::new();
    for state in [StateName::Scheduled, StateName::Queued, StateName::Completed] {
        let specs: Vec<CallbackSpec> = (0..70)
            .map(|_| CallbackSpec {
                service: cluster.services[rng.random_range(0..2)],
                // Many share a time, so that ids decide the order.
                due: cluster.now().plus_seconds(rng.random_range(-20..20)),
                priority: rng.random_range(0..3),
            })
            .collect();
        all.extend(cluster.create(&specs, state).await);
    }
    let mut conn = cluster.nodes[0].store.read().await.unwrap();
    let cache = list::RowCache::default();
    let several = vec![StateName::Completed, StateName::Scheduled];
    for states in [Vec::new(), several] {
        let selection = Selection { states: states.clone(), ..Selection::default() };
        let chosen = all.iter().filter(|one| states.is_empty() || states.contains(&one.state.name()));
        let chosen: Vec<Callback> = chosen.cloned().collect();
        // Read in full, then as heads, then from the cache.
        let three_times = Sort::ALL.into_iter().flat_map(|sort| [sort; 3]);
        for sort in three_times {
            let expected = sorted(chosen.clone(), sort, &cluster.services);
            let mut forwards = Vec::new();
            let mut page =
                list::page(&mut conn, &cache, &selection, sort, Start::First, 17, &cluster.services)
                    .await
                    .unwrap();
            assert!(page.previous.is_none());
            let mut last = page.rows.clone();
            loop {
                forwards.extend(page.rows.iter().map(|row| row.id));
                let Some(next) = page.next else { break };
                page =
                    list::page(&mut conn, &cache, &selection, sort, Start::At(next), 17, &cluster.services)
                        .await
                        .unwrap();
                last.clone_from(&page.rows);
            }
            assert_eq!(forwards, expected, "{sort:?} of {states:?}");
            let mut backwards: Vec<CallbackId> = last.iter().map(|row| row.id).collect();
            while let Some(previous) = page.previous {
                page = list::page(
                    &mut conn,
                    &cache,
                    &selection,
                    sort,
                    Start::At(previous),
                    17,
                    &cluster.services,
                )
                .await
                .unwrap();
                backwards.splice(0..0, page.rows.iter().map(|row| row.id));
            }
            assert_eq!(backwards, expected, "{sort:?} of {states:?}, backwards");
        }
    }
    drop(conn);
    cluster.close().await;
}

#[rstest]
#[actix_web::test]
async fn failed_work_is_rolled_back_without_affecting_its_batch(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    let callbacks = cluster.create_in_state(120, StateName::Scheduled).await;
    // Concurrently, so that SQLite's writer commits several together.
    let outcomes = join_all(callbacks.iter().enumerate().map(async |(number, callback)| {
        let (callback, now) = (callback.clone(), cluster.now());
        cluster.nodes[0]
            .store
            .transact(async move |conn| {
                let submitted = callback.submit(0, &Actor::system("test"), now).unwrap();
                callbacks::save(conn, &[submitted]).await?;
                if number % 3 == 0 { Err(Error::NotFound("reason")) } else { Ok(()) }
            })
            .await
    }))
    .await;
    for (number, (callback, outcome)) in callbacks.iter().zip(outcomes).enumerate() {
        let mut conn = cluster.nodes[1].store.read().await.unwrap();
        let found = callbacks::find(&mut conn, callback.id, &VisibleServices::All).await.unwrap().unwrap();
        drop(conn);
        assert_eq!(outcome.is_ok(), number % 3 != 0);
        let expected = if number % 3 == 0 { StateName::Scheduled } else { StateName::Queued };
        assert_eq!(found.state.name(), expected);
        assert_eq!(cluster.actions(callback.id).await.len(), if number % 3 == 0 { 1 } else { 2 });
    }
    cluster.close().await;
}

/// The number of rows about callbacks, by table.
const ROWS: &str = "SELECT 'callbacks ' || COUNT(*) FROM callbacks UNION ALL SELECT 'timeline ' || COUNT(*) \
     FROM timeline UNION ALL SELECT 'numbers ' || COUNT(*) FROM callback_numbers";

#[rstest]
#[actix_web::test]
async fn removing_a_record_removes_all_rows_about_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let cluster = Cluster::new(backend).await;
    cluster.create_in_state(3, StateName::Completed).await;
    let later =
        CallbackSpec { service: cluster.services[0], due: cluster.now().plus_seconds(86_400), priority: 0 };
    cluster.create(&[later], StateName::Completed).await;
    let rows = async || names(cluster.database.url(), ROWS, ROWS).await;
    let expected = ["callbacks 4", "timeline 8", "numbers 4"];
    assert_eq!(rows().await, expected.map(str::to_owned).into());

    cluster.clock.advance_seconds(14 * 86_400 + 1);
    retention::round(&cluster.nodes[0].workers).await.unwrap();
    let expected = ["callbacks 1", "timeline 2", "numbers 1"];
    assert_eq!(rows().await, expected.map(str::to_owned).into());
    cluster.close().await;
}

#[tokio::test]
async fn a_restored_database_begins_another_feed() {
    let cluster = Cluster::new(Backend::Postgres).await;
    cluster.create_in_state(3, StateName::Scheduled).await;
    let epochs = cluster.nodes.each_ref().map(|node| node.queries.feed_epoch.clone());
    assert_eq!(epochs[0], epochs[1]);
    let ahead = "UPDATE server_state SET value = 'elsewhere:1' WHERE name = 'feed_database'; \
         UPDATE timeline SET tx = tx + 1000000000";
    let mut conn = sqlx::PgConnection::connect(cluster.database.url()).await.unwrap();
    conn.execute(sqlx::raw_sql(ahead)).await.unwrap();
    let store = Store::connect(cluster.database.url()).await.unwrap();
    let restored = App::new(store, cluster.clock.clone(), AUDIT_DAYS).await.unwrap();
    assert_ne!(restored.queries.feed_epoch, epochs[0]);

    let mut conn = restored.store.read().await.unwrap();
    let before = feed::last(&mut conn).await.unwrap();
    let created = cluster.create_in_state(1, StateName::Scheduled).await;
    let after = feed::after(&mut conn, before, 10).await.unwrap();
    assert_eq!(after.iter().map(|change| change.callback_id).collect::<Vec<_>>(), [created[0].id.0]);
    assert_eq!(feed::after(&mut conn, Position::default(), 10).await.unwrap().len(), 4, "none is lost");
    drop(conn);
    restored.store.close().await;
    cluster.close().await;
}

/// Steps of SQLite's machine for a command that finds so many completed records of one
/// number, so many days after they were made. Gives what the command did, too.
async fn steps_of<F>(records: usize, days: i64, work: F) -> (u64, u64)
where
    F: AsyncFn(&mut Tx<'_>) -> Result<u64, Error> + Send + Sync + 'static,
{
    let cluster = Cluster::new(Backend::Sqlite).await;
    cluster.create_in_state(records, StateName::Completed).await;
    cluster.clock.advance_seconds(days * 86_400);
    let steps = Arc::new(AtomicU64::new(0));
    let ticks = Arc::clone(&steps);
    let watch = async move |conn: &mut WriteConn| {
        if let Conn::Sqlite(conn) = &mut **conn {
            conn.lock_handle().await.unwrap().set_progress_handler(100, move || {
                ticks.fetch_add(1, Ordering::SeqCst);
                true
            });
        }
        Ok::<_, Error>(())
    };
    let node = &cluster.nodes[0];
    node.store.transact(watch).await.unwrap();
    steps.store(0, Ordering::SeqCst);
    let done = node.commands.change(Audit::None, &Grant::system("test"), work).await.unwrap();
    let counted = steps.load(Ordering::SeqCst);
    cluster.close().await;
    (counted, done)
}

/// What SQLite says of a setting of a connection.
async fn pragma(conn: &mut Conn, statement: &'static str) -> i64 {
    let Conn::Sqlite(conn) = conn else { panic!("a connection to SQLite") };
    sqlx::query_scalar(statement).fetch_one(&mut **conn).await.unwrap()
}

#[tokio::test]
async fn sqlite_maps_no_file_and_cuts_its_log_short() {
    const MEBIBYTE: i64 = 1 << 20;
    let cluster = Cluster::new(Backend::Sqlite).await;
    let mut conn = cluster.nodes[0].store.read().await.unwrap();
    assert_eq!(pragma(&mut conn, "PRAGMA mmap_size").await, 0, "a fault of the disk would end the process");
    let limit = pragma(&mut conn, "PRAGMA journal_size_limit").await;
    assert!((1..=64 * MEBIBYTE).contains(&limit), "{limit} bytes");
    drop(conn);
    cluster.close().await;
}

#[tokio::test]
async fn removal_costs_the_same_however_many_records_share_a_number() {
    let purge = async |tx: &mut Tx<'_>| sweep::purge(tx).await;
    let (few, many) = (steps_of(200, 15, purge).await, steps_of(2_000, 15, purge).await);
    assert!(many.0 < few.0 * 3 / 2, "{} steps with 200 records, {} with 2,000", few.0, many.0);
    assert_eq!([few.1, many.1].map(|removed| i64::try_from(removed).unwrap()), [sweep::REMOVAL_CHUNK; 2]);
}

#[tokio::test]
async fn looking_for_what_was_never_made_does_not_read_what_was() {
    let expire = async |tx: &mut Tx<'_>| Ok(sweep::expire_records(tx).await? as u64);
    let (few, many) = (steps_of(20, 12, expire).await, steps_of(2_000, 12, expire).await);
    assert!(many.0 <= few.0 + 1, "{} hundred steps with 20 records, {} with 2,000", few.0, many.0);
    assert_eq!([few.1, many.1], [0, 0]);
}

#[rstest]
#[tokio::test]
async fn leftovers_go_a_chunk_at_a_time(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let cluster = Cluster::new(backend).await;
    let node = &cluster.nodes[0];
    let (now, service) = (cluster.now(), cluster.services[0]);
    let fill = async move |conn: &mut WriteConn| {
        for number in 0..600 {
            let key =
                IdempotencyKey { owner: "kim".to_owned(), key: number.to_string(), fingerprint: vec![1] };
            idempotency::keep(conn, &key, "{}", now).await?;
            let holder = Holder { owner: "kim".to_owned(), address: String::new() };
            let hash = format!("{number}").into_bytes();
            let (created_at, expires_at) = (now, now.plus_seconds(120));
            let hold = Hold { hash, service, at: now, number: None, holder, created_at, expires_at };
            holds::insert(conn, &hold).await?;
        }
        Ok::<_, Error>(())
    };
    node.store.transact(fill).await.unwrap();
    let job = async |tx: &mut Tx<'_>| {
        let ids = (0..600).map(|_| CallbackId(tx.new_id())).collect();
        let selected = Selected { not_permitted: ids, ..Selected::default() };
        command::bulk::create(tx, &selected, true, None).await
    };
    node.commands.change(Audit::None, &Grant::system("test"), job).await.unwrap();
    let job = async |tx: &mut Tx<'_>| {
        let item = |number| Item {
            number,
            callback: CallbackId(tx.new_id()),
            selected: None,
            moved_to: None,
            outcome: Some(MoveOutcome::NotPermitted),
            undo_outcome: None,
        };
        let proposal = Proposal { items: (1..=600).map(item).collect(), ..Proposal::default() };
        let into = SpreadRange { from: tx.now(), to: tx.now() };
        command::bulk_reschedule::create(tx, &proposal, into, false).await
    };
    node.commands.change(Audit::None, &Grant::system("test"), job).await.unwrap();
    cluster.clock.advance_seconds(15 * 86_400);
    for leftover in Leftover::ALL {
        let purge = async move |tx: &mut Tx<'_>| sweep::purge_leftover(tx, leftover).await;
        let mut chunks = Vec::new();
        while chunks.last() != Some(&0) {
            chunks.push(node.commands.change(Audit::None, &Grant::system("test"), purge).await.unwrap());
        }
        assert!(chunks.iter().all(|chunk| *chunk <= 510), "{leftover:?}: {chunks:?}");
        let expected = match leftover {
            Leftover::IdempotencyKeys | Leftover::Holds => 600,
            Leftover::Reports | Leftover::BulkReschedules => 601,
            Leftover::NameRecordings | Leftover::Sessions | Leftover::LogInAttempts | Leftover::Keys => 0,
        };
        assert_eq!(chunks.iter().sum::<u64>(), expected, "{leftover:?}: {chunks:?}");
    }
    cluster.close().await;
}

#[rstest]
#[tokio::test]
async fn a_task_that_asks_for_a_second_connection_panics(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend).await;
    let asked = app
        .inside(async |app| {
            let (store, other) = (app.store.clone(), app.store.clone());
            let second = tokio::task::spawn_local(async move {
                let _first = store.read().await.unwrap();
                drop(store.read().await);
            });
            let after = tokio::task::spawn_local(async move {
                drop(other.read().await.unwrap());
                other.read().await.is_ok()
            });
            (second.await, after.await)
        })
        .await;
    assert!(asked.0.unwrap_err().is_panic());
    assert!(asked.1.unwrap(), "one after the other is as it should be");
}
