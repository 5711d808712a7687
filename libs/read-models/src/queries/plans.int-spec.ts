import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PartitionLeaseStore } from '#partitions';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase } from '../test-support.ts';
import { findJourneys } from './journeys.ts';
import type { Queryable } from './queryable.ts';
import { listSessions } from './sessions.ts';
import { partnerTimeline } from './timeline.ts';
import { countTurns } from './turn-counts.ts';
import { generateTurns } from './test-turns.ts';
import { followTurns } from './turn-feed.ts';
import { listTurns } from './turns.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query('RESET ALL');
  await new PartitionLeaseStore(database.pool, 'test', 60_000).ensure(1);
  await generateTurns(database.pool, { sessions: 4_000, partners: 200, everyS: 600 });
  // One turn of ten has the same value and word.
  for (const [table, column] of [
    ['turn_entity', 'blind_index'],
    ['turn_word', 'word'],
  ])
    await database.pool.query(
      `INSERT INTO ${table} (${column}, ordered_at, session_id, revision, partner_id)
       SELECT 'common', ordered_at, session_id, revision, partner_id FROM conversation_turn WHERE revision = 5`,
    );
  await database.pool.query('ANALYZE turn_entity, turn_word');
});
afterAll(() => database.drop());

/** PostgreSQL's plan for a query of an analyst. */
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
const active_since = '2026-01-10T00:00:00Z';

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
  ['turns with a common value', (db) => listTurns(db, { ...first, blind_index: 'common' })],
  [
    'turns with a common value, the newest of a sender',
    (db) => listTurns(db, { ...first, blind_index: 'common', sender: 'user', order: 'desc' }),
  ],
  ['turns with a common word', (db) => listTurns(db, { ...first, words: ['common', 'word_7'] })],
  [
    'turns of a partner with a value',
    (db) => listTurns(db, { ...first, partner_id: 'P7', blind_index: 'value_7' }),
  ],
  [
    'turns of a partner with a word',
    (db) => listTurns(db, { ...first, partner_id: 'P7', words: ['word_7'] }),
  ],
  ['turns with two words', (db) => listTurns(db, { ...first, words: ['word_7', 'word_8'] })],
  ['turns as they became visible', (db) => followTurns(db, { ...first, partner_id: 'P7' })],
  ['turns of recent sessions', (db) => listTurns(db, { ...first, order: 'desc', active_since })],
  ['sessions, the newest', (db) => listSessions(db, first)],
  ['sessions, the newest of recent ones', (db) => listSessions(db, { ...first, active_since })],
  [
    'sessions with a goal and an intent',
    (db) => listSessions(db, { ...first, ...period, goal: 'pay', parsed_intent: 'intent_3' }),
  ],
  ['a timeline', (db) => partnerTimeline(db, { ...first, partner_id: 'P7', order: 'desc' })],
  [
    'a timeline of recent sessions',
    (db) => partnerTimeline(db, { ...first, partner_id: 'P7', order: 'desc', active_since }),
  ],
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
])('%s: no table of turns or milestones is scanned sequentially', async (_, query) => {
  const plan = await planOf(query);
  // The partitions of other months are empty.
  expect(plan).not.toMatch(
    /Seq Scan on (conversation_turn_2026_01|turn_word|turn_entity_2026_01|session_milestone|conversation_session)/,
  );
});
