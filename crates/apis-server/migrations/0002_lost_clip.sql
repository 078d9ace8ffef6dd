-- 0002: a clip whose bytes are no longer in their folder is told as lost.

ALTER TABLE clip ADD COLUMN lost_at_ms BIGINT;
