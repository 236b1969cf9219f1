-- Times are microseconds since the Unix epoch. Ids are UUIDv7, made by the
-- program, as is every time: the database has no clock of its own here.

CREATE TABLE services (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    time_zone TEXT NOT NULL,
    default_country TEXT NOT NULL,
    -- What an administrator can change, as JSON; what is missing has its default.
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE callbacks (
    id UUID NOT NULL PRIMARY KEY,
    service_id UUID NOT NULL REFERENCES services (id),
    customer_number TEXT NOT NULL,
    customer_number_extension TEXT,
    number_warning TEXT,
    callback_type TEXT NOT NULL CHECK (callback_type IN ('immediate', 'scheduled')),
    arrived_at BIGINT,
    queue_arrival BIGINT NOT NULL,
    customer_time_zone TEXT,
    language TEXT,
    priority BIGINT NOT NULL,
    user_data TEXT,
    origin TEXT NOT NULL CHECK (origin IN ('ui', 'api', 'recreate')),
    created_at BIGINT NOT NULL,
    created_by TEXT,
    created_by_folded TEXT,
    desired_time BIGINT NOT NULL,
    -- What a person chose on a wall clock, and the release of the time zone
    -- database by which the instant above was computed.
    wall_time TEXT,
    wall_time_zone TEXT,
    wall_time_tables TEXT,
    desired_window_seconds BIGINT NOT NULL,
    spared_until BIGINT,
    expires_at BIGINT NOT NULL,
    reschedule_count BIGINT NOT NULL,
    last_rescheduled_at BIGINT,
    rescheduled_by TEXT,
    -- How its dials ended so far, as JSON, and how many of them count.
    dial_counts TEXT,
    attempts_made BIGINT NOT NULL,
    -- When the first of those began.
    first_attempted_at BIGINT,
    leases_lost BIGINT NOT NULL DEFAULT 0,
    -- Where it stood when it was in line last, as people saw it.
    last_position BIGINT,
    last_wait_seconds BIGINT,
    -- A cancellation that can still be undone: of whom, since when, when it takes
    -- effect, and the bulk cancellation that carries it out.
    cancel_kind TEXT,
    cancel_by TEXT,
    cancel_requested_at BIGINT,
    cancel_at BIGINT,
    cancel_job UUID,
    -- Agents who are offered others for the time being, as JSON.
    agent_pauses TEXT,
    recreated_from UUID,
    recreated_as UUID,
    recreated_by TEXT,
    state TEXT NOT NULL CHECK (state IN ('SCHEDULED', 'QUEUED', 'ROUTING', 'PROCESSING', 'COMPLETED')),
    queued_at BIGINT,
    retry_at BIGINT,
    -- Not handed out before this time: it is no hour to call the customer at. Not a part of the
    -- record: it follows from the rules, and is forgotten when they change.
    not_before BIGINT,
    quarantined_at BIGINT,
    attempt_id UUID,
    lease_token TEXT,
    lease_expires_at BIGINT,
    agent TEXT,
    agent_folded TEXT,
    holder TEXT,
    reserved_at BIGINT,
    connected_at BIGINT,
    completed_at BIGINT,
    result TEXT,
    cancelled_by TEXT,
    cancelled_by_folded TEXT,
    disposition TEXT,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    -- What the list is sorted by: a number filled up to 15 digits, and the end of those
    -- that have none yet.
    number_order BIGINT NOT NULL GENERATED ALWAYS AS
        (CAST(SUBSTR(customer_number || '00000000000000', 2, 15) AS BIGINT)) STORED,
    completed_order BIGINT NOT NULL GENERATED ALWAYS AS (COALESCE(completed_at, 9223372036854775807)) STORED,
    CHECK ((state = 'COMPLETED') = (result IS NOT NULL)),
    CHECK ((state = 'COMPLETED') = (completed_at IS NOT NULL)),
    CHECK (cancel_at IS NULL OR state IN ('SCHEDULED', 'QUEUED')),
    CHECK (expires_at = desired_time + 1209600000000)
);

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
-- What is due, ready and leased: small, because only those are in it.
CREATE INDEX callbacks_due ON callbacks (desired_time, id) WHERE state = 'SCHEDULED' AND cancel_at IS NULL;
CREATE INDEX callbacks_by_wall_time_tables ON callbacks (wall_time_tables, id)
    WHERE state = 'SCHEDULED' AND wall_time_tables IS NOT NULL;
CREATE INDEX callbacks_ready ON callbacks (service_id, priority DESC, queue_arrival, id)
    WHERE state = 'QUEUED' AND quarantined_at IS NULL AND cancel_at IS NULL;
-- The queue of several services together.
CREATE INDEX callbacks_ready_anywhere ON callbacks (priority DESC, queue_arrival, id, service_id) WHERE state = 'QUEUED';
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

-- Numbers, in a table of their own: they never change, and an index of the
-- callbacks is written at each of their transitions.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE callback_numbers (
    id UUID NOT NULL PRIMARY KEY,
    customer_number TEXT NOT NULL
);
-- Callback Search.
CREATE INDEX callbacks_by_customer_number ON callback_numbers (customer_number);
-- Any part of a number: three digits in a row at least.
CREATE INDEX callback_number_parts ON callback_numbers USING gin (customer_number gin_trgm_ops);
CREATE FUNCTION callbacks_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO callback_numbers (id, customer_number) SELECT id, customer_number FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER callbacks_added AFTER INSERT ON callbacks
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION callbacks_added();

-- Attempts and timeline have no foreign key: they are written by the statement
-- that writes their callback, and a key would lock its row once more for each.
CREATE TABLE attempts (
    id UUID NOT NULL PRIMARY KEY,
    callback_id UUID NOT NULL,
    service_id UUID NOT NULL,
    agent TEXT NOT NULL,
    reserved_at BIGINT NOT NULL,
    connected_at BIGINT,
    ended_at BIGINT,
    ended_by TEXT,
    dial_result TEXT
);

CREATE INDEX attempts_by_callback ON attempts (callback_id, id);
-- Recent throughput, for the estimated wait.
CREATE INDEX attempts_by_connection ON attempts (service_id, connected_at) WHERE connected_at IS NOT NULL;

-- The customer's name in their own voice.
CREATE TABLE name_recordings (
    callback_id UUID NOT NULL PRIMARY KEY REFERENCES callbacks (id) ON DELETE CASCADE,
    media_type TEXT NOT NULL,
    content BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

-- Each change of a callback, written in the transaction of the change: the
-- timeline and the feed of events. (tx, seq) is the position in the
-- feed: rows are read in the order of their transactions, and only those
-- before the oldest transaction that still runs, so that none is missed.
CREATE TABLE timeline (
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    tx BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    callback_id UUID NOT NULL,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    version BIGINT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (callback_id, version)
);

CREATE INDEX timeline_feed ON timeline (tx, seq);

-- What goes with its callback.
CREATE FUNCTION callbacks_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM callback_numbers WHERE id IN (SELECT id FROM removed);
    DELETE FROM attempts WHERE callback_id IN (SELECT id FROM removed);
    DELETE FROM timeline WHERE callback_id IN (SELECT id FROM removed);
    RETURN NULL;
END $$;
CREATE TRIGGER callbacks_removed AFTER DELETE ON callbacks
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION callbacks_removed();

CREATE TABLE users (
    id UUID NOT NULL PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    services TEXT,
    password_hash TEXT NOT NULL,
    disabled BOOLEAN NOT NULL,
    preferences TEXT,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- Calendars of office hours, capacity rules and number rules, each as a JSON document.
CREATE TABLE rules (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('office_hours', 'capacity', 'number')),
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (kind, name)
);

-- Places that are held for callbacks to come, by the hash of the secret that turns them into one.
CREATE TABLE holds (
    hash BYTEA NOT NULL PRIMARY KEY,
    service_id UUID NOT NULL REFERENCES services (id),
    at BIGINT NOT NULL,
    customer_number TEXT,
    owner TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX holds_by_time ON holds (at);
CREATE INDEX holds_by_holder ON holds (owner, address);
CREATE INDEX holds_by_number ON holds (customer_number) WHERE customer_number IS NOT NULL;
CREATE INDEX holds_by_expiry ON holds (expires_at);

-- Numbers that must not be called, and the beginnings of such numbers. `scope` is a service, or
-- the nil id for all.
CREATE TABLE do_not_call (
    id UUID NOT NULL PRIMARY KEY,
    number TEXT NOT NULL,
    is_prefix BOOLEAN NOT NULL,
    scope UUID NOT NULL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,
    until BIGINT,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    UNIQUE (number, is_prefix, scope)
);

-- Views of the list that people named. `shared_with` is a JSON array of roles.
CREATE TABLE saved_views (
    id UUID NOT NULL PRIMARY KEY,
    owner_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    shared_with TEXT NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (owner_id, name)
);

-- A log-in with the services as of then; every refresh token descends from one.
CREATE TABLE sessions (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    services TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- Opened or refreshed last, from there.
    last_used_at BIGINT NOT NULL,
    address TEXT NOT NULL,
    program TEXT NOT NULL,
    ended_at BIGINT
);

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
-- The last one that ended.
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE refresh_tokens (
    hash BYTEA NOT NULL PRIMARY KEY,
    session_id UUID NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- Failed log-ins since the last success, for an account and for an account and a
-- network: the key is a hash, so that a long name takes no more room.
CREATE TABLE log_in_attempts (
    key BYTEA NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    -- Somebody logged in to the account from the network.
    is_known BOOLEAN NOT NULL
);

CREATE INDEX log_in_attempts_by_age ON log_in_attempts (last_at);

CREATE TABLE api_keys (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    hash BYTEA NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    services TEXT,
    owner TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);

CREATE UNIQUE INDEX api_keys_in_force ON api_keys (name) WHERE revoked_at IS NULL;

-- Keys that the server makes for itself and keeps, by purpose; the newest signs.
CREATE TABLE signing_keys (
    purpose TEXT NOT NULL,
    kid TEXT NOT NULL,
    secret BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (purpose, kid)
);

-- What the servers know of this database, by name: the epoch of the feed, the
-- database that it is of, when a server last tried to write, and the ends of the audit.
CREATE TABLE server_state (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- The oldest migration whose programs can work with this schema. A later migration that they
-- could not work with sets it to its own number.
INSERT INTO server_state (name, value) VALUES ('readable_from', '1');

CREATE TABLE idempotency_keys (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    answer TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (owner, key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE bulk_cancellations (
    id UUID NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    state TEXT NOT NULL,
    dry_run BOOLEAN NOT NULL,
    selected TEXT NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    outcomes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    -- Until then it can be undone, and as many callbacks are held back, from the first.
    effective_at BIGINT,
    held BIGINT NOT NULL
);

CREATE INDEX bulk_cancellations_unfinished ON bulk_cancellations (created_at, id)
    WHERE finished_at IS NULL OR held > 0;
CREATE INDEX bulk_cancellations_by_owner ON bulk_cancellations (owner, created_at);

-- The selection of a bulk cancellation, in the order in which it is worked off:
-- rows of 16-byte ids, with the position of the first.
CREATE TABLE bulk_cancellation_selections (
    job_id UUID NOT NULL REFERENCES bulk_cancellations (id) ON DELETE CASCADE,
    first BIGINT NOT NULL,
    ids BYTEA NOT NULL,
    PRIMARY KEY (job_id, first)
);

-- What became of the callbacks that a bulk cancellation has come to.
CREATE TABLE bulk_cancellation_items (
    job_id UUID NOT NULL REFERENCES bulk_cancellations (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    callback_id UUID NOT NULL,
    service TEXT,
    customer_number TEXT,
    desired_time BIGINT,
    state_before TEXT,
    outcome TEXT NOT NULL,
    cancelled_at BIGINT,
    cancelled_by TEXT,
    PRIMARY KEY (job_id, number)
);

-- Bulk reschedules: the job as JSON, without the spread.
CREATE TABLE bulk_reschedules (
    id UUID NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    job TEXT NOT NULL,
    spread TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    -- Callbacks wait to be moved, or to be moved back.
    has_work BOOLEAN NOT NULL
);

CREATE INDEX bulk_reschedules_with_work ON bulk_reschedules (created_at, id) WHERE has_work;
CREATE INDEX bulk_reschedules_by_owner ON bulk_reschedules (owner, created_at);

-- The callbacks of a bulk reschedule, in the order in which they are moved.
CREATE TABLE bulk_reschedule_items (
    job_id UUID NOT NULL REFERENCES bulk_reschedules (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    callback_id UUID NOT NULL,
    -- Null, as what follows, where its owner may not see it.
    service_id UUID,
    customer_number TEXT,
    -- The desired time that it had, as JSON.
    was TEXT,
    -- Where it was moved, or is planned to be.
    moved_to BIGINT,
    -- Its version when it was selected; once it was moved, its version then.
    version BIGINT,
    -- Null until the job has come to it.
    outcome TEXT,
    undo_outcome TEXT,
    PRIMARY KEY (job_id, number)
);

CREATE INDEX bulk_reschedule_items_to_move ON bulk_reschedule_items (job_id, number)
    WHERE outcome IS NULL;
CREATE INDEX bulk_reschedule_items_to_undo ON bulk_reschedule_items (job_id, number)
    WHERE outcome = 'moved' AND undo_outcome IS NULL;

-- What people, machines and Ringback itself did, written in the transaction of its effect. A
-- worker moves it into `audit` within a second: only that has to be one after the other.
CREATE TABLE audit_waiting (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id UUID,
    actor_name TEXT NOT NULL,
    address TEXT,
    request_id UUID,
    action TEXT NOT NULL,
    object_id UUID,
    -- Why it was refused; null where it was done.
    reason TEXT,
    details TEXT NOT NULL
);

-- The chain: numbers without a gap, each entry with the hash of the one before. The ends of the
-- chain are in `server_state`.
CREATE TABLE audit (
    number BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id UUID,
    actor_name TEXT NOT NULL,
    address TEXT,
    request_id UUID,
    action TEXT NOT NULL,
    object_id UUID,
    -- Why it was refused; null where it was done.
    reason TEXT,
    details TEXT NOT NULL,
    previous_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL
);

CREATE INDEX audit_by_time ON audit (at, number);
CREATE INDEX audit_by_actor ON audit (actor_id, at, number) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_by_action ON audit (action, at, number);
CREATE INDEX audit_by_object ON audit (object_id, at, number) WHERE object_id IS NOT NULL;
