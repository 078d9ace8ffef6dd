-- 0003: the audit's chain is signed now and then, so that it cannot be made anew from an old place.

CREATE TABLE audit_checkpoint (
    tenant_id TEXT NOT NULL CHECK (tenant_id <> '') REFERENCES tenant (id),
    id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    hash TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, sequence)
);
