-- Up Migration
ALTER TABLE conversation_turn ADD COLUMN ordered_at timestamptz;

UPDATE conversation_turn AS t SET ordered_at = o.ordered_at
FROM (SELECT session_id, turn_id, revision,
    max(timestamp) OVER (PARTITION BY session_id ORDER BY revision) AS ordered_at FROM conversation_turn) AS o
WHERE t.session_id = o.session_id AND t.turn_id = o.turn_id AND t.revision = o.revision;

ALTER TABLE conversation_turn ALTER COLUMN ordered_at SET NOT NULL;

-- Among them those that began a page at a timestamp; a rebuild may have given them other names.
DO $$ DECLARE old regclass; BEGIN
  FOR old IN SELECT indexrelid FROM pg_index WHERE indrelid = 'conversation_turn'::regclass AND NOT indisprimary
  LOOP EXECUTE format('DROP INDEX %s', old); END LOOP;
END $$;

CREATE INDEX ON conversation_turn (session_id, turn_id, revision);
CREATE INDEX ON conversation_turn (session_id, ordered_at, revision);
CREATE INDEX ON conversation_turn (partner_id, ordered_at, session_id, revision);
CREATE INDEX ON conversation_turn (parsed_intent, ordered_at, session_id, revision) WHERE parsed_intent IS NOT NULL;
CREATE INDEX ON conversation_turn (ordered_at, session_id, revision);

COMMENT ON COLUMN conversation_turn.ordered_at IS 'The time by which turns are listed: their own, or the latest before it in the session if a clock went back';
