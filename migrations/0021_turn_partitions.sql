-- Up Migration
-- Contract: projectors of the release before cannot write turns afterwards; replace them together with it. Both tables are
-- rewritten: lists of turns and projectors wait for it. What the release before reads stays as it was.
-- Taken first by every batch too, so that none waits for us while holding what we need.
LOCK TABLE projection_slot IN ACCESS EXCLUSIVE MODE;

DROP TABLE IF EXISTS rebuild.turn_entity, rebuild.conversation_turn;

ALTER TABLE conversation_turn RENAME TO unpartitioned_turn;
ALTER TABLE turn_entity RENAME TO unpartitioned_entity;

CREATE TABLE conversation_turn (LIKE unpartitioned_turn INCLUDING COMMENTS) PARTITION BY RANGE (ordered_at);
CREATE TABLE conversation_turn_default PARTITION OF conversation_turn DEFAULT;
CREATE TABLE turn_entity (LIKE unpartitioned_entity INCLUDING COMMENTS) PARTITION BY RANGE (ordered_at);
CREATE TABLE turn_entity_default PARTITION OF turn_entity DEFAULT;

CREATE FUNCTION add_turn_partition(parent regclass, month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  space name;
  base name;
  part name;
  lower_bound timestamptz := date_trunc('month', month::timestamp) AT TIME ZONE 'UTC';
  upper_bound timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  SELECT n.nspname, c.relname INTO space, base FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.oid = parent AND c.relkind = 'p' AND n.nspname IN ('public', 'rebuild')
    AND c.relname IN ('conversation_turn', 'turn_entity');
  IF base IS NULL THEN RAISE EXCEPTION '% has no partitions of turns', parent; END IF;
  part := format('%s_%s', base, to_char(month, 'YYYY_MM'));
  IF to_regclass(format('%I.%I', space, part)) IS NOT NULL THEN RETURN false; END IF;
  -- As every batch does, so that nobody waits for us while holding what we need.
  IF space = 'public' THEN LOCK TABLE public.projection_slot IN ACCESS EXCLUSIVE MODE; END IF;
  PERFORM pg_advisory_xact_lock(7230121);
  IF to_regclass(format('%I.%I', space, part)) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE %1$I.%2$I (LIKE %1$I.%3$I)', space, part, base);
  EXECUTE format('LOCK TABLE %I.%I IN ACCESS EXCLUSIVE MODE', space, base || '_default');
  EXECUTE format('WITH moved AS (DELETE FROM %1$I.%2$I WHERE ordered_at >= %4$L AND ordered_at < %5$L RETURNING *)
    INSERT INTO %1$I.%3$I SELECT * FROM moved', space, base || '_default', part, lower_bound, upper_bound);
  EXECUTE format('ALTER TABLE %1$I.%2$I ATTACH PARTITION %1$I.%3$I FOR VALUES FROM (%4$L) TO (%5$L)',
    space, base, part, lower_bound, upper_bound);
  RETURN true;
END $$;

COMMENT ON FUNCTION add_turn_partition IS 'Gives a table of turns the partition of a month (UTC), with the rows of it that came before; false: it is there';
REVOKE ALL ON FUNCTION add_turn_partition FROM PUBLIC;

-- Those of months that nobody can have meant stay in the default partition.
SELECT add_turn_partition('conversation_turn', month), add_turn_partition('turn_entity', month)
FROM (SELECT DISTINCT date_trunc('month', ordered_at AT TIME ZONE 'UTC')::date AS month FROM unpartitioned_turn
  WHERE ordered_at BETWEEN now() - interval '20 years' AND now() + interval '3 months'
  UNION SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n))::date
  FROM generate_series(0, 3) AS n) AS months;

INSERT INTO conversation_turn (session_id, turn_id, partner_id, timestamp, sender, message_text, parsed_intent,
  extracted_entities, response_text, response_revision, revision, ordered_at, channel, intent_confidence, bot_action,
  message_id, actor_role, actor_id, inquiry_id, goal)
SELECT t.session_id, t.turn_id, t.partner_id, t.timestamp, t.sender, t.message_text, t.parsed_intent,
  t.extracted_entities, t.response_text, t.response_revision, t.revision, t.ordered_at, coalesce(t.channel, s.channel),
  t.intent_confidence, t.bot_action, t.message_id, t.actor_role, t.actor_id, t.inquiry_id, t.goal
FROM unpartitioned_turn AS t JOIN conversation_session AS s ON s.session_id = t.session_id;
INSERT INTO turn_entity (blind_index, ordered_at, session_id, revision, partner_id)
SELECT blind_index, ordered_at, session_id, revision, partner_id FROM unpartitioned_entity;

DO $$ DECLARE kept record; BEGIN
  FOR kept IN SELECT replace(relname, 'unpartitioned', '') AS name, obj_description(oid, 'pg_class') AS text FROM pg_class
    WHERE oid IN ('unpartitioned_turn'::regclass, 'unpartitioned_entity'::regclass)
  LOOP EXECUTE format('COMMENT ON TABLE %I IS %L',
    CASE kept.name WHEN '_turn' THEN 'conversation_turn' ELSE 'turn_entity' END, kept.text); END LOOP;
END $$;
DROP TABLE unpartitioned_turn, unpartitioned_entity;

ALTER TABLE conversation_turn
  ALTER COLUMN channel SET NOT NULL,
  ADD PRIMARY KEY (session_id, ordered_at, revision),
  ADD FOREIGN KEY (session_id) REFERENCES conversation_session (session_id);
CREATE INDEX ON conversation_turn (session_id, turn_id, revision);
CREATE INDEX ON conversation_turn (partner_id, ordered_at, session_id, revision);
CREATE INDEX ON conversation_turn (parsed_intent, ordered_at, session_id, revision) WHERE parsed_intent IS NOT NULL;
CREATE INDEX ON conversation_turn (ordered_at, session_id, revision);
ALTER TABLE turn_entity ADD PRIMARY KEY (blind_index, ordered_at, session_id, revision);
CREATE INDEX ON turn_entity (session_id);
CREATE INDEX ON turn_entity (partner_id);
