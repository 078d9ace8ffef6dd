-- 0005: what people say a visit was, beside what the unit decided.

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
