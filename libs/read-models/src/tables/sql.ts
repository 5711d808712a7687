/**
 * One statement writes a batch: first the partition's checkpoint, then the rows. A writer that no longer owns the partition,
 * or is not at its position, changes no checkpoint and therefore, through the joins with it, no row.
 * After a merge of partitions, followers may have rows beyond the position (`written`): new rows get a later `written`.
 *
 * $1 partition, $2 owner, $3 epoch, $4 position before, $5 position after, $6 time up to which the rows are current,
 * $7 sessions started, $8 patches, $9 turns, $10 replies, $11 sessions set aside, $12 references,
 * $13 tokens, $14 values of entities, $15 milestones, $16 words, $17 correlations, $18 the least `written` of the turns
 */
const checkpoint = `checkpoint AS (
  UPDATE projection_slot
  SET position = $5, current_until = $6, updated_at = now(),
    written = CASE WHEN written >= (coalesce(position, 0) + 1) * 1024 THEN written + 1 ELSE written END
  WHERE slot = $1 AND owner = $2 AND epoch = $3 AND position IS NOT DISTINCT FROM $4
  RETURNING slot, written
)`;

/** For a rebuild, whose tables nobody else writes. */
const noCheckpoint = `checkpoint AS (
  SELECT $1::int, $2::text, $3::bigint, $4::bigint, $5::bigint, $6::timestamptz, 0::bigint AS written
)`;

/** A session stays set aside at the first of its events that cannot be projected. */
function setAsideFrom(source: string): string {
  return `INSERT INTO set_aside_session AS a (session_id, revision, event_id, type, position, reason, since)
  SELECT f.* FROM ${source} AS f (session_id text, revision bigint, event_id text, type text, position bigint,
    reason text, since timestamptz)
  ON CONFLICT (session_id) DO UPDATE SET revision = excluded.revision, event_id = excluded.event_id,
    type = excluded.type, reason = excluded.reason, position = CASE WHEN a.revision = excluded.revision
      THEN coalesce(excluded.position, a.position) ELSE excluded.position END`;
}

function tokensFrom(source: string): string {
  return `INSERT INTO personal_token AS p (partner_id, token, session_id, type, sealed, event_id, revision)
  SELECT t.* FROM ${source} AS t (partner_id text, token text,
    session_id uuid, type text, sealed text, event_id text, revision bigint)
  ON CONFLICT (partner_id, token, session_id) DO UPDATE SET sealed = excluded.sealed, event_id = excluded.event_id,
    revision = excluded.revision
  WHERE p.revision < excluded.revision`;
}

/**
 * A turn is written when its session's row, as of before the statement, has not reached its revision: a session's revision and turns
 * commit together, so earlier turns are already written. Since `ordered_at` follows from the events up to the turn, a repeated write
 * with an older row finds the same key. Turns of a session lie between its start and its last activity, so partitions
 * outside that range are not read.
 */
const rows = `started AS (
  INSERT INTO conversation_session AS s (session_id, partner_id, start_time, last_activity_time, channel,
    current_task, language, expires_at, expires_in_s, status, agent_instance, agent_pool, agent_epoch,
    forked_from, open_inquiries, revision)
  SELECT r.* FROM checkpoint CROSS JOIN json_to_recordset($7::json) AS r (session_id uuid, partner_id text,
    start_time timestamptz, last_activity_time timestamptz, channel channel, current_task text, language text,
    expires_at timestamptz, expires_in_s integer, status session_status,
    agent_instance text, agent_pool text, agent_epoch bigint, forked_from uuid, open_inquiries uuid[],
    revision bigint)
  ON CONFLICT (session_id) DO UPDATE SET
    last_activity_time = excluded.last_activity_time, channel = excluded.channel,
    current_task = excluded.current_task, language = excluded.language, expires_at = excluded.expires_at,
    status = excluded.status, agent_instance = excluded.agent_instance, agent_pool = excluded.agent_pool,
    agent_epoch = excluded.agent_epoch, open_inquiries = excluded.open_inquiries, revision = excluded.revision
  WHERE s.revision < excluded.revision
), patched AS (
  UPDATE conversation_session AS s SET
    last_activity_time = greatest(p.last_activity_time, s.last_activity_time),
    expires_at = greatest(p.last_activity_time, s.last_activity_time) + make_interval(secs => s.expires_in_s),
    channel = coalesce(p.channel, s.channel),
    language = coalesce(p.language, s.language),
    status = coalesce(p.status, s.status),
    current_task = CASE WHEN p.task_known THEN p.current_task
      WHEN s.current_task = ANY (p.tasks_cleared) THEN NULL ELSE s.current_task END,
    agent_instance = CASE WHEN p.agent_known THEN p.agent_instance ELSE s.agent_instance END,
    agent_pool = CASE WHEN p.agent_known THEN p.agent_pool ELSE s.agent_pool END,
    agent_epoch = CASE WHEN p.agent_known THEN p.agent_epoch ELSE s.agent_epoch END,
    open_inquiries = CASE WHEN p.inquiries_opened = '{}' AND p.inquiries_closed = '{}' THEN s.open_inquiries
      ELSE ARRAY(SELECT i FROM unnest(s.open_inquiries) AS i WHERE i <> ALL (p.inquiries_closed))
        || p.inquiries_opened END,
    revision = p.revision
  FROM checkpoint CROSS JOIN json_to_recordset($8::json) AS p (session_id uuid, last_activity_time timestamptz,
    channel channel, language text, status session_status, task_known boolean, current_task text,
    tasks_cleared text[], agent_known boolean, agent_instance text, agent_pool text, agent_epoch bigint,
    inquiries_opened uuid[], inquiries_closed uuid[], revision bigint)
  WHERE s.session_id = p.session_id AND s.revision < p.revision
), given AS MATERIALIZED (
  SELECT t.* FROM json_to_recordset($9::json) AS t (session_id uuid, turn_id uuid, partner_id text,
    timestamp timestamptz, ordered_at timestamptz, sender sender, message_text text, parsed_intent text,
    extracted_entities jsonb, response_text text, response_revision bigint, intent_confidence real, bot_action text,
    message_id text, actor_role text, actor_id text, channel channel, goal_known boolean, goal text,
    goals_cleared text[], inquiry_id uuid, inquiries_closed uuid[], revision bigint, position bigint)
), turns AS (
  INSERT INTO conversation_turn AS o (session_id, turn_id, partner_id, timestamp, ordered_at, sender, message_text,
    parsed_intent, extracted_entities, response_text, response_revision, intent_confidence, bot_action, message_id,
    actor_role, actor_id, channel, goal, inquiry_id, revision, written)
  SELECT t.session_id, t.turn_id, coalesce(t.partner_id, s.partner_id), t.timestamp,
    greatest(t.ordered_at, s.last_activity_time), t.sender, t.message_text, t.parsed_intent, t.extracted_entities,
    t.response_text, t.response_revision, t.intent_confidence, t.bot_action, t.message_id, t.actor_role, t.actor_id,
    coalesce(t.channel, s.channel),
    CASE WHEN t.goal_known THEN t.goal WHEN s.current_task = ANY (t.goals_cleared) THEN NULL ELSE s.current_task END,
    coalesce(t.inquiry_id, (SELECT o.id FROM unnest(s.open_inquiries) WITH ORDINALITY AS o (id, place)
      WHERE o.id <> ALL (t.inquiries_closed) ORDER BY o.place DESC LIMIT 1)),
    t.revision, greatest(coalesce(t.position, 0) * 1024, $18::bigint, checkpoint.written)
  FROM checkpoint CROSS JOIN given AS t LEFT JOIN conversation_session AS s ON s.session_id = t.session_id
  WHERE coalesce(t.partner_id, s.partner_id) IS NOT NULL AND t.revision > coalesce(s.revision, -1)
  ON CONFLICT (session_id, ordered_at, revision) DO UPDATE SET
    response_text = excluded.response_text, response_revision = excluded.response_revision
  WHERE excluded.response_revision > coalesce(o.response_revision, -1)
  RETURNING o.session_id, o.revision, o.partner_id, o.ordered_at
), completed AS (
  UPDATE conversation_turn AS o SET response_text = t.response_text, response_revision = t.response_revision
  FROM checkpoint CROSS JOIN given AS t JOIN conversation_session AS s ON s.session_id = t.session_id
  WHERE t.response_revision IS NOT NULL AND t.revision <= s.revision AND o.session_id = t.session_id
    AND o.revision = t.revision AND o.ordered_at BETWEEN s.start_time AND s.last_activity_time
    AND t.response_revision > coalesce(o.response_revision, -1)
), indexed AS (
  INSERT INTO turn_entity (blind_index, ordered_at, session_id, revision, partner_id)
  SELECT e.blind_index, t.ordered_at, t.session_id, t.revision, t.partner_id
  FROM turns AS t JOIN json_to_recordset($14::json) AS e (session_id uuid, revision bigint, blind_index text)
    ON e.session_id = t.session_id AND e.revision = t.revision
  ON CONFLICT DO NOTHING
), worded AS (
  INSERT INTO turn_word (word, ordered_at, session_id, revision, partner_id)
  SELECT word, t.ordered_at, t.session_id, t.revision, t.partner_id
  FROM turns AS t JOIN json_to_recordset($16::json) AS w (session_id uuid, revision bigint, words text[])
    ON w.session_id = t.session_id AND w.revision = t.revision CROSS JOIN unnest(w.words) AS word
  ON CONFLICT DO NOTHING
), milestones AS (
  INSERT INTO session_milestone (session_id, revision, partner_id, at, kind, name, outcome)
  SELECT m.session_id, m.revision, coalesce(m.partner_id, s.partner_id), greatest(m.at, s.last_activity_time), m.kind,
    m.name, m.outcome
  FROM checkpoint CROSS JOIN json_to_recordset($15::json) AS m (session_id uuid, revision bigint, partner_id text,
    at timestamptz, kind text, name text, outcome text)
  LEFT JOIN conversation_session AS s ON s.session_id = m.session_id
  WHERE coalesce(m.partner_id, s.partner_id) IS NOT NULL
  ON CONFLICT DO NOTHING
), tokenised AS (
  ${tokensFrom('checkpoint CROSS JOIN json_to_recordset($13::json)')}
), replied AS (
  UPDATE conversation_turn AS t SET response_text = r.response_text, response_revision = r.response_revision
  FROM checkpoint CROSS JOIN json_to_recordset($10::json) AS r (session_id uuid, turn_id uuid, response_text text,
    response_revision bigint)
  JOIN conversation_session AS s ON s.session_id = r.session_id
  CROSS JOIN LATERAL (SELECT a.revision, a.ordered_at FROM conversation_turn AS a
    WHERE a.session_id = r.session_id AND a.turn_id = r.turn_id AND a.sender = 'user'
      AND a.revision < r.response_revision AND a.ordered_at BETWEEN s.start_time AND s.last_activity_time
    ORDER BY a.revision DESC LIMIT 1) AS asked
  WHERE t.session_id = r.session_id AND t.ordered_at = asked.ordered_at AND t.revision = asked.revision
    AND r.response_revision > coalesce(t.response_revision, -1)
), failed AS (
  ${setAsideFrom('checkpoint CROSS JOIN json_to_recordset($11::json)')}
  WHERE a.revision >= excluded.revision
), referred AS (
  INSERT INTO session_reference (kind, reference, session_id)
  SELECT r.kind, r.reference, r.session_id FROM checkpoint CROSS JOIN json_to_recordset($12::json)
    AS r (session_id uuid, kind text, reference text)
  ON CONFLICT DO NOTHING
), correlated AS (
  INSERT INTO event_correlation AS c (session_id, correlation, first_revision, last_revision)
  SELECT e.* FROM checkpoint CROSS JOIN json_to_recordset($17::json) AS e (session_id uuid, correlation bigint,
    first_revision bigint, last_revision bigint)
  ON CONFLICT (session_id, correlation) DO UPDATE SET last_revision = excluded.last_revision
  WHERE excluded.last_revision > c.last_revision
), forgotten AS (
  DELETE FROM session_reference AS r
  USING checkpoint CROSS JOIN json_to_recordset($8::json) AS p (session_id uuid, status session_status)
  WHERE r.session_id = p.session_id AND p.status IN ('ended', 'expired')
)
SELECT count(*)::int AS owned FROM checkpoint`;

/**
 * Removes the rows of a session's events below a revision. $1 to $6 as above, $7 the session's id, $8 the same, or
 * null when it is not a UUID, $9 the revision
 */
const deleted = `turns AS (
  DELETE FROM conversation_turn AS t USING checkpoint WHERE t.session_id = $8::uuid AND t.revision < $9
), unindexed AS (
  DELETE FROM turn_entity AS e USING checkpoint WHERE e.session_id = $8::uuid AND e.revision < $9
), unworded AS (
  DELETE FROM turn_word AS w USING checkpoint WHERE w.session_id = $8::uuid AND w.revision < $9
), unmarked AS (
  DELETE FROM session_milestone AS m USING checkpoint WHERE m.session_id = $8::uuid AND m.revision < $9
), untokenised AS (
  DELETE FROM personal_token AS p USING checkpoint WHERE p.session_id = $8::uuid AND p.revision < $9
), uncorrelated AS (
  DELETE FROM event_correlation AS c USING checkpoint WHERE c.session_id = $8::uuid AND c.last_revision < $9
), gone AS (
  DELETE FROM conversation_session AS s USING checkpoint WHERE s.session_id = $8::uuid AND s.revision < $9
  RETURNING s.session_id
), forgotten AS (
  DELETE FROM session_reference AS r USING gone WHERE r.session_id = gone.session_id
), unlisted AS (
  DELETE FROM set_aside_session AS a USING checkpoint WHERE a.session_id = $7 AND a.revision < $9
)
SELECT count(*)::int AS owned FROM checkpoint`;

export const deleteRows = `WITH ${checkpoint}, ${deleted}`;
export const deleteRebuiltRows = `WITH ${noCheckpoint}, ${deleted}`;

/** $1: sessions to list as set aside. A listed session keeps its time. */
export const saveSetAside = `${setAsideFrom('json_to_recordset($1::json)')}, redrive_requested = false`;

/** $1: values of tokens. */
export const saveTokens = tokensFrom('json_to_recordset($1::json)');

export const writeBatch = { name: 'turnstream-batch', text: `WITH ${checkpoint}, ${rows}` };
export const writeRebuiltBatch = { name: 'turnstream-rebuilt-batch', text: `WITH ${noCheckpoint}, ${rows}` };

/**
 * Settings of a projector's connections. Plans are made once, on tables that may still be empty: they must use the indexes.
 * Rows and checkpoint are lost together or not at all, so no commit needs to wait for the disk.
 */
export const connectionSettings = `SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
  SET plan_cache_mode = force_generic_plan; SET synchronous_commit = off`;

/** The same, for the tables that are rebuilt beside those in use. */
export const rebuildConnectionSettings = `${connectionSettings}; SET search_path = rebuild, public`;
