-- Up Migration
CREATE TABLE projection_drift (
  session_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('context', 'session', 'turn', 'entity', 'token', 'reference', 'milestone', 'word',
    'correlation')),
  turn_revision bigint NOT NULL DEFAULT -1,
  field text NOT NULL DEFAULT '',
  problem text NOT NULL CHECK (problem IN ('changed', 'missing', 'extra', 'behind', 'ahead', 'unreadable')),
  stored_revision bigint,
  expected_hash text,
  found_hash text,
  found_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  heal_requested boolean NOT NULL DEFAULT false,
  healed_at timestamptz,
  PRIMARY KEY (session_id, kind, turn_revision, field)
);

CREATE INDEX ON projection_drift (found_at, session_id) WHERE healed_at IS NULL;
CREATE INDEX ON projection_drift (session_id) WHERE heal_requested;
CREATE INDEX ON projection_drift (healed_at) WHERE healed_at IS NOT NULL;

COMMENT ON TABLE projection_drift IS 'Where a context or a row is not what its stream says. No values: names of fields, revisions and hashes';
COMMENT ON COLUMN projection_drift.kind IS 'What differs: a context in Redis, or a row of a session, a turn, an entity, a token, a reference, a milestone, a word or a correlation';
COMMENT ON COLUMN projection_drift.turn_revision IS 'That of the turn; -1: it is no turn that differs';
COMMENT ON COLUMN projection_drift.field IS 'The column, or the section of the context; empty: the whole';
COMMENT ON COLUMN projection_drift.stored_revision IS 'The revision at which the context or the session''s row stands; null: it is not there';
COMMENT ON COLUMN projection_drift.expected_hash IS 'Under a key that the process which looked made and forgets';
COMMENT ON COLUMN projection_drift.heal_requested IS 'The owner of the partition writes row and context anew with its next heartbeat';
