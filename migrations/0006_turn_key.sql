-- Up Migration
-- A client may use a turn_id again when it is not recognised any more: such a turn gets a row of its own.
ALTER TABLE conversation_turn
  DROP CONSTRAINT conversation_turn_pkey,
  ADD PRIMARY KEY (session_id, revision);

CREATE INDEX ON conversation_turn (session_id, turn_id, revision);

COMMENT ON TABLE conversation_turn IS 'Read model: one row for each recorded turn; a turn_id may come again in its session';
