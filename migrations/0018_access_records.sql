-- Up Migration
CREATE TABLE access_record (
  event_id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  kind text NOT NULL CHECK (kind IN ('read', 'act')),
  role text NOT NULL,
  subject text NOT NULL,
  instance text,
  action text NOT NULL,
  session_ids text[] NOT NULL,
  purpose text,
  what text,
  correlation_id text NOT NULL
);

CREATE INDEX ON access_record (at, event_id);
CREATE INDEX ON access_record (subject, at, event_id);

CREATE TABLE access_record_partner (
  partner_id text NOT NULL,
  at timestamptz NOT NULL,
  event_id uuid NOT NULL REFERENCES access_record (event_id) ON DELETE CASCADE,
  PRIMARY KEY (partner_id, at, event_id)
);

CREATE INDEX ON access_record_partner (event_id);

CREATE TABLE access_checkpoint (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  position bigint
);

INSERT INTO access_checkpoint DEFAULT VALUES;

COMMENT ON TABLE access_record IS 'Who read personal data unmasked, and what administrators did: a projection of the streams access-{date}';
COMMENT ON TABLE access_record_partner IS 'The partners whose data a record is about';
COMMENT ON TABLE access_checkpoint IS 'The position up to which the access logs are in access_record; null: from the start';
