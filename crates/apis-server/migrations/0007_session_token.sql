-- 0007: a session has a short token for requests and one that fetches the next. Sessions of before
-- had one token for two weeks: they end here, and whoever was signed in signs in once more.

DROP TABLE session;

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

CREATE TABLE session_token (
    token_hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('access', 'refresh')),
    parent_hash TEXT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);

CREATE INDEX session_token_by_session ON session_token (session_id);
CREATE INDEX session_token_by_expiry ON session_token (expires_at_ms);
