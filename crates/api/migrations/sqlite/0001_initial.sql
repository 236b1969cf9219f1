-- Times are microseconds since the Unix epoch. Ids are UUIDv7, made by the
-- program, as is every time: the database has no clock of its own here.

CREATE TABLE services (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    time_zone TEXT NOT NULL,
    default_country TEXT NOT NULL,
    -- What an administrator can change, as JSON; what is missing has its default.
    settings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE callbacks (
    -- Its row in `callback_numbers`. VACUUM may give rows without such a column other numbers.
    number_row INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    service_id BLOB NOT NULL REFERENCES services (id),
    customer_number TEXT NOT NULL,
    customer_number_extension TEXT,
    number_warning TEXT,
    callback_type TEXT NOT NULL CHECK (callback_type IN ('immediate', 'scheduled')),
    arrived_at INTEGER,
    queue_arrival INTEGER NOT NULL,
    customer_time_zone TEXT,
    language TEXT,
    priority INTEGER NOT NULL,
    user_data TEXT,
    origin TEXT NOT NULL CHECK (origin IN ('ui', 'api', 'recreate')),
    created_at INTEGER NOT NULL,
    created_by TEXT,
    created_by_folded TEXT,
    desired_time INTEGER NOT NULL,
    -- What a person chose on a wall clock, and the release of the time zone
    -- database by which the instant above was computed.
    wall_time TEXT,
    wall_time_zone TEXT,
    wall_time_tables TEXT,
    desired_window_seconds INTEGER NOT NULL,
    spared_until INTEGER,
    expires_at INTEGER NOT NULL,
    reschedule_count INTEGER NOT NULL,
    last_rescheduled_at INTEGER,
    rescheduled_by TEXT,
    -- How its dials ended so far, as JSON, and how many of them count.
    dial_counts TEXT,
    attempts_made INTEGER NOT NULL,
    -- When the first of those began.
    first_attempted_at INTEGER,
    leases_lost INTEGER NOT NULL DEFAULT 0,
    -- Where it stood when it was in line last, as people saw it.
    last_position INTEGER,
    last_wait_seconds INTEGER,
    -- A cancellation that can still be undone: of whom, since when, when it takes
    -- effect, and the bulk cancellation that carries it out.
    cancel_kind TEXT,
    cancel_by TEXT,
    cancel_requested_at INTEGER,
    cancel_at INTEGER,
    cancel_job BLOB,
    -- Agents who are offered others for the time being, as JSON.
    agent_pauses TEXT,
    recreated_from BLOB,
    recreated_as BLOB,
    recreated_by TEXT,
    state TEXT NOT NULL CHECK (state IN ('SCHEDULED', 'QUEUED', 'ROUTING', 'PROCESSING', 'COMPLETED')),
    queued_at INTEGER,
    retry_at INTEGER,
    -- Not handed out before this time: it is no hour to call the customer at. Not a part of the
    -- record: it follows from the rules, and is forgotten when they change.
    not_before INTEGER,
    quarantined_at INTEGER,
    attempt_id BLOB,
    lease_token TEXT,
    lease_expires_at INTEGER,
    agent TEXT,
    agent_folded TEXT,
    holder TEXT,
    reserved_at INTEGER,
    connected_at INTEGER,
    completed_at INTEGER,
    result TEXT,
    cancelled_by TEXT,
    cancelled_by_folded TEXT,
    disposition TEXT,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    -- What the list is sorted by: a number filled up to 15 digits, and the end of those
    -- that have none yet.
    number_order INTEGER NOT NULL GENERATED ALWAYS AS
        (CAST(SUBSTR(customer_number || '00000000000000', 2, 15) AS INTEGER)) VIRTUAL,
    completed_order INTEGER NOT NULL GENERATED ALWAYS AS (COALESCE(completed_at, 9223372036854775807)) VIRTUAL,
    CHECK ((state = 'COMPLETED') = (result IS NOT NULL)),
    CHECK ((state = 'COMPLETED') = (completed_at IS NOT NULL)),
    CHECK (cancel_at IS NULL OR state IN ('SCHEDULED', 'QUEUED')),
    CHECK (expires_at = desired_time + 1209600000000)
) STRICT;

-- The list in its usual order. Number and service are in the index, so that a
-- search and a restricted view look at the index alone.
CREATE INDEX callbacks_by_desired_time ON callbacks (desired_time, id, service_id, customer_number);
-- One state in the usual order; counts.
CREATE INDEX callbacks_by_state ON callbacks (state, desired_time, id, service_id);
-- One service in the usual order.
CREATE INDEX callbacks_by_service ON callbacks (service_id, desired_time, id);
CREATE INDEX callbacks_by_created_at ON callbacks (created_at, id, desired_time, service_id);
CREATE INDEX callbacks_by_updated_at ON callbacks (updated_at, id, desired_time, service_id);
CREATE INDEX callbacks_by_number_order ON callbacks (number_order, id, desired_time, service_id);
CREATE INDEX callbacks_by_completed_order ON callbacks (completed_order, id, desired_time, service_id);
CREATE INDEX callbacks_by_priority ON callbacks (priority, id, desired_time, service_id);
-- Callback Search.
CREATE INDEX callbacks_by_customer_number ON callbacks (customer_number);
-- Any part of a number: three digits in a row at least. Removed by row: by number it would
-- look at every record of a number for each that goes.
CREATE VIRTUAL TABLE callback_numbers USING fts5 (id UNINDEXED, customer_number, tokenize = 'trigram', detail = 'none');
CREATE TRIGGER callbacks_number_added AFTER INSERT ON callbacks BEGIN
    INSERT INTO callback_numbers (rowid, id, customer_number) VALUES (new.number_row, new.id, new.customer_number);
END;
CREATE TRIGGER callbacks_number_removed AFTER DELETE ON callbacks BEGIN
    DELETE FROM callback_numbers WHERE rowid = old.number_row;
END;
-- What is due, ready and leased: small, because only those are in it.
CREATE INDEX callbacks_due ON callbacks (desired_time, id) WHERE state = 'SCHEDULED' AND cancel_at IS NULL;
CREATE INDEX callbacks_by_wall_time_tables ON callbacks (wall_time_tables, id)
    WHERE state = 'SCHEDULED' AND wall_time_tables IS NOT NULL;
CREATE INDEX callbacks_ready ON callbacks (service_id, priority DESC, queue_arrival, id)
    WHERE state = 'QUEUED' AND quarantined_at IS NULL AND cancel_at IS NULL;
CREATE INDEX callbacks_cancelling ON callbacks (cancel_at, id) WHERE cancel_at IS NOT NULL AND cancel_job IS NULL;
-- The report of cancellations: an entry for each callback that was cancelled, written once.
CREATE INDEX callbacks_cancelled ON callbacks (completed_at, id)
    WHERE result IN ('CANCELLED', 'CANCELLED_BY_ADMIN', 'CANCELLED_BY_USER');
CREATE INDEX callbacks_leased ON callbacks (lease_expires_at, id) WHERE state = 'ROUTING';
-- What is open for a number, and how many are open in a service.
CREATE INDEX callbacks_open ON callbacks (service_id, customer_number) WHERE state <> 'COMPLETED';
-- Nobody is called by two at once: a number, with its extension, has one open attempt.
CREATE UNIQUE INDEX callbacks_open_numbers ON callbacks (customer_number, COALESCE(customer_number_extension, ''))
    WHERE state IN ('ROUTING', 'PROCESSING');
CREATE UNIQUE INDEX callbacks_by_recreated_from ON callbacks (recreated_from) WHERE recreated_from IS NOT NULL;

CREATE TABLE attempts (
    id BLOB NOT NULL PRIMARY KEY,
    callback_id BLOB NOT NULL REFERENCES callbacks (id) ON DELETE CASCADE,
    service_id BLOB NOT NULL,
    agent TEXT NOT NULL,
    reserved_at INTEGER NOT NULL,
    connected_at INTEGER,
    ended_at INTEGER,
    ended_by TEXT,
    dial_result TEXT
) STRICT;

CREATE INDEX attempts_by_callback ON attempts (callback_id, id);
-- Recent throughput, for the estimated wait.
CREATE INDEX attempts_by_connection ON attempts (service_id, connected_at) WHERE connected_at IS NOT NULL;

-- The customer's name in their own voice.
CREATE TABLE name_recordings (
    callback_id BLOB NOT NULL PRIMARY KEY REFERENCES callbacks (id) ON DELETE CASCADE,
    media_type TEXT NOT NULL,
    content BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Each change of a callback, written in the transaction of the change: the
-- timeline and the feed of events. (tx, seq) is the position in the
-- feed; here there is one writer, so seq alone orders it.
CREATE TABLE timeline (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    tx INTEGER NOT NULL DEFAULT 0,
    callback_id BLOB NOT NULL REFERENCES callbacks (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    version INTEGER NOT NULL,
    detail TEXT NOT NULL,
    UNIQUE (callback_id, version)
) STRICT;

CREATE INDEX timeline_feed ON timeline (tx, seq);

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    services TEXT,
    password_hash TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    preferences TEXT,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

-- Calendars of office hours, capacity rules and number rules, each as a JSON document.
CREATE TABLE rules (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('office_hours', 'capacity', 'number')),
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (kind, name)
) STRICT;

-- Places that are held for callbacks to come, by the hash of the secret that turns them into one.
CREATE TABLE holds (
    hash BLOB NOT NULL PRIMARY KEY,
    service_id BLOB NOT NULL REFERENCES services (id),
    at INTEGER NOT NULL,
    customer_number TEXT,
    owner TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX holds_by_time ON holds (at);
CREATE INDEX holds_by_holder ON holds (owner, address);
CREATE INDEX holds_by_number ON holds (customer_number) WHERE customer_number IS NOT NULL;
CREATE INDEX holds_by_expiry ON holds (expires_at);

-- Numbers that must not be called, and the beginnings of such numbers. `scope` is a service, or
-- the nil id for all.
CREATE TABLE do_not_call (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL,
    is_prefix INTEGER NOT NULL,
    scope BLOB NOT NULL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,
    until INTEGER,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    UNIQUE (number, is_prefix, scope)
);

-- Views of the list that people named. `shared_with` is a JSON array of roles.
CREATE TABLE saved_views (
    id BLOB NOT NULL PRIMARY KEY,
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    shared_with TEXT NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (owner_id, name)
) STRICT;

-- A log-in with the services as of then; every refresh token descends from one.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    services TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- Opened or refreshed last, from there.
    last_used_at INTEGER NOT NULL,
    address TEXT NOT NULL,
    program TEXT NOT NULL,
    ended_at INTEGER
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
-- The last one that ended.
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE refresh_tokens (
    hash BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- Failed log-ins since the last success, for an account and for an account and a
-- network: the key is a hash, so that a long name takes no more room.
CREATE TABLE log_in_attempts (
    key BLOB NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    -- Somebody logged in to the account from the network.
    is_known INTEGER NOT NULL
) STRICT;

CREATE INDEX log_in_attempts_by_age ON log_in_attempts (last_at);

CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    services TEXT,
    owner TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;

CREATE UNIQUE INDEX api_keys_in_force ON api_keys (name) WHERE revoked_at IS NULL;

-- Keys that the server makes for itself and keeps, by purpose; the newest signs.
CREATE TABLE signing_keys (
    purpose TEXT NOT NULL,
    kid TEXT NOT NULL,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (purpose, kid)
) STRICT;

-- What the servers know of this database, by name: the epoch of the feed, the
-- database that it is of, when a server last tried to write, and the ends of the audit.
CREATE TABLE server_state (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- The oldest migration whose programs can work with this schema. A later migration that they
-- could not work with sets it to its own number.
INSERT INTO server_state (name, value) VALUES ('readable_from', '1');

CREATE TABLE idempotency_keys (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    answer TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) STRICT;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE bulk_cancellations (
    id BLOB NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    state TEXT NOT NULL,
    dry_run INTEGER NOT NULL,
    selected TEXT NOT NULL,
    done INTEGER NOT NULL,
    total INTEGER NOT NULL,
    outcomes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    -- Until then it can be undone, and as many callbacks are held back, from the first.
    effective_at INTEGER,
    held INTEGER NOT NULL
) STRICT;

CREATE INDEX bulk_cancellations_unfinished ON bulk_cancellations (created_at, id)
    WHERE finished_at IS NULL OR held > 0;
CREATE INDEX bulk_cancellations_by_owner ON bulk_cancellations (owner, created_at);

-- The selection of a bulk cancellation, in the order in which it is worked off:
-- rows of 16-byte ids, with the position of the first.
CREATE TABLE bulk_cancellation_selections (
    job_id BLOB NOT NULL REFERENCES bulk_cancellations (id) ON DELETE CASCADE,
    first INTEGER NOT NULL,
    ids BLOB NOT NULL,
    PRIMARY KEY (job_id, first)
) STRICT;

-- What became of the callbacks that a bulk cancellation has come to.
CREATE TABLE bulk_cancellation_items (
    job_id BLOB NOT NULL REFERENCES bulk_cancellations (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    callback_id BLOB NOT NULL,
    service TEXT,
    customer_number TEXT,
    desired_time INTEGER,
    state_before TEXT,
    outcome TEXT NOT NULL,
    cancelled_at INTEGER,
    cancelled_by TEXT,
    PRIMARY KEY (job_id, number)
) STRICT;

-- Bulk reschedules: the job as JSON, without the spread.
CREATE TABLE bulk_reschedules (
    id BLOB NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    job TEXT NOT NULL,
    spread TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    -- Callbacks wait to be moved, or to be moved back.
    has_work INTEGER NOT NULL
) STRICT;

CREATE INDEX bulk_reschedules_with_work ON bulk_reschedules (created_at, id) WHERE has_work = 1;
CREATE INDEX bulk_reschedules_by_owner ON bulk_reschedules (owner, created_at);

-- The callbacks of a bulk reschedule, in the order in which they are moved.
CREATE TABLE bulk_reschedule_items (
    job_id BLOB NOT NULL REFERENCES bulk_reschedules (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    callback_id BLOB NOT NULL,
    -- Null, as what follows, where its owner may not see it.
    service_id BLOB,
    customer_number TEXT,
    -- The desired time that it had, as JSON.
    was TEXT,
    -- Where it was moved, or is planned to be.
    moved_to INTEGER,
    -- Its version when it was selected; once it was moved, its version then.
    version INTEGER,
    -- Null until the job has come to it.
    outcome TEXT,
    undo_outcome TEXT,
    PRIMARY KEY (job_id, number)
) STRICT;

CREATE INDEX bulk_reschedule_items_to_move ON bulk_reschedule_items (job_id, number)
    WHERE outcome IS NULL;
CREATE INDEX bulk_reschedule_items_to_undo ON bulk_reschedule_items (job_id, number)
    WHERE outcome = 'moved' AND undo_outcome IS NULL;

-- What people, machines and Ringback itself did, written in the transaction of its effect. A
-- worker moves it into `audit` within a second: only that has to be one after the other.
CREATE TABLE audit_waiting (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BLOB,
    actor_name TEXT NOT NULL,
    address TEXT,
    request_id BLOB,
    action TEXT NOT NULL,
    object_id BLOB,
    -- Why it was refused; null where it was done.
    reason TEXT,
    details TEXT NOT NULL
) STRICT;

-- The chain: numbers without a gap, each entry with the hash of the one before. The ends of the
-- chain are in `server_state`.
CREATE TABLE audit (
    number INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BLOB,
    actor_name TEXT NOT NULL,
    address TEXT,
    request_id BLOB,
    action TEXT NOT NULL,
    object_id BLOB,
    -- Why it was refused; null where it was done.
    reason TEXT,
    details TEXT NOT NULL,
    previous_hash BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE INDEX audit_by_time ON audit (at, number);
CREATE INDEX audit_by_actor ON audit (actor_id, at, number) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_by_action ON audit (action, at, number);
CREATE INDEX audit_by_object ON audit (object_id, at, number) WHERE object_id IS NOT NULL;
