-- Up Migration
-- Without a default: records of earlier releases do not say whose their sessions are.
ALTER TABLE access_record ADD COLUMN session_partners text[];

COMMENT ON COLUMN access_record.session_partners IS 'The partner of each session of session_ids, in the same order; one that is null is unknown. Null: all are of the only partner, or unknown';
