import type { Pool } from 'pg';

interface GeneratedTurns {
  readonly sessions: number;
  readonly partners: number;
  /** Seconds between the starts of two sessions, from 1 January 2026 on. */
  readonly everyS: number;
}

const turnsEach = 10;

/** Generates conversations of ten turns each, with milestones, words and values, in PostgreSQL; then updates its statistics. */
export async function generateTurns(
  pool: Pool,
  { sessions, partners, everyS }: GeneratedTurns,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('RESET ALL');
    for (let month = 0; month * 28 * 86_400 <= sessions * everyS; month += 1) {
      const day = new Date(Date.UTC(2026, month, 1)).toISOString().slice(0, 10);
      for (const table of ['conversation_turn', 'turn_entity'])
        await client.query('SELECT add_turn_partition($1, $2)', [table, day]);
    }
    await client.query(rowsOf({ sessions, partners, everyS }));
    await client.query('ANALYZE');
  } finally {
    client.release(true);
  }
}

function rowsOf({ sessions, partners, everyS }: GeneratedTurns): string {
  return `
  INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language, expires_at,
    expires_in_s, status, revision)
  SELECT md5(n::text)::uuid, 'P' || n % ${partners}, begin, begin + interval '1 hour', CASE WHEN n % 3 = 0 THEN 'ivr' ELSE 'whatsapp' END,
    'hi', begin + interval '1 day', 86400, 'ended', ${turnsEach}
  FROM (SELECT n, timestamptz '2026-01-01' + n * interval '${everyS} seconds' AS begin FROM generate_series(1, ${sessions}) AS n) AS s;
  INSERT INTO conversation_turn (session_id, turn_id, partner_id, timestamp, ordered_at, sender, message_text, parsed_intent,
    extracted_entities, revision, channel, goal, actor_role, actor_id, written)
  SELECT s.session_id, md5(s.session_id::text || r)::uuid, s.partner_id, at, at, CASE WHEN r % 2 = 0 THEN 'bot' ELSE 'user' END::sender,
    'text', 'intent_' || (r + extract(minute FROM s.start_time)::int / 10) % 20, '{}', r, s.channel, 'pay', 'agent', 'bot-' || r % 3,
    1024 * row_number() OVER (ORDER BY at, s.session_id)
  FROM conversation_session AS s CROSS JOIN generate_series(1, ${turnsEach}) AS r,
    LATERAL (SELECT s.start_time + r * interval '1 minute' AS at) AS a;
  INSERT INTO session_milestone (session_id, revision, partner_id, at, kind, name)
  SELECT session_id, 20 + k, partner_id, start_time + k * interval '4 minutes',
    (ARRAY['session_started', 'goal_set', 'goal_completed', 'handoff_requested', 'flag_raised'])[k],
    CASE k WHEN 2 THEN 'pay' WHEN 3 THEN 'pay' WHEN 5 THEN 'flag_' || abs(hashtext(session_id::text)) % 500 END
  FROM conversation_session CROSS JOIN generate_series(1, 5) AS k;
  INSERT INTO turn_word (word, ordered_at, session_id, revision, partner_id)
  SELECT 'word_' || abs(hashtext(turn_id::text)) % 5000, ordered_at, session_id, revision, partner_id FROM conversation_turn;
  INSERT INTO turn_entity (blind_index, ordered_at, session_id, revision, partner_id)
  SELECT 'value_' || abs(hashtext(turn_id::text)) % 5000, ordered_at, session_id, revision, partner_id FROM conversation_turn;`;
}
