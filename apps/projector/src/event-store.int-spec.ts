import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { ContextStore, listSetAside } from '#read-models';
import { deleteStream, setMetadata } from '../../../libs/sessions/src/test-support.ts';
import { rebuild } from './rebuild/tables.ts';
import type { Instance } from './test-harness.ts';
import { ProjectorHarness, rowsPool, startSession, turn } from './test-harness.ts';

/** The projector when streams of the event store are deleted, or the store is another one than before. */
let harness: ProjectorHarness;
beforeAll(async () => {
  harness = await ProjectorHarness.create();
});
beforeEach(() => harness.reset());
afterAll(() => harness.end());

const nothing = { sessions: [], turns: [] };

/** Sessions with one turn each, and one in the same partition as the first. */
async function conversations(): Promise<[string, string]> {
  const id = randomUUID();
  const neighbour = `${id.slice(0, 1)}${randomUUID().slice(1)}`;
  for (const each of [id, neighbour]) await harness.send(each, startSession, turn(randomUUID()));
  return [id, neighbour];
}

async function keysOf(id: string): Promise<number> {
  return harness.redis.exists(`ctx:{${id}}`, `cmd:{${id}}`);
}

async function untilGone(id: string): Promise<void> {
  const isGone = async (): Promise<boolean> =>
    JSON.stringify(await harness.rows([id])) === JSON.stringify(nothing) && (await keysOf(id)) === 0;
  await waitUntil(isGone, { what: `nothing of ${id}` });
}

describe.each(['tombstone', 'soft delete'] as const)('a %s', (how) => {
  test('removes rows, context and command record of the session', async () => {
    const [id, neighbour] = await conversations();
    await harness.start();
    await harness.settled([id, neighbour]);
    await deleteStream(id, how);
    await untilGone(id);
    expect(await harness.rows([id])).toEqual(nothing);
    expect(await keysOf(neighbour)).toBe(2);
  });

  test('leaves no trace of a session that is projected only afterwards', async () => {
    const [id, neighbour] = await conversations();
    await deleteStream(id, how);
    await harness.start();
    await harness.settled([neighbour]);
    await untilGone(id);
    expect(await harness.rows([id])).toEqual(nothing);
  });

  test('does not hold up the other sessions of the partition', async () => {
    const [id, neighbour] = await conversations();
    await harness.start();
    await deleteStream(id, how);
    await harness.send(neighbour, turn(randomUUID()), turn(randomUUID()));
    expect(await harness.settled([neighbour])).toBe(1);
  });

  test('takes a session that is set aside off the list', async () => {
    const [id, neighbour] = await conversations();
    await harness.start();
    await harness.append(id, 'TurnRecorded', {}, { schema_version: 9 });
    await harness.setAside(id);
    await deleteStream(id, how);
    await untilGone(id);
    await harness.send(neighbour, turn(randomUUID()));
    await harness.settled([neighbour]);
    const { rows } = await harness.pool.query('SELECT session_id FROM set_aside_session');
    expect(rows).toEqual([]);
  });
});

test('a session that starts again after a soft delete is projected from its new beginning', async () => {
  const [id] = await conversations();
  await harness.start();
  await harness.settled([id]);
  await deleteStream(id, 'soft delete');
  await untilGone(id);
  harness.forget(id);
  await harness.send(id, startSession);
  await harness.contextSettled(id);
  await harness.rowsSettled(id);
  expect(await harness.rows([id])).toMatchObject({ sessions: [{ session_id: id }], turns: [] });
});

test('turns that a truncation removes leave the tables', async () => {
  const [id] = await conversations();
  await harness.send(id, turn(randomUUID()));
  await harness.start();
  await harness.settled([id]);
  await setMetadata(id, { truncateBefore: 2 });
  const turns = async (): Promise<number> => {
    const { rowCount } = await harness.pool.query('SELECT FROM conversation_turn WHERE session_id = $1', [
      id,
    ]);
    return rowCount ?? 0;
  };
  await waitUntil(async () => (await turns()) === 1, { what: 'one turn' });
  const contexts = new ContextStore(harness.redis);
  expect((await contexts.load(id))?.revision).toBe(2);
});

test('a truncation below the event that set a session aside leaves it set aside', async () => {
  const [id] = await conversations();
  await harness.append(id, 'TurnRecorded', {}, { schema_version: 9 });
  await setMetadata(id, { truncateBefore: 1 });
  const { projector } = await harness.start();
  expect(await harness.setAside(id)).toMatchObject({ revision: 2 });
  const known = (): number => projector.status().reduce((sum, { set_aside }) => sum + set_aside, 0);
  await waitUntil(() => known() === 1, { what: 'the projector to know it' });
  await harness.append(id, 'FlagRaised', { flag: 'late', value: true });
  const [neighbour] = await conversations();
  await harness.settled([neighbour]);
  expect(known()).toBe(1);
  expect(await harness.rows([id])).toMatchObject({ sessions: [{ revision: '1' }] });
  expect(await listSetAside(harness.pool)).toMatchObject([{ session_id: id, revision: 2 }]);
});

/** Moves every partition's position of rows, contexts, or both, beyond the end of the log. */
async function moveBeyondEnd(...what: ('rows' | 'contexts')[]): Promise<void> {
  const position = (await harness.store.head()) + 1_000_000_000n;
  if (what.includes('rows')) await harness.pool.query('UPDATE projection_slot SET position = $1', [position]);
  if (!what.includes('contexts')) return;
  for (const key of await harness.redis.keys('projection:*')) await harness.redis.set(key, String(position));
}

describe('an event store that was restored to an earlier state', () => {
  let ids: [string, string];
  beforeEach(async () => {
    ids = await conversations();
    const projector = await harness.start();
    await harness.settled(ids);
    await projector.stop();
  });

  test.each([[['rows']], [['contexts']], [['rows', 'contexts']]] as const)(
    'does not stop later events, with %j ahead of it',
    async (what) => {
      await moveBeyondEnd(...what);
      await harness.start();
      for (const id of ids) await harness.send(id, turn(randomUUID()));
      expect(await harness.settled(ids)).toBe(2);
    },
  );

  test('removes contexts that are ahead of it', async () => {
    const [id] = ids;
    await harness.redis.hset(`ctx:{${id}}`, 'revision', 50);
    await moveBeyondEnd('contexts');
    await harness.start();
    await waitUntil(async () => (await keysOf(id)) === 0, { what: 'the context to be dropped' });
    await harness.send(id, turn(randomUUID()));
    await harness.contextSettled(id);
    expect(await keysOf(id)).toBe(2);
  });

  test('makes the projector unready until the rows are rebuilt', async () => {
    await moveBeyondEnd('rows');
    const { projector, health, metrics } = await harness.start();
    const isAhead = (): boolean => projector.status().some(({ ahead_of_store }) => ahead_of_store);
    await waitUntil(isAhead, { what: 'the state to be noticed' });
    expect((await health.ready()).checks['partitions']?.error).toContain('npm run rebuild');
    expect(await metrics.registry.getSingleMetricAsString('projector_partitions_ahead_of_store')).toMatch(
      / [1-4]$/,
    );
    await rebuild({
      store: harness.store,
      pool: (settings) => rowsPool(harness.database.url, settings ?? ''),
      textSearch: 'off',
    });
    const isReady = async (): Promise<boolean> => (await health.ready()).status === 'ok';
    await waitUntil(isReady, { what: 'the projector to be ready' });
    expect(await harness.settled(ids)).toBe(2);
  });

  test('is remembered by the projectors that start later', async () => {
    await moveBeyondEnd('rows');
    const first = await harness.start();
    await waitUntil(() => first.projector.status().some(({ ahead_of_store }) => ahead_of_store), {
      what: 'the state to be noticed',
    });
    await first.stop();
    const second = await harness.start();
    await waitUntil(() => second.projector.status().length === 4, { what: 'the partitions' });
    expect(second.projector.status().some(({ ahead_of_store }) => ahead_of_store)).toBe(true);
  });
});

test('a stored checkpoint of 2^64-1 is ignored', async () => {
  const [id] = await conversations();
  for (const digit of '0123456789abcdef')
    await harness.redis.set(`projection:session-${digit}`, '18446744073709551615');
  await harness.start();
  expect(await harness.settled([id])).toBe(1);
});

describe('readiness', () => {
  test('fails while partitions have no owner and the projector has none of them', async () => {
    const { health } = await harness.instance();
    expect((await health.ready()).checks['partitions']?.error).toContain('no owner');
  });

  test('fails while there are no partitions', async () => {
    const { health } = await harness.instance();
    await harness.pool.query('TRUNCATE projection_slot');
    expect((await health.ready()).checks['partitions']?.error).toContain('no partitions');
  });

  test('succeeds without a partition when others have them all', async () => {
    const { projector } = await harness.start({ name: 'a' });
    await waitUntil(() => projector.status().length === 4, { what: 'all partitions to be taken' });
    const { health } = await harness.instance({ name: 'b' });
    expect((await health.ready()).status).toBe('ok');
  });
});

/** A projector that has confirmed its rows, and the age of the oldest confirmation (seconds). */
async function confirmed(): Promise<{ instance: Instance; lag: () => number }> {
  const instance = await harness.start();
  const lag = (): number => Math.max(...instance.projector.status().map(({ lag_s }) => lag_s ?? Infinity));
  await waitUntil(() => instance.projector.status().length === 4 && lag() < 2, { what: 'current rows' });
  return { instance, lag };
}

describe('rows are not said to be current', () => {
  test('while the event store does not answer', async () => {
    const { instance, lag } = await confirmed();
    instance.deps.store.ping = () => new Promise(() => undefined);
    await waitUntil(() => lag() > 2, { what: 'a lag' });
    expect(instance.projector.status().every(({ lag_s }) => lag_s !== 0)).toBe(true);
  });
});

test('rows continue while more events than may wait have no context, and contexts catch up', async () => {
  const { instance } = await confirmed();
  const [id = ''] = await harness.sessions(1);
  await harness.settled([id]);
  await harness.redisProxy.cut();
  await harness.appendMany(id, 6_000);
  await harness.rowsSettled(id);
  await harness.redisProxy.restore();
  await harness.contextSettled(id);
  const areLive = (): boolean => instance.projector.status().every(({ state }) => state === 'live');
  await waitUntil(areLive, { what: 'all partitions to be live' });
  expect(await listSetAside(harness.pool)).toEqual([]);
});
