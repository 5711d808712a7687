import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RowsStore } from '../tables/store.ts';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase, Script, startSession, turn } from '../test-support.ts';
import type { ForkChoice } from './conditions.ts';
import { listSessions } from './sessions.ts';
import { listTurns } from './turns.ts';

const partner_id = 'P1';
const source = new Script();
const fork = new Script();
let database: TestDatabase;

/** A session with a turn and its fork with another turn, about orders. */
beforeAll(async () => {
  database = await createDatabase();
  source.request(startSession);
  source.request(turn(randomUUID(), { extracted_entities: { order_id: 'ORD1' } }));
  source.request({ type: 'SetGoal', goal: 'pay', step: null });
  fork.request({
    type: 'ForkSession',
    partner_id,
    source: source.session,
    latest: source.session.state.session,
    purpose: 'what_if',
    expires_in_s: null,
  });
  fork.request(turn(randomUUID(), { extracted_entities: { order_id: 'ORD2' } }));
  const items = [source, fork].flatMap(({ sessionId: session_id, events }) =>
    events.map((event) => ({ session_id, event, position: 1n })),
  );
  const writer = { partition: 0, owner: 'spec', epoch: 0n, position: null };
  await new RowsStore(database.pool, { textSearch: 'off', rebuilding: true }).write(writer, items, 1n, null);
});
afterAll(() => database.drop());

const sessions = async (forks?: ForkChoice): Promise<string[]> =>
  (await listSessions(database.pool, { limit: 10, forks })).items.map((row) => row.session_id);
const turns = async (more: object): Promise<(string | null)[][]> =>
  (await listTurns(database.pool, { limit: 10, ...more })).items.map((row) => [
    row.session_id,
    row.forked_from,
  ]);
const ofSource = [source.sessionId, null];
const ofFork = [fork.sessionId, source.sessionId];

test('a fork is in a list of sessions only when requested', async () => {
  expect(await sessions()).toEqual([source.sessionId]);
  expect(await sessions('exclude')).toEqual([source.sessionId]);
  expect(await sessions('only')).toEqual([fork.sessionId]);
  expect((await sessions('include')).toSorted()).toEqual([source.sessionId, fork.sessionId].toSorted());
});

test('a fork is marked and starts with the task of its session', async () => {
  const { items } = await listSessions(database.pool, { limit: 10, forks: 'only' });
  expect(items).toMatchObject([
    { forked_from: source.sessionId, current_task: 'pay', partner_id, revision: 1 },
  ]);
});

test('turns of forks are in a list only when requested', async () => {
  expect(await turns({})).toEqual([ofSource]);
  expect(await turns({ forks: 'only' })).toEqual([ofFork]);
  const all = await turns({ forks: 'include' });
  expect(all).toHaveLength(2);
  expect(all).toEqual(expect.arrayContaining([ofSource, ofFork]));
});

test('the turns of one fork are listed by its id', async () => {
  expect(await turns({ session_id: fork.sessionId })).toEqual([ofFork]);
  expect(await turns({ session_id: fork.sessionId, forks: 'exclude' })).toEqual([]);
});

test('updates about an order do not concern a fork', async () => {
  const { rows } = await database.pool.query('SELECT session_id, reference FROM session_reference');
  expect(rows).toEqual([{ session_id: source.sessionId, reference: 'ORD1' }]);
});
