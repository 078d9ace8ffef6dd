-- 0001: the first schema. Comments on meaning stand in schema.sql, which is the current truth.

CREATE TABLE server_meta (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    schema_version BIGINT NOT NULL,
    epoch TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
);

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
);

CREATE TABLE credential (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('password')),
    secret_hash TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    UNIQUE (account_id, kind)
);

CREATE TABLE tenant (
    id TEXT PRIMARY KEY CHECK (id <> ''),
    name TEXT NOT NULL,
    change_seq BIGINT NOT NULL DEFAULT 0,
    storage_bytes_max BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL
);

CREATE TABLE member (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    account_id TEXT NOT NULL REFERENCES account (id),
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'read')),
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id)
);

CREATE INDEX member_by_account ON member (account_id);

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);

CREATE INDEX session_by_account ON session (account_id, tenant_id);
CREATE INDEX session_by_expiry ON session (expires_at_ms);

CREATE TABLE rate_limit (
    bucket TEXT PRIMARY KEY,
    full_at_ms BIGINT NOT NULL
);

CREATE INDEX rate_limit_by_fullness ON rate_limit (full_at_ms);

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

CREATE TABLE audit_head (
    tenant_id TEXT PRIMARY KEY CHECK (tenant_id <> '') REFERENCES tenant (id),
    last_sequence BIGINT NOT NULL,
    last_hash TEXT NOT NULL
);

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

-- ---- Units: enrolment, heartbeats, commands, visits, uploads, clips ----------------------------

CREATE TABLE nonce (
    id TEXT PRIMARY KEY,
    expires_at_ms BIGINT NOT NULL
);

CREATE INDEX nonce_by_expiry ON nonce (expires_at_ms);

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

CREATE TABLE settings_source (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    document TEXT NOT NULL
);

CREATE TABLE claim_directory (
    secret_hash TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    claim_id TEXT NOT NULL
);

CREATE TABLE tenant_key (
    tenant_id TEXT PRIMARY KEY CHECK (tenant_id <> '') REFERENCES tenant (id),
    public_key TEXT NOT NULL,
    sealed_seed TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
);

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

CREATE TABLE unit_state (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    heard_at_ms BIGINT NOT NULL,
    boot BIGINT NOT NULL,
    report TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, id) REFERENCES unit (tenant_id, id)
);

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
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, unit_id) REFERENCES unit (tenant_id, id),
    FOREIGN KEY (tenant_id, site_id) REFERENCES site (tenant_id, id),
    FOREIGN KEY (tenant_id, hive_id) REFERENCES hive (tenant_id, id)
);

CREATE UNIQUE INDEX visit_by_change ON visit (tenant_id, change_seq);
CREATE INDEX visit_by_unit ON visit (tenant_id, unit_id);

CREATE TABLE storage_use (
    tenant_id TEXT PRIMARY KEY CHECK (tenant_id <> '') REFERENCES tenant (id),
    used_bytes BIGINT NOT NULL CHECK (0 <= used_bytes),
    reserved_bytes BIGINT NOT NULL CHECK (0 <= reserved_bytes)
);

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
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, unit_id) REFERENCES unit (tenant_id, id)
);

CREATE INDEX clip_by_visit ON clip (tenant_id, visit_id);

-- ---- end of the units' section ------------------------------------------------------------------
