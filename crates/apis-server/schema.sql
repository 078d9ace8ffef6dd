-- The schema as it is, for both engines; migrations/ lead here, and a test compares.
--
-- Column palette: TEXT, BIGINT, DOUBLE PRECISION. Ids are lower-case UUIDs, instants end in _at_ms
-- (milliseconds since 1970, UTC), booleans are 0 or 1 and begin with is_, JSON and small binaries are
-- TEXT. Every table of one tenant's rows has tenant_id first in its key, and every reference between
-- such tables names the tenant, so that none can cross. On PostgreSQL row-level security and grants are
-- generated from the list in src/db/tables.rs.

-- One row: which schema this is, and whose data. `epoch` names the data lineage and changes when the
-- server is restored from a backup; `instance_id` is part of every cookie's name.
CREATE TABLE server_meta (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    schema_version BIGINT NOT NULL,
    epoch TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
);

-- A person's login. `email` is folded: trimmed, lower case.
CREATE TABLE account (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
);

-- What an account proves itself with. A password's `secret_hash` is argon2id in PHC form.
CREATE TABLE credential (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('password')),
    secret_hash TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    UNIQUE (account_id, kind)
);

-- What owns data. `change_seq` is the last number given to a change of a table that sync pulls; taking
-- it locks the row, so a tenant's writers take turns and numbers commit in order.
CREATE TABLE tenant (
    id TEXT PRIMARY KEY CHECK (id <> ''),
    name TEXT NOT NULL,
    change_seq BIGINT NOT NULL DEFAULT 0,
    storage_bytes_max BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL
);

-- Which account belongs to which tenant, as what. Global: it is read before the tenant is known.
CREATE TABLE member (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    account_id TEXT NOT NULL REFERENCES account (id),
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'read')),
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id)
);

CREATE INDEX member_by_account ON member (account_id);

-- A browser's sign-in, in one tenant. Only the token's hash is stored.
CREATE TABLE session (
    id TEXT PRIMARY KEY,
    family_hash TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    agent TEXT NOT NULL,
    begun_at_ms BIGINT NOT NULL,
    used_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    reused_at_ms BIGINT
);

CREATE INDEX session_by_account ON session (account_id, tenant_id);
CREATE INDEX session_by_expiry ON session (expires_at_ms);

-- A session's tokens: short ones for requests, and the chain of those that fetch the next.
CREATE TABLE session_token (
    token_hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('access', 'refresh')),
    parent_hash TEXT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);

CREATE INDEX session_token_by_session ON session_token (session_id);
CREATE INDEX session_token_by_expiry ON session_token (expires_at_ms);

-- Tokens that stand for the member who made them, for one thing alone: a unit's pictures.
CREATE TABLE token_directory (
    id TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('stream')),
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    account_id TEXT NOT NULL REFERENCES account (id),
    subject TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
);

CREATE INDEX token_directory_by_subject ON token_directory (tenant_id, subject);

-- Token buckets, each as the moment when it is full again.
CREATE TABLE rate_limit (
    bucket TEXT PRIMARY KEY,
    full_at_ms BIGINT NOT NULL
);

CREATE INDEX rate_limit_by_fullness ON rate_limit (full_at_ms);

-- Work enqueued in the transaction of its cause. A lease that has ended is nobody's; a job that failed
-- its last attempt stays, with its error.
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    tenant_id TEXT,
    payload TEXT NOT NULL,
    due_at_ms BIGINT NOT NULL,
    attempt_count BIGINT NOT NULL DEFAULT 0,
    leased_by TEXT,
    leased_until_ms BIGINT,
    last_error TEXT,
    created_at_ms BIGINT NOT NULL
);

CREATE INDEX job_by_due ON job (due_at_ms, id);

-- A place with hives. `field_versions` is JSON: field to the version it last changed in.
CREATE TABLE site (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    time_zone TEXT NOT NULL,
    version BIGINT NOT NULL,
    field_versions TEXT NOT NULL,
    change_seq BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE UNIQUE INDEX site_by_change ON site (tenant_id, change_seq);

-- A colony's home at a site.
CREATE TABLE hive (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    site_id TEXT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    field_versions TEXT NOT NULL,
    change_seq BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, site_id) REFERENCES site (tenant_id, id)
);

CREATE INDEX hive_by_site ON hive (tenant_id, site_id);
CREATE UNIQUE INDEX hive_by_change ON hive (tenant_id, change_seq);

-- Where each tenant's audit chain ends; the row at which its writers take turns.
CREATE TABLE audit_head (
    tenant_id TEXT PRIMARY KEY CHECK (tenant_id <> '') REFERENCES tenant (id),
    last_sequence BIGINT NOT NULL,
    last_hash TEXT NOT NULL
);

-- Who did what, chained by hash. Written in the transaction of what it records; the application may
-- add and read, never change or remove.
CREATE TABLE audit (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, sequence)
);

-- Where a chain stood, signed by a key that the database does not hold.
CREATE TABLE audit_checkpoint (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    sequence BIGINT NOT NULL, -- of the chain's last record then
    hash TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    signature TEXT NOT NULL, -- Ed25519, base64url
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, sequence)
);

-- ---- Units: enrolment, heartbeats, commands, visits, uploads, clips ----------------------------

-- Nonces of signed requests, single use across restarts and replicas, kept until they could no longer
-- be accepted.
CREATE TABLE nonce (
    id TEXT PRIMARY KEY,
    expires_at_ms BIGINT NOT NULL
);

CREATE INDEX nonce_by_expiry ON nonce (expires_at_ms);

-- Unit key to unit: what an answer needs before the tenant is known. The key's thumbprint is its name.
CREATE TABLE key_directory (
    key_id TEXT PRIMARY KEY,
    public_key TEXT NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    unit_id TEXT NOT NULL,
    is_released BIGINT NOT NULL CHECK (is_released IN (0, 1)),
    settings_generation BIGINT NOT NULL,
    last_command_number BIGINT NOT NULL,
    highest_boot BIGINT NOT NULL
);

CREATE INDEX key_directory_by_unit ON key_directory (tenant_id, unit_id);

-- What the units' settings documents are made from since the last start (one address or pin a line);
-- another text makes new documents. New claims take their address from it.
CREATE TABLE settings_source (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    document TEXT NOT NULL
);

-- Claim secret, hashed, to tenant: what an enrolment needs before the tenant is known.
CREATE TABLE claim_directory (
    secret_hash TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    claim_id TEXT NOT NULL
);

-- The key that signs a tenant's settings and commands; its seed is sealed under the server's key.
CREATE TABLE tenant_key (
    tenant_id TEXT PRIMARY KEY CHECK (tenant_id <> '') REFERENCES tenant (id),
    public_key TEXT NOT NULL,
    sealed_seed TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
);

-- One APIS camera unit.
CREATE TABLE unit (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    site_id TEXT,
    name TEXT NOT NULL,
    serial TEXT NOT NULL,
    hardware TEXT NOT NULL,
    key_id TEXT NOT NULL,
    enrolled_at_ms BIGINT NOT NULL,
    released_at_ms BIGINT,
    version BIGINT NOT NULL,
    change_seq BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, site_id) REFERENCES site (tenant_id, id)
);

CREATE UNIQUE INDEX unit_by_change ON unit (tenant_id, change_seq);

-- One permission to enrol a unit: single use, short-lived.
CREATE TABLE claim (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    site_id TEXT,
    secret_hash TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    used_at_ms BIGINT,
    used_by_key_id TEXT,
    unit_id TEXT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, site_id) REFERENCES site (tenant_id, id),
    FOREIGN KEY (tenant_id, unit_id) REFERENCES unit (tenant_id, id)
);

-- What a unit last said of itself in a heartbeat; perishable, so without a change number.
CREATE TABLE unit_state (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    heard_at_ms BIGINT NOT NULL,
    boot BIGINT NOT NULL,
    report TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, id) REFERENCES unit (tenant_id, id)
);

-- One command to a unit, with its signed envelope and what became of it.
CREATE TABLE command (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    envelope TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    sent_at_ms BIGINT,
    ended_at_ms BIGINT,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, unit_id, number),
    FOREIGN KEY (tenant_id, unit_id) REFERENCES unit (tenant_id, id)
);

-- Every fact a unit sent, once by `(unit, boot, sequence)`; `hash` tells a repeated one from another.
-- A record that was numbered again after a conflict keeps the boot in which it was made. `at_ms` is the
-- server's estimate; what the unit said of the time stands beside it.
CREATE TABLE record (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    boot BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    kind TEXT NOT NULL,
    hash TEXT NOT NULL,
    made_in_boot BIGINT NOT NULL,
    uptime_us BIGINT NOT NULL,
    wall_ms BIGINT,
    wall_error_ms BIGINT,
    at_ms BIGINT NOT NULL,
    is_time_suspect BIGINT NOT NULL CHECK (is_time_suspect IN (0, 1)),
    body TEXT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, unit_id, boot, sequence),
    FOREIGN KEY (tenant_id, unit_id) REFERENCES unit (tenant_id, id)
);

-- One hornet's stay. Opened and closed parts arrive in either order. The site it happened at is copied
-- into it, so that a unit that moves leaves its history behind.
CREATE TABLE visit (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    site_id TEXT,
    hive_id TEXT,
    kind TEXT NOT NULL,
    opened_at_ms BIGINT NOT NULL,
    opened TEXT,
    closed_at_ms BIGINT,
    closed TEXT,
    is_time_suspect BIGINT NOT NULL CHECK (is_time_suspect IN (0, 1)),
    received_at_ms BIGINT NOT NULL,
    version BIGINT NOT NULL,
    change_seq BIGINT NOT NULL,
    deleted_at_ms BIGINT, -- since when it lies in the bin
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, unit_id) REFERENCES unit (tenant_id, id),
    FOREIGN KEY (tenant_id, site_id) REFERENCES site (tenant_id, id),
    FOREIGN KEY (tenant_id, hive_id) REFERENCES hive (tenant_id, id)
);

CREATE UNIQUE INDEX visit_by_change ON visit (tenant_id, change_seq);
CREATE INDEX visit_by_unit ON visit (tenant_id, unit_id);
CREATE INDEX visit_by_deletion ON visit (tenant_id, deleted_at_ms);

-- What people say a visit was; a row is never changed, though its author may take it back, and none
-- changes what the unit decided.
CREATE TABLE visit_label (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    visit_id TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id),
    label TEXT NOT NULL CHECK (label IN ('hornet', 'not_hornet', 'other_species')),
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visit (tenant_id, id)
);

CREATE INDEX visit_label_by_visit ON visit_label (tenant_id, visit_id);

-- Bytes of a tenant's clips: stored, and reserved by uploads that are under way.
CREATE TABLE storage_use (
    tenant_id TEXT PRIMARY KEY CHECK (tenant_id <> '') REFERENCES tenant (id),
    used_bytes BIGINT NOT NULL CHECK (0 <= used_bytes),
    reserved_bytes BIGINT NOT NULL CHECK (0 <= reserved_bytes)
);

-- An upload under way: what was announced, and how much is durable.
CREATE TABLE upload (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    visit_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('clip', 'sidecar')),
    sha256 TEXT NOT NULL,
    length_bytes BIGINT NOT NULL CHECK (0 < length_bytes),
    offset_bytes BIGINT NOT NULL CHECK (0 <= offset_bytes AND offset_bytes <= length_bytes),
    stage TEXT NOT NULL CHECK (stage IN ('receiving', 'placed')),
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, unit_id, visit_id, kind, sha256),
    FOREIGN KEY (tenant_id, unit_id) REFERENCES unit (tenant_id, id)
);

-- A stored clip or sidecar; the bytes are in media under their SHA-256.
CREATE TABLE clip (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    visit_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('clip', 'sidecar')),
    sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('expected', 'unverified', 'stored', 'rejected')),
    flaw TEXT,
    facts TEXT,
    created_at_ms BIGINT NOT NULL,
    stored_at_ms BIGINT,
    lost_at_ms BIGINT, -- since when its bytes are known to be gone from their folder
    play_state TEXT CHECK (play_state IN ('made', 'set_aside')), -- NULL until it was tried
    play_flaw TEXT,
    play_facts TEXT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, unit_id) REFERENCES unit (tenant_id, id)
);

CREATE INDEX clip_by_visit ON clip (tenant_id, visit_id);

-- ---- end of the units' section ------------------------------------------------------------------
