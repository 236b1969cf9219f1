//! Callbacks by the million, made by the database itself.

use ringback_api::store::Backend;

/// What differs between the two in the statement below.
struct Words {
    numbers: &'static str,
    id: fn(&str, &str) -> String,
    pad: fn(&str) -> String,
    least: &'static str,
    service: fn(&str) -> String,
}

const SQLITE: Words = Words {
    numbers: "WITH RECURSIVE numbers (n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM numbers WHERE n < {to})",
    id: |millis, n| format!("unhex(printf('%012x7%03x8%015x', {millis}, {n} % 4096, {n}))"),
    pad: |digits| format!("printf('%09d', {digits})"),
    least: "MIN",
    service: |index| format!("unhex(printf('0000000000007000800000000000%04x', {index}))"),
};
const POSTGRES: Words = Words {
    numbers: "WITH numbers (n) AS (SELECT generate_series({from}::bigint, {to}::bigint))",
    id: |millis, n| {
        format!(
            "(lpad(to_hex({millis}), 12, '0') || '7' || lpad(to_hex({n} % 4096), 3, '0') || '8' || \
             lpad(to_hex({n}), 15, '0'))::uuid"
        )
    },
    pad: |digits| format!("lpad(({digits})::text, 9, '0')"),
    least: "LEAST",
    service: |index| format!("('0000000000007000800000000000' || lpad(to_hex({index}), 4, '0'))::uuid"),
};

/// The statement that makes the callbacks `from..=to`: spread over 14 days
/// before and after now, less an hour that the run may take. With `queued`
/// all of them wait in the queue.
pub(crate) fn insert(backend: Backend, from: usize, to: usize, now: i64, queued: bool) -> String {
    let words = match backend {
        Backend::Sqlite => SQLITE,
        Backend::Postgres => POSTGRES,
    };
    let numbers = words.numbers.replace("{from}", &from.to_string()).replace("{to}", &to.to_string());
    let (id, number) = ((words.id)("created_at / 1000", "n"), (words.pad)("h % 1000000000"));
    let (service, least) = ((words.service)("n % 10"), words.least);
    let attempt = (words.id)("updated_at / 1000", "n");
    let state = if queued {
        "'QUEUED'"
    } else {
        "CASE WHEN desired_time > {now} THEN (CASE WHEN h % 20 = 0 THEN 'COMPLETED' ELSE 'SCHEDULED' END) \
         WHEN h % 500 < 2 THEN 'QUEUED' WHEN h % 5000 = 10 THEN 'ROUTING' WHEN h % 5000 = 11 THEN 'PROCESSING' \
         ELSE 'COMPLETED' END"
    };
    format!(
        "{numbers}, hashed AS (SELECT n, (n * 2654435761 + 12345) % 4294967291 AS h, \
             (n * 40503 + 7919) % 2411999 AS s FROM numbers), \
         timed AS (SELECT n, h, {now} - 1206000000000 + s * 1000000 + h % 1000000 AS desired_time FROM hashed), \
         made AS (SELECT n, h, desired_time, {least}(desired_time, {now}) - (h % 172800) * 1000000 AS created_at, \
             {state} AS state FROM timed), \
         changed AS (SELECT n, h, desired_time, created_at, state, CASE WHEN state = 'SCHEDULED' THEN created_at \
             ELSE {least}(desired_time + (h % 600) * 1000000, {now}) END AS updated_at FROM made) \
         INSERT INTO callbacks (id, service_id, customer_number, callback_type, queue_arrival, language, priority, \
             origin, created_at, desired_time, desired_window_seconds, expires_at, reschedule_count, attempts_made, \
             state, queued_at, attempt_id, lease_token, lease_expires_at, agent, reserved_at, connected_at, \
             completed_at, result, updated_at, version) \
         SELECT {id}, {service}, '+442' || {number}, 'scheduled', desired_time, 'en-GB', 0, 'api', created_at, \
             desired_time, 120, desired_time + 1209600000000, 0, CASE WHEN state = 'COMPLETED' THEN 1 ELSE 0 END, \
             state, CASE WHEN state = 'SCHEDULED' THEN NULL ELSE desired_time END, \
             CASE WHEN state IN ('ROUTING', 'PROCESSING') THEN {attempt} END, \
             CASE WHEN state IN ('ROUTING', 'PROCESSING') THEN 'token' END, \
             CASE WHEN state IN ('ROUTING', 'PROCESSING') THEN {now} + 86400000000 END, \
             CASE WHEN state IN ('ROUTING', 'PROCESSING', 'COMPLETED') THEN 'agent-' || (h % 500) END, \
             CASE WHEN state IN ('ROUTING', 'PROCESSING', 'COMPLETED') THEN updated_at END, \
             CASE WHEN state IN ('PROCESSING', 'COMPLETED') THEN updated_at END, \
             CASE WHEN state = 'COMPLETED' THEN updated_at END, \
             CASE WHEN state <> 'COMPLETED' THEN NULL WHEN h % 10 < 8 THEN 'AGENT_CONNECTED' \
                 WHEN h % 10 = 8 THEN 'CANCELLED_BY_ADMIN' ELSE 'FAIL_CALL_TO_CUSTOMER' END, \
             updated_at, 4 FROM changed",
        state = state.replace("{now}", &now.to_string()),
    )
}
