-- 0006: tokens that stand for the member who made them, for one thing alone.

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
