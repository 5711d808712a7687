-- Up Migration
ALTER TABLE conversation_session ADD COLUMN forked_from uuid;

-- The tables of a rebuild that is under way, or was interrupted.
DO $$ BEGIN
  IF to_regclass('rebuild.conversation_session') IS NOT NULL THEN
    ALTER TABLE rebuild.conversation_session ADD COLUMN IF NOT EXISTS forked_from uuid;
  END IF;
END $$;

-- Lists leave forks out, or ask for nothing else: there are few of them.
CREATE INDEX ON conversation_session (session_id) WHERE forked_from IS NOT NULL;
CREATE INDEX ON conversation_session (start_time, session_id) WHERE forked_from IS NOT NULL;

COMMENT ON COLUMN conversation_session.forked_from IS 'Of a fork: the session that it was forked from';
