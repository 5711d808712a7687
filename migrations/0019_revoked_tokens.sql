-- Up Migration
CREATE TABLE revoked_token (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  token_id text,
  subject text,
  issued_before timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_by text NOT NULL,
  revoked_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((token_id IS NULL) <> (subject IS NULL))
);

CREATE INDEX ON revoked_token (expires_at);

COMMENT ON TABLE revoked_token IS 'Tokens of the api that count no more: one by its id, or those of a subject that were issued before a time';
COMMENT ON COLUMN revoked_token.expires_at IS 'When no such token can be valid any more, and the row may go';
