-- Up Migration
-- Replaces projection_failure, whose events were passed over: the row and the context went on as if nothing had happened.
CREATE TABLE set_aside_session (
  session_id text PRIMARY KEY,
  revision bigint NOT NULL,
  event_id text NOT NULL,
  type text NOT NULL,
  position bigint,
  reason text NOT NULL,
  since timestamptz NOT NULL,
  redrive_requested boolean NOT NULL DEFAULT false
);

COMMENT ON TABLE set_aside_session IS 'Sessions with an event that cannot be projected; their rows and contexts stay as they were before it';
COMMENT ON COLUMN set_aside_session.session_id IS 'A text: the id may be malformed';
COMMENT ON COLUMN set_aside_session.position IS 'Commit position of the event; null: the event was found while its stream was read';
COMMENT ON COLUMN set_aside_session.redrive_requested IS 'The owner of the partition tries the session again with its next heartbeat';

-- The next projector that owns them reads their streams again and finds out what they are.
INSERT INTO set_aside_session (session_id, revision, event_id, type, position, reason, since, redrive_requested)
SELECT DISTINCT ON (session_id) session_id, revision, '', type, position, reason, failed_at, true
FROM projection_failure ORDER BY session_id, revision;

DROP TABLE projection_failure;
