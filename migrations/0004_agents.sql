-- Up Migration
ALTER TABLE conversation_session
  ADD COLUMN agent_instance text,
  ADD COLUMN agent_pool text,
  ADD COLUMN agent_epoch bigint;

CREATE INDEX ON conversation_session (session_id) WHERE status = 'active' AND agent_pool IS NOT NULL;

COMMENT ON COLUMN conversation_session.agent_instance IS 'The agent instance that holds the session; null: none does';
COMMENT ON COLUMN conversation_session.agent_pool IS 'The pool whose instances serve the session; with no instance it waits for one of them';
COMMENT ON COLUMN conversation_session.agent_epoch IS 'Grows with each attach: the fencing token of the holder';
