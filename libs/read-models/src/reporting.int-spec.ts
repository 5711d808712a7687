import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Pool } from 'pg';
import type { SessionCommand } from '#domain';
import { rebuildTables } from './tables/rebuild.ts';
import type { TestDatabase } from './test-support.ts';
import { createDatabase, rowsPool, Script, startSession, TablesWriter, turn } from './test-support.ts';

let database: TestDatabase;
let reader: Pool;
let fork: Script;
beforeAll(async () => {
  database = await createDatabase();
  await database.pool.query('GRANT turnstream_reader TO CURRENT_USER WITH INHERIT FALSE, SET TRUE');
  reader = rowsPool(database.url, 'SET ROLE turnstream_reader');
  const tables = await TablesWriter.create(database.pool);
  for (const channel of ['ivr', 'whatsapp', 'whatsapp']) {
    const script = new Script();
    script.request({ ...startSession, channel } as typeof startSession);
    const answer = { turn_id: randomUUID(), message_text: 'Tomorrow.' };
    script.request(turn(randomUUID(), { response: answer }));
    script.request(turn(randomUUID(), { parsed_intent: 'greet', intent_confidence: 0.5 }));
    if (channel === 'ivr') {
      script.request({ type: 'SetGoal', goal: 'pay', step: null });
      script.request({ type: 'RaiseFlag', flag: 'vip', value: true });
      script.request({ type: 'RequestHandoff', reason: null });
      fork = new Script();
      fork.request(forkOf(script));
      fork.request({ type: 'RaiseFlag', flag: 'angry', value: true });
      fork.request(turn(randomUUID()));
      await tables.write(fork.sessionId, fork.events);
    }
    await tables.write(script.sessionId, script.events);
  }
});
afterAll(async () => {
  await reader.end();
  await database.drop();
});

function forkOf({ session }: Script): SessionCommand {
  const purpose = 'what_if';
  const latest = session.state.session;
  return { type: 'ForkSession', partner_id: 'P1', source: session, latest, purpose, expires_in_s: null };
}

const day = "day = '2026-01-05'";

test('a reply is in the row of its question and counted once', async () => {
  const { rows } = await reader.query(
    `SELECT count(*)::int AS turns, count(*) FILTER (WHERE sender = 'bot')::int AS bot,
       (SELECT count(*)::int FROM reporting.exchanges WHERE response_text = 'Tomorrow.') AS answered
     FROM reporting.turns`,
  );
  expect(rows).toEqual([{ turns: 9, bot: 3, answered: 3 }]);
});

test('days are broken down by intent, channel and status', async () => {
  const intents = await reader.query(
    `SELECT channel, parsed_intent, turns::int, sessions::int, round(mean_confidence::numeric, 2)::float AS mean
     FROM reporting.daily_intents WHERE ${day} ORDER BY channel, parsed_intent`,
  );
  expect(intents.rows).toEqual([
    { channel: 'ivr', parsed_intent: 'ask_payment_status', turns: 1, sessions: 1, mean: 0.9 },
    { channel: 'ivr', parsed_intent: 'greet', turns: 1, sessions: 1, mean: 0.5 },
    { channel: 'whatsapp', parsed_intent: 'ask_payment_status', turns: 2, sessions: 2, mean: 0.9 },
    { channel: 'whatsapp', parsed_intent: 'greet', turns: 2, sessions: 2, mean: 0.5 },
  ]);
  const channels = await reader.query(
    `SELECT channel, user_turns::int, bot_turns::int FROM reporting.daily_channels WHERE ${day} ORDER BY channel`,
  );
  expect(channels.rows).toEqual([
    { channel: 'ivr', user_turns: 2, bot_turns: 1 },
    { channel: 'whatsapp', user_turns: 4, bot_turns: 2 },
  ]);
  const sessions = await reader.query(
    `SELECT channel, status, sessions::int FROM reporting.daily_sessions WHERE ${day} ORDER BY channel`,
  );
  expect(sessions.rows).toEqual([
    { channel: 'ivr', status: 'active', sessions: 1 },
    { channel: 'whatsapp', status: 'active', sessions: 2 },
  ]);
});

test('handoffs and flags are counted by day', async () => {
  const { rows } = await reader.query(
    `SELECT kind, name, count(*)::int AS times FROM reporting.milestones
     WHERE ${day} AND kind <> 'session_started' GROUP BY kind, name ORDER BY kind`,
  );
  expect(rows).toEqual([
    { kind: 'flag_raised', name: 'vip', times: 1 },
    { kind: 'goal_set', name: 'pay', times: 1 },
    { kind: 'handoff_requested', name: null, times: 1 },
  ]);
});

test('a fork is in the views of forks only', async () => {
  const { rows: views } = await reader.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.columns
     WHERE table_schema = 'reporting' AND column_name = 'session_id' ORDER BY 1`,
  );
  const having = await Promise.all(
    views.map(async ({ name }) => {
      const query = `SELECT FROM reporting.${name} WHERE session_id = $1`;
      return (await reader.query(query, [fork.sessionId])).rowCount === 0 ? [] : [name];
    }),
  );
  expect(having.flat()).toEqual(['fork_turns', 'forks']);
});

const tables = [
  'conversation_turn',
  'conversation_session',
  'session_milestone',
  'personal_token',
  'turn_entity',
  'partner_privacy',
];
test.each(tables)('the reader role cannot see the table %s', async (table) => {
  await expect(reader.query(`SELECT FROM ${table}`)).rejects.toThrow(`permission denied for table ${table}`);
});

test('the reader role cannot write', async () => {
  await expect(reader.query('DELETE FROM reporting.sessions')).rejects.toThrow('permission denied for view');
  await expect(reader.query('CREATE TABLE public.mine ()')).rejects.toThrow('permission denied for schema');
  await expect(reader.query(`SELECT add_turn_partition('conversation_turn', '2026-01-01')`)).rejects.toThrow(
    'permission denied for function',
  );
});

test('a switch without the right to change the views fails instead of leaving them on the old tables', async () => {
  await expect(reader.query("SELECT create_reporting_views('rebuild')")).rejects.toThrow(
    'the tables of before',
  );
  await reader.query("SELECT create_reporting_views('public')");
});

test('a rebuild keeps the views, their grants and the views built on them', async () => {
  await database.pool.query('CREATE VIEW public.mine AS SELECT count(*)::int AS turns FROM reporting.turns');
  await rebuildTables(database.pool, {
    fill: () =>
      database.pool
        .query(
          `INSERT INTO rebuild.conversation_session SELECT * FROM public.conversation_session;
           INSERT INTO rebuild.session_milestone SELECT * FROM public.session_milestone WHERE kind = 'goal_set';
           INSERT INTO rebuild.conversation_turn SELECT * FROM public.conversation_turn WHERE sender = 'bot'`,
        )
        .then(() => undefined),
    reach: () => Promise.resolve(1n),
  });
  expect((await reader.query('SELECT count(*)::int AS turns FROM reporting.turns')).rows).toEqual([
    { turns: 3 },
  ]);
  expect((await reader.query('SELECT kind FROM reporting.milestones')).rows).toEqual([{ kind: 'goal_set' }]);
  expect((await database.pool.query('SELECT turns FROM public.mine')).rows).toEqual([{ turns: 3 }]);
});
