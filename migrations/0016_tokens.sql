-- Up Migration
CREATE TABLE personal_token (
  partner_id text NOT NULL,
  token text NOT NULL,
  session_id uuid NOT NULL,
  type text NOT NULL,
  sealed text NOT NULL,
  event_id text NOT NULL,
  revision bigint NOT NULL,
  PRIMARY KEY (partner_id, token, session_id)
);

CREATE INDEX ON personal_token (session_id);

COMMENT ON TABLE personal_token IS 'Read model: what the tokens of partners stand for, once for each session that brought it';
COMMENT ON COLUMN personal_token.token IS 'The token without the digits at its end';
COMMENT ON COLUMN personal_token.sealed IS 'The value, sealed with the key of the partner for its place in the event';
COMMENT ON COLUMN personal_token.event_id IS 'The latest event of the session that brought it';

CREATE TABLE turn_entity (
  blind_index text NOT NULL,
  ordered_at timestamptz NOT NULL,
  session_id uuid NOT NULL,
  revision bigint NOT NULL,
  partner_id text NOT NULL,
  PRIMARY KEY (blind_index, ordered_at, session_id, revision)
);

CREATE INDEX ON turn_entity (session_id);
CREATE INDEX ON turn_entity (partner_id);

COMMENT ON TABLE turn_entity IS 'Read model: the turns that hold a value of an entity, found by a keyed hash of its name and value';
COMMENT ON COLUMN turn_entity.ordered_at IS 'That of the turn';
