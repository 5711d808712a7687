-- Up Migration
CREATE TABLE projection_slot (
  slot smallint PRIMARY KEY,
  prefixes text[] NOT NULL,
  owner text,
  epoch bigint NOT NULL DEFAULT 0,
  lease_until timestamptz,
  position bigint,
  current_until timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10);

COMMENT ON TABLE projection_slot IS 'A share of the session streams: who projects it, and up to where its rows are written';
COMMENT ON COLUMN projection_slot.prefixes IS 'The beginnings of the names of its streams';
COMMENT ON COLUMN projection_slot.epoch IS 'Grows with each change of owner: a fencing token, checked in the transaction that writes rows';
COMMENT ON COLUMN projection_slot.position IS 'Commit position of the last event that is in the rows; null: none yet';
COMMENT ON COLUMN projection_slot.current_until IS 'What happened until then is in the rows';

CREATE TABLE projection_instance (
  instance text PRIMARY KEY,
  seen_at timestamptz NOT NULL
);

COMMENT ON TABLE projection_instance IS 'Heartbeats of the projectors, to share the slots fairly';

CREATE TABLE projection_failure (
  session_id text NOT NULL,
  revision bigint NOT NULL,
  type text NOT NULL,
  position bigint NOT NULL,
  reason text NOT NULL,
  failed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (session_id, revision)
);

COMMENT ON TABLE projection_failure IS 'Events that no row can hold; they were passed over and stay in their stream';
