-- Up Migration
-- session_reference stays, and projectors write it, for bridges of the release before.
CREATE TABLE reference_index (
  kind text NOT NULL,
  reference text NOT NULL,
  session_id uuid NOT NULL,
  partner_id text NOT NULL,
  started_at timestamptz NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (kind, reference, session_id)
);

CREATE INDEX ON reference_index (session_id);

COMMENT ON TABLE reference_index IS 'Read model of the bridges: the partner of each session that is not over, and the orders, payouts and shipments that it speaks of';
COMMENT ON COLUMN reference_index.partner_id IS 'The partner of the session';
COMMENT ON COLUMN reference_index.started_at IS 'When the session began';
COMMENT ON COLUMN reference_index.position IS 'Commit position of the event that named it first';

CREATE TABLE reference_index_position (
  prefix text PRIMARY KEY,
  position bigint,
  current_until timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

COMMENT ON TABLE reference_index_position IS 'Up to where the streams with a prefix are indexed; null: the index begins with their first event';
COMMENT ON COLUMN reference_index_position.current_until IS 'What happened from the beginning of the index until then is in it';

CREATE TABLE kept_update (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  identity bytea NOT NULL UNIQUE,
  partner_id text,
  kept_until timestamptz NOT NULL,
  content text NOT NULL
);

CREATE INDEX ON kept_update (kept_until);

COMMENT ON TABLE kept_update IS 'Updates of other systems that came in lately, for sessions that begin, or mention what they are about, afterwards';
COMMENT ON COLUMN kept_update.identity IS 'Hash of the system and the id of the update in it';
COMMENT ON COLUMN kept_update.partner_id IS 'The partner that the update names';
COMMENT ON COLUMN kept_update.content IS 'JSON; a text, since jsonb cannot hold every string';

CREATE TABLE kept_update_reference (
  kind text NOT NULL,
  reference text NOT NULL,
  ordered_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  matched boolean NOT NULL DEFAULT false,
  update_id bigint NOT NULL REFERENCES kept_update (id) ON DELETE CASCADE,
  PRIMARY KEY (kind, reference, ordered_at, update_id)
);

CREATE INDEX ON kept_update_reference (update_id);
-- A partner has many updates, and its session begins with few of them.
CREATE INDEX ON kept_update_reference (reference, ordered_at, update_id) WHERE kind = 'partner' AND NOT matched;
CREATE INDEX ON kept_update_reference (reference, received_at) WHERE kind = 'partner';

COMMENT ON TABLE kept_update_reference IS 'What each kept update is about';
COMMENT ON COLUMN kept_update_reference.matched IS 'A session has the update';
COMMENT ON COLUMN kept_update_reference.ordered_at IS 'When the update happened by the clock of its system; if that is unknown, when it came in';

-- Positions first: rows that are newer than them are written again.
INSERT INTO reference_index_position (prefix, position, current_until)
SELECT prefix, position, coalesce(current_until, now())
FROM projection_slot CROSS JOIN unnest(prefixes) AS prefix WHERE position IS NOT NULL
ON CONFLICT DO NOTHING;

INSERT INTO reference_index (kind, reference, session_id, partner_id, started_at, position)
SELECT 'partner', partner_id, session_id, partner_id, start_time, 0
FROM conversation_session WHERE status = 'active';

INSERT INTO reference_index (kind, reference, session_id, partner_id, started_at, position)
SELECT r.kind, r.reference, r.session_id, s.partner_id, s.start_time, 0
FROM session_reference AS r JOIN conversation_session AS s ON s.session_id = r.session_id
WHERE s.status = 'active';
