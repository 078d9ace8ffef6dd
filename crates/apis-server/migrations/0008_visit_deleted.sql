-- 0008: a visit that somebody deleted lies in the bin for a while, and its name for longer.

ALTER TABLE visit ADD COLUMN deleted_at_ms BIGINT;
CREATE INDEX visit_by_deletion ON visit (tenant_id, deleted_at_ms);
