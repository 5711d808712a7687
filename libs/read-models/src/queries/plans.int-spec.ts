import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PartitionLeaseStore } from '#partitions';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase } from '../test-support.ts';
import { findJourneys } from './journeys.ts';
import type { Queryable } from './queryable.ts';
import { listSessions } from './sessions.ts';
import { partnerTimeline } from './timeline.ts';
import { countTurns } from './turn-counts.ts';
import { followTurns } from './turn-feed.ts';
import { listTurns } from './turns.ts';

const sessions = 4_000;
const turnsEach = 10;

/** Rows of one month, made by PostgreSQL: a conversation of ten turns each ten minutes, of 200 partners. */
const generated = `
  INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language, expires_at,
    expires_in_s, status, revision)
  SELECT md5(n::text)::uuid, 'P' || n % 200, begin, begin + interval '1 hour', CASE WHEN n % 3 = 0 THEN 'ivr' ELSE 'whatsapp' END,
    'hi', begin + interval '1 day', 86400, 'ended', ${turnsEach}
  FROM (SELECT n, timestamptz '2026-01-01' + n * interval '10 minutes' AS begin FROM generate_series(1, ${sessions}) AS n) AS s;
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

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query('RESET ALL');
  await new PartitionLeaseStore(database.pool, 'test', 60_000).ensure(1);
  const client = await database.pool.connect();
  await client.query("RESET ALL; SELECT add_turn_partition('conversation_turn', '2026-01-01')");
  await client.query(generated);
  await client.query('ANALYZE');
  client.release();
});
afterAll(() => database.drop());

/** How PostgreSQL answers a query of an analyst. */
async function planOf(query: (db: Queryable) => Promise<unknown>): Promise<string> {
  const client = await database.pool.connect();
  let plan = '';
  const explaining = {
    query: async (text: string, values: unknown[]) => {
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (COSTS OFF) ${text}`, values);
      plan += rows.map((row) => row['QUERY PLAN']).join('\n');
      return client.query(text, values);
    },
  } as unknown as Queryable;
  try {
    await client.query('RESET ALL; SET max_parallel_workers_per_gather = 0; SET jit = off');
    await query(explaining);
    return plan;
  } finally {
    client.release(true);
  }
}

const period = { from: '2026-01-10T00:00:00Z', to: '2026-01-11T00:00:00Z' };
const first = { limit: 50 };

test.each<[string, (db: Queryable) => Promise<unknown>]>([
  ['turns, the newest', (db) => listTurns(db, { ...first, order: 'desc' })],
  ['turns of a partner', (db) => listTurns(db, { ...first, partner_id: 'P7', order: 'desc' })],
  ['turns of an intent', (db) => listTurns(db, { ...first, parsed_intent: 'intent_3' })],
  [
    'turns of a day, a channel, a sender',
    (db) => listTurns(db, { ...first, ...period, channel: 'ivr', sender: 'bot' }),
  ],
  [
    'turns of an actor and a goal',
    (db) => listTurns(db, { ...first, ...period, actor_id: 'bot-1', actor_role: 'agent', goal: 'pay' }),
  ],
  ['turns of sessions with a flag', (db) => listTurns(db, { ...first, flag: 'flag_7' })],
  ['turns of sessions with a handoff', (db) => listTurns(db, { ...first, ...period, handoff: 'requested' })],
  ['turns with a value', (db) => listTurns(db, { ...first, blind_index: 'value_7' })],
  ['turns with two words', (db) => listTurns(db, { ...first, words: ['word_7', 'word_8'] })],
  ['turns as they became visible', (db) => followTurns(db, { ...first, partner_id: 'P7' })],
  ['sessions, the newest', (db) => listSessions(db, first)],
  [
    'sessions with a goal and an intent',
    (db) => listSessions(db, { ...first, ...period, goal: 'pay', parsed_intent: 'intent_3' }),
  ],
  ['a timeline', (db) => partnerTimeline(db, { ...first, partner_id: 'P7', order: 'desc' })],
  [
    'counts of a day',
    (db) =>
      countTurns(db, { ...period, by: ['day', 'intent', 'outcome'], timezone: 'Asia/Kolkata', limit: 100 }),
  ],
  [
    'journeys of a day',
    (db) =>
      findJourneys(db, {
        ...period,
        ...first,
        steps: [
          { kind: 'goal_set', name: 'pay' },
          { kind: 'goal_completed', same_name: true, not: true, within_s: 600 },
          { kind: 'handoff_requested' },
        ],
      }),
  ],
])('%s: no table of turns or milestones is read from its begin to its end', async (_, query) => {
  const plan = await planOf(query);
  // The partitions of other months are empty.
  expect(plan).not.toMatch(
    /Seq Scan on (conversation_turn_2026_01|turn_word|turn_entity_default|session_milestone|conversation_session)/,
  );
});
