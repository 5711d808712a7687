import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RecordedEvent, SessionCommand } from '#domain';
import { PartitionLeaseStore } from '#partitions';
import { pageBytes, withClient } from '#platform';
import { MemoryKeyStore, testDataKeys } from '../../../privacy/src/keys/test-keys.ts';
import { eraseRows } from '../erasure/rows.ts';
import { RowsStore } from '../tables/store.ts';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase, Script, startSession, turn } from '../test-support.ts';
import { WordIndex } from '../text-search/word-index.ts';
import type { TextSearchScope } from '../text-search/config.ts';
import { findJourneys } from './journeys.ts';
import { listSessions } from './sessions.ts';
import { pages, within } from './test-pages.ts';
import { partnerTimeline } from './timeline.ts';
import { countTurns } from './turn-counts.ts';
import { listTurns } from './turns.ts';

const keys = testDataKeys(new MemoryKeyStore());
let database: TestDatabase;
let position = 0n;

/** A session whose commands come at the given minutes after nine, on a day of January 2026. */
function session(
  partner_id: string,
  day: string,
  steps: readonly (readonly [number, SessionCommand])[],
): Script {
  const script = new Script();
  script.request({ ...startSession, partner_id } as SessionCommand);
  const minutes = [0];
  for (const [minute, command] of steps) {
    const before = script.events.length;
    script.request(command);
    for (let n = before; n < script.events.length; n += 1) minutes.push(minute);
  }
  const events = script.events.map((event, index) => at(event, day, minutes[index] ?? 0));
  script.events.splice(0, Infinity, ...events);
  return script;
}

function at(event: RecordedEvent, day: string, minute: number): RecordedEvent {
  const occurred_at = new Date(Date.parse(`${day}T09:00:00.000Z`) + minute * 60_000).toISOString();
  return { ...event, metadata: { ...event.metadata, occurred_at } };
}

const goal = { type: 'SetGoal', goal: 'pay', step: null } as const;
const done = { type: 'UpdateGoal', goal: 'pay', step: null, status: 'completed' } as const;
const handoff = { type: 'RequestHandoff', reason: null } as const;
const flag = { type: 'RaiseFlag', flag: 'vip', value: true } as const;
const said = (message_text: string, more: object = {}): SessionCommand =>
  turn(randomUUID(), { message_text, ...more });

const slow = session('P1', '2026-01-05', [
  [1, goal],
  [2, said('Mera paisa kab aayega?')],
  [20, handoff],
  [21, said('A person, please', { parsed_intent: 'ask_person' })],
]);
const quick = session('P1', '2026-01-06', [
  [1, goal],
  [2, said('मेरा पैसा कहाँ है?')],
  [5, done],
  [20, handoff],
  [22, { type: 'SwitchChannel', channel: 'ivr' }],
  [23, said('Hello on the phone')],
]);
const calm = session('P2', '2026-01-06', [
  [1, flag],
  [2, said('where is my PAISA', { parsed_intent: null })],
  [3, said('thanks', { sender: 'bot', parsed_intent: null, bot_action: 'greet' })],
]);

async function write(script: Script, scope: TextSearchScope): Promise<void> {
  const items = script.events.map((event) => ({
    session_id: script.sessionId,
    event,
    position: (position += 10n),
  }));
  await new RowsStore(database.pool, { textSearch: scope, keys, rebuilding: true }).write(
    { partition: 0, epoch: 0n, owner: 'test', position: null },
    items,
    position,
    null,
  );
}

beforeAll(async () => {
  database = await createDatabase();
  await new PartitionLeaseStore(database.pool, 'test', 60_000).ensure(1);
  for (const script of [slow, quick]) await write(script, 'partner');
  await write(calm, 'partner');
});
afterAll(() => database.drop());

async function texts(filter: Omit<Parameters<typeof listTurns>[1], 'limit'>): Promise<string[]> {
  const { items } = await listTurns(database.pool, { ...filter, limit: 50 }, undefined, keys);
  return items.map(({ message_text }) => message_text);
}

describe('turns are found', () => {
  test.each<[string, object, number]>([
    ['by partner', { partner_id: 'P1' }, 4],
    ['by their channel', { channel: 'ivr' }, 1],
    ['by the current goal at their time', { goal: 'pay' }, 3],
    ['by a flag of their session', { flag: 'vip' }, 2],
    ['by a handoff of their session', { handoff: 'requested' }, 4],
    ['without a handoff', { handoff: 'none' }, 2],
    ['by who recorded them', { actor_role: 'agent', actor_id: 'test' }, 6],
    ['by an unknown actor', { actor_id: 'other' }, 0],
    ['by several at once', { partner_id: 'P1', parsed_intent: 'ask_person', handoff: 'requested' }, 1],
    ['by an outcome of an inquiry', { inquiry_outcome: 'failed' }, 0],
    ['of partners and channels', { partners: ['P2'], channels: ['whatsapp'] }, 2],
  ])('%s', async (_, filter, count) => {
    expect(await texts(filter)).toHaveLength(count);
  });

  test('the newest first, each once, over pages', async () => {
    const pages: string[] = [];
    let after: string | undefined;
    do {
      const { items, next } = await listTurns(
        database.pool,
        { order: 'desc', limit: 2, after },
        undefined,
        keys,
      );
      pages.push(...items.map(({ message_text }) => message_text));
      after = next ?? undefined;
    } while (after !== undefined);
    expect(pages).toEqual((await texts({})).toReversed());
  });
});

async function found(filter: object): Promise<string[]> {
  const { items } = await listSessions(database.pool, { ...filter, limit: 50 });
  return items.map(({ session_id }) => session_id);
}

test('sessions are found by what happened in them and what their turns are', async () => {
  expect(await found({ goal: 'pay', order: 'asc' })).toEqual([slow.sessionId, quick.sessionId]);
  expect(await found({ flag: 'vip' })).toEqual([calm.sessionId]);
  expect(await found({ handoff: 'none' })).toEqual([calm.sessionId]);
  expect(await found({ parsed_intent: 'ask_person', sender: 'user' })).toEqual([slow.sessionId]);
  expect(await found({ parsed_intent: 'ask_person', sender: 'bot' })).toEqual([]);
  expect(await found({ from: '2026-01-06T00:00:00Z', partner_id: 'P1' })).toEqual([quick.sessionId]);
  expect(await found({ from: '0001-01-01T00:00:00Z', blind_index: 'other' })).toEqual([]);
});

async function search(text: string, partner_id: string): Promise<string[]> {
  const index = await WordIndex.load('partner', keys);
  return texts({ partner_id, words: index.wordsOf(text, await keys.of(partner_id)) });
}

describe('words', () => {
  test('are found across English, Hindi and Hinglish', async () => {
    for (const text of ['paisa', 'पैसा', 'mera PAISE'])
      expect(await search(text, 'P1')).toEqual(['Mera paisa kab aayega?', 'मेरा पैसा कहाँ है?']);
    expect(await search('paisa kab', 'P1')).toEqual(['Mera paisa kab aayega?']);
    expect(await search('where paisa', 'P2')).toEqual(['where is my PAISA']);
    expect(await search('kab', 'P2')).toEqual([]);
  });

  test('are stored as hashes that differ per partner, and are deleted with the partner', async () => {
    const { rows } = await database.pool.query<{ word: string; partner_id: string }>(
      'SELECT DISTINCT word, partner_id FROM turn_word',
    );
    expect(rows.every(({ word }) => /^[\w-]{22}$/.test(word))).toBe(true);
    expect(new Set(rows.map(({ word }) => word)).size).toBe(rows.length);
    const gone = session('P9', '2026-01-07', [
      [1, flag],
      [2, said('paisa')],
    ]);
    await write(gone, 'partner');
    await eraseRows(database.pool, {
      partner_id: 'P9',
      before: new Date().toISOString(),
      session_ids: [gone.sessionId],
    });
    for (const table of ['turn_word', 'session_milestone'])
      expect((await database.pool.query(`SELECT FROM ${table} WHERE partner_id = 'P9'`)).rowCount).toBe(0);
  });
});

test('a partner has one timeline over sessions and channels, in pages', async () => {
  const kinds: string[] = [];
  let after: string | undefined;
  do {
    const page = await partnerTimeline(
      database.pool,
      { partner_id: 'P1', order: 'asc', limit: 3, after },
      keys,
    );
    kinds.push(...page.items.map(({ kind, name, turn }) => [kind, turn?.message_text ?? name].join(' ')));
    after = page.next ?? undefined;
  } while (after !== undefined);
  expect(kinds).toEqual([
    'session_started whatsapp',
    'goal_set pay',
    'turn Mera paisa kab aayega?',
    'handoff_requested ',
    'turn A person, please',
    'session_started whatsapp',
    'goal_set pay',
    'turn मेरा पैसा कहाँ है?',
    'goal_completed pay',
    'handoff_requested ',
    'channel_switched ivr',
    'turn Hello on the phone',
  ]);
  const newest = await partnerTimeline(database.pool, { partner_id: 'P1', order: 'desc', limit: 1 }, keys);
  expect(newest.items).toMatchObject([{ kind: 'turn', turn: { channel: 'ivr' } }]);
});

test('a page of a timeline ends by bytes, and the next one continues', async () => {
  const request = { partner_id: 'P1', order: 'asc', limit: 500 } as const;
  const items = await withClient(database.pool, async (client) => {
    await client.query(
      `BEGIN; UPDATE conversation_turn SET message_text = repeat('x', 300000) WHERE partner_id = 'P1'`,
    );
    const found = await pages((after) => within(pageBytes, partnerTimeline(client, { ...request, after })));
    await client.query('ROLLBACK');
    return found;
  });
  expect(items.filter(({ kind }) => kind === 'turn')).toHaveLength(4);
  expect(items).toHaveLength(12);
});

function count(by: Parameters<typeof countTurns>[1]['by'], more: object = {}) {
  return countTurns(database.pool, { by, timezone: 'UTC', limit: 10, ...more });
}

test('turns are counted by day of a time zone, intent, channel and outcome', async () => {
  expect(await count(['day', 'outcome'])).toEqual({
    counts: [
      { day: '2026-01-05', outcome: 'handoff', turns: 2, sessions: 1 },
      { day: '2026-01-06', outcome: 'handoff', turns: 2, sessions: 1 },
      { day: '2026-01-06', outcome: 'open', turns: 2, sessions: 1 },
    ],
    truncated: false,
  });
  expect((await count(['day'], { timezone: 'Pacific/Kiritimati' })).counts).toMatchObject([
    { day: '2026-01-05' },
    { day: '2026-01-06' },
  ]);
  expect((await count(['channel'], { partner_id: 'P1' })).counts).toEqual([
    { channel: 'whatsapp', turns: 3, sessions: 2 },
    { channel: 'ivr', turns: 1, sessions: 1 },
  ]);
  expect(await count([], { limit: 1 })).toMatchObject({ counts: [{ turns: 6, sessions: 3 }] });
  expect(await count(['intent'], { limit: 1 })).toMatchObject({ truncated: true });
});

describe('journeys', () => {
  const period = { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z', limit: 10 };
  const found = async (steps: Parameters<typeof findJourneys>[1]['steps'], more: object = {}) =>
    (await findJourneys(database.pool, { ...period, ...more, steps })).items.map(
      ({ session_id }) => session_id,
    );
  const set = { kind: 'goal_set', name: 'pay' };

  test('find a goal that was not completed within ten minutes before a handoff request', async () => {
    const not = { kind: 'goal_completed', same_name: true, not: true, within_s: 600 };
    expect(await found([set, not, { kind: 'handoff_requested' }])).toEqual([slow.sessionId]);
    expect(await found([set, { ...not, within_s: 60 }, { kind: 'handoff_requested' }])).toHaveLength(2);
    expect(await found([set, not, { kind: 'handoff_requested', within_s: 600 }])).toEqual([]);
    expect(await found([set, not, { kind: 'handoff_requested', after_s: 600 }])).toEqual([slow.sessionId]);
    expect(await found([set, not])).toEqual([slow.sessionId]);
  });

  test('do not match an absent step before its time is over', async () => {
    const never = { kind: 'flag_raised', name: 'never', not: true };
    expect(await found([set, { ...never, within_s: 60 }])).toHaveLength(2);
    expect(await found([set, { ...never, within_s: 1e9 }])).toEqual([]);
    expect(await found([set, { ...never, within_s: 1e9 }, { kind: 'handoff_requested' }])).toEqual([]);
  });

  test('match an absent step up to the next step', async () => {
    const before = [set, { kind: 'goal_completed', not: true }, { kind: 'channel_switched' }];
    expect(await found(before)).toEqual([]);
    expect(await found([set, { kind: 'flag_raised', not: true }, { kind: 'channel_switched' }])).toEqual([
      quick.sessionId,
    ]);
  });

  test('come in pages, limited to the reachable partners and channels', async () => {
    const first = await findJourneys(database.pool, { ...period, limit: 1, steps: [set] });
    expect(first.items).toMatchObject([
      { session_id: slow.sessionId, forked_from: null, steps: [{ kind: 'goal_set', name: 'pay' }] },
    ]);
    expect(await found([set], { after: first.next ?? undefined })).toEqual([quick.sessionId]);
    expect(await found([set], { partners: ['P2'] })).toEqual([]);
    expect(await found([set], { channels: ['ivr'] })).toEqual([quick.sessionId]);
  });
});
