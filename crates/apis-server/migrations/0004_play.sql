-- 0004: a clip is made into what a browser plays; `NULL` until it was tried.

ALTER TABLE clip ADD COLUMN play_state TEXT CHECK (play_state IN ('made', 'set_aside'));
ALTER TABLE clip ADD COLUMN play_flaw TEXT;
ALTER TABLE clip ADD COLUMN play_facts TEXT;
