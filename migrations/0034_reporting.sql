-- Up Migration
CREATE FUNCTION create_reporting_views(space text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF to_regnamespace('reporting') IS NULL AND has_database_privilege(current_database(), 'CREATE') THEN
    CREATE SCHEMA reporting;
    COMMENT ON SCHEMA reporting IS 'Views of the conversation tables, for people who ask in SQL';
  END IF;
  IF to_regnamespace('reporting') IS NULL OR NOT has_schema_privilege('reporting', 'CREATE') THEN
    IF EXISTS (SELECT FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid JOIN pg_class AS v ON v.oid = r.ev_class
      JOIN pg_class AS t ON t.oid = d.refobjid WHERE v.relnamespace = to_regnamespace('reporting')
        AND t.relnamespace = 'public'::regnamespace AND space <> 'public') THEN
      RAISE EXCEPTION 'views of the schema reporting would show the tables of before: see docs/sql.md'
        USING ERRCODE = 'insufficient_privilege';
    END IF;
    RAISE NOTICE 'no right to create views in the schema reporting: see docs/sql.md';
    RETURN;
  END IF;
  PERFORM set_config('search_path', format('%I, public, pg_temp', space), true);

  CREATE OR REPLACE VIEW reporting.turns AS
  SELECT session_id, turn_id, revision, partner_id, timestamp, ordered_at,
    (ordered_at AT TIME ZONE 'UTC')::date AS day, channel::text AS channel, sender::text AS sender, message_text,
    parsed_intent, intent_confidence, extracted_entities, bot_action, message_id, goal, inquiry_id, actor_role, actor_id
  FROM conversation_turn AS t WHERE NOT EXISTS (SELECT FROM conversation_session AS f WHERE f.session_id = t.session_id AND f.forked_from IS NOT NULL);
  COMMENT ON VIEW reporting.turns IS 'What users and bots said, each turn once: a bot''s reply has a row of its own';

  CREATE OR REPLACE VIEW reporting.exchanges AS
  SELECT session_id, turn_id, revision, partner_id, timestamp, ordered_at,
    (ordered_at AT TIME ZONE 'UTC')::date AS day, channel::text AS channel, message_text, parsed_intent,
    intent_confidence, extracted_entities, goal, inquiry_id, response_text, response_revision
  FROM conversation_turn AS t WHERE sender = 'user' AND NOT EXISTS (SELECT FROM conversation_session AS f WHERE f.session_id = t.session_id AND f.forked_from IS NOT NULL);
  COMMENT ON VIEW reporting.exchanges IS 'Users'' turns, each with the bot''s reply; response_revision names the row of the reply in turns';

  CREATE OR REPLACE VIEW reporting.sessions AS
  SELECT session_id, partner_id, start_time, last_activity_time, (start_time AT TIME ZONE 'UTC')::date AS day,
    channel::text AS channel, language, status::text AS status, current_task, expires_at, agent_instance, agent_pool,
    revision
  FROM conversation_session WHERE forked_from IS NULL;
  COMMENT ON VIEW reporting.sessions IS 'Sessions as they are now; day is that of their start';

  CREATE OR REPLACE VIEW reporting.forks AS
  SELECT session_id, forked_from, partner_id, start_time, last_activity_time, channel::text AS channel,
    status::text AS status, revision
  FROM conversation_session WHERE forked_from IS NOT NULL;
  COMMENT ON VIEW reporting.forks IS 'Forks of sessions, which no view but fork_turns has';

  CREATE OR REPLACE VIEW reporting.fork_turns AS
  SELECT t.session_id, f.forked_from, t.turn_id, t.revision, t.partner_id, t.timestamp, t.sender::text AS sender, t.message_text
  FROM conversation_turn AS t JOIN conversation_session AS f ON f.session_id = t.session_id
  WHERE f.forked_from IS NOT NULL;
  COMMENT ON VIEW reporting.fork_turns IS 'What was said in forks';

  CREATE OR REPLACE VIEW reporting.milestones AS
  SELECT session_id, revision, partner_id, at, (at AT TIME ZONE 'UTC')::date AS day, kind, name, outcome
  FROM session_milestone AS m WHERE NOT EXISTS (SELECT FROM conversation_session AS f WHERE f.session_id = m.session_id AND f.forked_from IS NOT NULL);
  COMMENT ON VIEW reporting.milestones IS 'Goals, flags, handoffs, inquiries, channels, begin and end of sessions, one row an event';

  CREATE OR REPLACE VIEW reporting.days AS
  SELECT d::date AS day, d AT TIME ZONE 'UTC' AS begins, (d + interval '1 day') AT TIME ZONE 'UTC' AS ends
  FROM generate_series(
    (SELECT date_trunc('day', min(ordered_at) AT TIME ZONE 'UTC') FROM conversation_turn
      WHERE ordered_at > now() - interval '20 years'),
    (SELECT date_trunc('day', max(ordered_at) AT TIME ZONE 'UTC') FROM conversation_turn
      WHERE ordered_at < now() + interval '1 year'), interval '1 day') AS d;
  COMMENT ON VIEW reporting.days IS 'The days (UTC) from the first turn to the last';

  CREATE OR REPLACE VIEW reporting.daily_intents AS
  SELECT d.day, i.channel, i.parsed_intent, i.turns, i.sessions, i.partners, i.mean_confidence
  FROM reporting.days AS d CROSS JOIN LATERAL (
    SELECT t.channel::text AS channel, t.parsed_intent, count(*) AS turns, count(DISTINCT t.session_id) AS sessions,
      count(DISTINCT t.partner_id) AS partners, avg(t.intent_confidence) AS mean_confidence
    FROM conversation_turn AS t
    WHERE t.ordered_at >= d.begins AND t.ordered_at < d.ends AND t.sender = 'user' AND t.parsed_intent IS NOT NULL
      AND NOT EXISTS (SELECT FROM conversation_session AS f WHERE f.session_id = t.session_id AND f.forked_from IS NOT NULL)
    GROUP BY t.channel, t.parsed_intent) AS i;
  COMMENT ON VIEW reporting.daily_intents IS 'Users'' turns by day, channel and intent; a condition on day reads those days only';

  CREATE OR REPLACE VIEW reporting.daily_channels AS
  SELECT d.day, c.channel, c.user_turns, c.bot_turns, c.sessions, c.partners
  FROM reporting.days AS d CROSS JOIN LATERAL (
    SELECT t.channel::text AS channel, count(*) FILTER (WHERE t.sender = 'user') AS user_turns,
      count(*) FILTER (WHERE t.sender = 'bot') AS bot_turns, count(DISTINCT t.session_id) AS sessions,
      count(DISTINCT t.partner_id) AS partners
    FROM conversation_turn AS t WHERE t.ordered_at >= d.begins AND t.ordered_at < d.ends
      AND NOT EXISTS (SELECT FROM conversation_session AS f WHERE f.session_id = t.session_id AND f.forked_from IS NOT NULL)
    GROUP BY t.channel) AS c;
  COMMENT ON VIEW reporting.daily_channels IS 'Turns by day and channel; a condition on day reads those days only';

  CREATE OR REPLACE VIEW reporting.daily_sessions AS
  SELECT d.day, s.channel, s.status, s.sessions, s.partners, s.mean_duration_s
  FROM reporting.days AS d CROSS JOIN LATERAL (
    SELECT c.channel::text AS channel, c.status::text AS status, count(*) AS sessions,
      count(DISTINCT c.partner_id) AS partners,
      avg(extract(epoch FROM c.last_activity_time - c.start_time))::real AS mean_duration_s
    FROM conversation_session AS c
    WHERE c.start_time >= d.begins AND c.start_time < d.ends AND c.forked_from IS NULL
    GROUP BY c.channel, c.status) AS s;
  COMMENT ON VIEW reporting.daily_sessions IS 'Sessions by the day of their start, channel and status now; a condition on day reads those days only';

  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'turnstream_reader') THEN
    GRANT USAGE ON SCHEMA reporting TO turnstream_reader;
    GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO turnstream_reader;
  END IF;
END $$;

COMMENT ON FUNCTION create_reporting_views IS 'Points the views of the schema reporting at the conversation tables of a schema; with the right to, makes both';

-- Roles belong to all databases of a server: another migration may make it at the same time.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'turnstream_reader') THEN
    CREATE ROLE turnstream_reader NOLOGIN;
  END IF;
EXCEPTION
  WHEN insufficient_privilege THEN RAISE NOTICE 'no right to create the role turnstream_reader: see docs/sql.md';
  WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

SELECT create_reporting_views('public');
