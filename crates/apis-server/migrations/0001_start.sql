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
-- ---- end of the units' section ------------------------------------------------------------------
