-- Up Migration
CREATE TABLE session_reference (
  kind text NOT NULL,
  reference text NOT NULL,
  session_id uuid NOT NULL,
  PRIMARY KEY (kind, reference, session_id)
);

CREATE INDEX ON session_reference (session_id);

COMMENT ON TABLE session_reference IS 'Read model: which orders, payouts and shipments a session that is not over speaks of';

CREATE TABLE bridge_slot (LIKE projection_slot INCLUDING ALL);

COMMENT ON TABLE bridge_slot IS 'A share of the session streams: which bridge publishes it, and up to where it is published';

CREATE TABLE bridge_instance (LIKE projection_instance INCLUDING ALL);

COMMENT ON TABLE bridge_instance IS 'Heartbeats of the bridges, to share the slots fairly';

CREATE TABLE bridge_checkpoint (
  name text PRIMARY KEY,
  position bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE bridge_checkpoint IS 'Positions before which nothing is left to do';
