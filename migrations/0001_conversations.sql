-- Up Migration
-- The indexes have no names of their own: a rebuild makes the tables anew with LIKE, and so gives them the same ones.
CREATE TYPE channel AS ENUM ('whatsapp', 'ivr', 'mobile_app');
CREATE TYPE sender AS ENUM ('user', 'bot');
CREATE TYPE session_status AS ENUM ('active', 'ended', 'expired');

CREATE TABLE conversation_session (
  session_id uuid PRIMARY KEY,
  partner_id text NOT NULL,
  start_time timestamptz NOT NULL,
  last_activity_time timestamptz NOT NULL,
  channel channel NOT NULL,
  current_task text,
  language text NOT NULL,
  expires_at timestamptz NOT NULL,
  expires_in_s integer NOT NULL,
  status session_status NOT NULL,
  revision bigint NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX ON conversation_session (start_time, session_id);
CREATE INDEX ON conversation_session (partner_id, start_time, session_id);
CREATE INDEX ON conversation_session (expires_at) WHERE status = 'active';

COMMENT ON TABLE conversation_session IS 'Read model: one row a session, as of its revision in the stream';
COMMENT ON COLUMN conversation_session.current_task IS 'The current goal of the session';

CREATE TABLE conversation_turn (
  session_id uuid NOT NULL REFERENCES conversation_session (session_id),
  turn_id uuid NOT NULL,
  partner_id text NOT NULL,
  timestamp timestamptz NOT NULL,
  sender sender NOT NULL,
  message_text text NOT NULL,
  parsed_intent text,
  extracted_entities jsonb NOT NULL,
  response_text text,
  response_revision bigint,
  revision bigint NOT NULL,
  PRIMARY KEY (session_id, turn_id)
);

CREATE INDEX ON conversation_turn (session_id, timestamp, revision);
CREATE INDEX ON conversation_turn (partner_id, timestamp, session_id, revision);
CREATE INDEX ON conversation_turn (parsed_intent, timestamp, session_id, revision) WHERE parsed_intent IS NOT NULL;
CREATE INDEX ON conversation_turn (timestamp, session_id, revision);

COMMENT ON TABLE conversation_turn IS 'Read model: one row a turn; a turn_id is unique within its session';
COMMENT ON COLUMN conversation_turn.response_text IS 'Of a user''s turn: the bot''s reply, which has a row of its own too';
