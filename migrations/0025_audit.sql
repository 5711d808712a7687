-- Up Migration
-- Taken first by every batch too, so that none waits for us while holding what we need.
LOCK TABLE projection_slot IN ACCESS EXCLUSIVE MODE;

CREATE TABLE session_milestone (
  session_id uuid NOT NULL,
  revision bigint NOT NULL,
  partner_id text NOT NULL,
  at timestamptz NOT NULL,
  kind text NOT NULL,
  name text,
  outcome text,
  PRIMARY KEY (session_id, revision)
);

CREATE INDEX ON session_milestone (partner_id, at, session_id, revision);
CREATE INDEX ON session_milestone (kind, at, session_id, revision);
CREATE INDEX ON session_milestone (kind, name, at, session_id, revision);

COMMENT ON TABLE session_milestone IS 'Read model: goals, flags, handoffs, inquiries, channels, begin and end of sessions, one row an event';
COMMENT ON COLUMN session_milestone.at IS 'The time of the event, or the latest before it in the session if a clock went back';
COMMENT ON COLUMN session_milestone.kind IS 'The event, as goal_set or handoff_requested';
COMMENT ON COLUMN session_milestone.name IS 'A goal, a flag, a channel or the kind of an inquiry';
COMMENT ON COLUMN session_milestone.outcome IS 'Of an inquiry that closed';

CREATE TABLE turn_word (
  word text NOT NULL,
  ordered_at timestamptz NOT NULL,
  session_id uuid NOT NULL,
  revision bigint NOT NULL,
  partner_id text NOT NULL,
  PRIMARY KEY (word, ordered_at, session_id, revision)
);

CREATE INDEX ON turn_word (session_id);
CREATE INDEX ON turn_word (partner_id);

COMMENT ON TABLE turn_word IS 'Read model: the turns whose text has a word, by a keyed hash of it where there are keys; empty unless TEXT_SEARCH is on';
COMMENT ON COLUMN turn_word.ordered_at IS 'That of the turn';

ALTER TABLE conversation_turn ADD COLUMN written bigint NOT NULL DEFAULT 0;
CREATE INDEX ON conversation_turn (written, session_id, revision);
COMMENT ON COLUMN conversation_turn.written IS 'Grows within a partition in the order in which rows become visible: the commit position of the event, times 1,024';

-- The tables of a rebuild that is under way, or was interrupted.
DO $$ BEGIN
  IF to_regclass('rebuild.conversation_turn') IS NOT NULL THEN
    ALTER TABLE rebuild.conversation_turn ADD COLUMN IF NOT EXISTS written bigint NOT NULL DEFAULT 0;
  END IF;
END $$;

ALTER TABLE projection_slot ADD COLUMN written bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN projection_slot.written IS 'Of the rows that were written last without an event behind the position: those of sessions that were set aside';
