import { pipeline } from 'node:stream/promises';
import type { Pool } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';

interface GeneratedTurns {
  readonly sessions: number;
  readonly partners: number;
  /** Seconds between the starts of two sessions, from 1 January 2026 on. */
  readonly everyS: number;
}

const turnsEach = 10;

/** Generates conversations of ten turns each, with milestones, words and values, and writes them by COPY; then updates the statistics. */
export async function generateTurns(
  pool: Pool,
  { sessions, partners, everyS }: GeneratedTurns,
): Promise<void> {
  for (let month = 0; month * 28 * 86_400 <= sessions * everyS; month += 1) {
    const day = new Date(Date.UTC(2026, month, 1)).toISOString().slice(0, 10);
    for (const table of ['conversation_turn', 'turn_entity'])
      await pool.query('SELECT add_turn_partition($1, $2)', [table, day]);
  }
  for (const [table, columns, query] of rowsOf({ sessions, partners, everyS }))
    await copyRows(pool, `${table} (${columns})`, query);
  await pool.query('ANALYZE');
}

async function copyRows(pool: Pool, into: string, query: string): Promise<void> {
  const [reader, writer] = [await pool.connect(), await pool.connect()];
  try {
    await reader.query('RESET ALL');
    await writer.query('RESET ALL');
    const rows = reader.query(copyTo(`COPY (${query}) TO STDOUT (FORMAT binary)`));
    await pipeline(rows, writer.query(copyFrom(`COPY ${into} FROM STDIN (FORMAT binary)`)));
  } finally {
    reader.release(true);
    writer.release(true);
  }
}

/** Tables, columns, and queries that generate their rows. */
function rowsOf({
  sessions,
  partners,
  everyS,
}: GeneratedTurns): [table: string, columns: string, query: string][] {
  return [
    [
      'conversation_session',
      'session_id, partner_id, start_time, last_activity_time, channel, language, expires_at, expires_in_s, status, revision',
      `SELECT md5(n::text)::uuid, 'P' || n % ${partners}, begin, begin + interval '1 hour',
         (CASE WHEN n % 3 = 0 THEN 'ivr' ELSE 'whatsapp' END)::channel, 'hi', begin + interval '1 day', 86400::int,
         'ended'::session_status, ${turnsEach}::bigint
       FROM (SELECT n, timestamptz '2026-01-01' + n * interval '${everyS} seconds' AS begin FROM generate_series(1, ${sessions}) AS n) AS s`,
    ],
    [
      'conversation_turn',
      `session_id, turn_id, partner_id, timestamp, ordered_at, sender, message_text, parsed_intent, extracted_entities, revision,
       channel, goal, actor_role, actor_id, written`,
      `SELECT s.session_id, md5(s.session_id::text || r)::uuid, s.partner_id, at, at, (CASE WHEN r % 2 = 0 THEN 'bot' ELSE 'user' END)::sender,
         'text', 'intent_' || (r + extract(minute FROM s.start_time)::int / 10) % 20, '{}'::jsonb, r::bigint, s.channel, 'pay', 'agent',
         'bot-' || r % 3, 1024 * row_number() OVER (ORDER BY at, s.session_id)
       FROM conversation_session AS s CROSS JOIN generate_series(1, ${turnsEach}) AS r,
         LATERAL (SELECT s.start_time + r * interval '1 minute' AS at) AS a`,
    ],
    [
      'session_milestone',
      'session_id, revision, partner_id, at, kind, name',
      `SELECT session_id, (20 + k)::bigint, partner_id, start_time + k * interval '4 minutes',
         (ARRAY['session_started', 'goal_set', 'goal_completed', 'handoff_requested', 'flag_raised'])[k],
         CASE k WHEN 2 THEN 'pay' WHEN 3 THEN 'pay' WHEN 5 THEN 'flag_' || abs(hashtext(session_id::text)) % 500 END
       FROM conversation_session CROSS JOIN generate_series(1, 5) AS k`,
    ],
    ...(['word', 'value'] as const).map((kind): [string, string, string] => [
      kind === 'word' ? 'turn_word' : 'turn_entity',
      `${kind === 'word' ? 'word' : 'blind_index'}, ordered_at, session_id, revision, partner_id`,
      `SELECT '${kind}_' || abs(hashtext(turn_id::text)) % 5000, ordered_at, session_id, revision, partner_id FROM conversation_turn`,
    ]),
  ];
}
