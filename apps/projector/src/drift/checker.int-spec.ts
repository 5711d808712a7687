import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { ListedDifference } from '#read-models';
import {
  allSessions,
  checkSession,
  listDrift,
  recordDrift,
  requestHealing,
  StoredContexts,
} from '#read-models';
import { deleteStream, setMetadata } from '../../../../libs/sessions/src/test-support.ts';
import type { Instance } from '../test-harness.ts';
import { ProjectorHarness, startSession, turn } from '../test-harness.ts';

let harness: ProjectorHarness;
beforeAll(async () => {
  harness = await ProjectorHarness.create();
});
beforeEach(() => harness.reset());
afterAll(() => harness.end());

const often = { perMinute: 60_000, confirmMs: 1 } as const;

/** A session with two turns, in context and rows. */
async function conversation(): Promise<string> {
  const [id = ''] = await harness.sessions(1);
  await harness.send(id, turn(randomUUID(), { extracted_entities: { order_id: 'ORD9823' } }));
  await harness.send(id, turn(randomUUID()));
  await harness.settled([id]);
  return id;
}

/** The same, with one turn, after its stream was deleted. */
async function startedAgain(): Promise<string> {
  const id = await conversation();
  await deleteStream(id, 'soft delete');
  harness.forget(id);
  await harness.send(id, startSession, turn(randomUUID()));
  await harness.settled([id]);
  return id;
}

async function setLanguage(id: string): Promise<void> {
  await harness.pool.query("UPDATE conversation_session SET language = 'xx' WHERE session_id = $1", [id]);
}

async function changeText(id: string): Promise<void> {
  await harness.pool.query(
    "UPDATE conversation_turn SET message_text = 'never said' WHERE session_id = $1 AND revision = 1",
    [id],
  );
}

async function changeMilestone(id: string): Promise<void> {
  await harness.pool.query("UPDATE session_milestone SET name = 'ivr' WHERE session_id = $1", [id]);
}

async function loseCorrelations(id: string): Promise<void> {
  await harness.pool.query('DELETE FROM event_correlation WHERE session_id = $1', [id]);
}

async function changeContext(id: string): Promise<void> {
  const key = `ctx:{${id}}`;
  const text = (await harness.redis.hget(key, 'conversation_flags')) ?? '';
  const changed = text.replace('"retry_attempts":0', '"retry_attempts":7');
  await harness.redis.hset(key, 'conversation_flags', changed);
}

/** The listed differences, once there are any. */
async function listed(): Promise<ListedDifference[]> {
  let found: ListedDifference[] = [];
  await waitUntil(async () => (found = await listDrift(harness.pool)).length > 0, { what: 'a difference' });
  return found;
}

/** How often a counter was raised. */
async function count({ metrics }: Instance, name: string, labels: string): Promise<number> {
  const text = await metrics.registry.getSingleMetricAsString(`turnstream_drift_${name}`);
  const line = text.split('\n').find((each) => each.includes(labels) && !each.startsWith('#'));
  return Number(line?.split(' ').at(-1) ?? 0);
}

const checked = (instance: Instance): Promise<number> => count(instance, 'checks_total', 'result="equal"');

async function look(id: string): Promise<ReturnType<typeof checkSession>> {
  const { store, pool, redis } = harness;
  return checkSession({ store, pool, contexts: new StoredContexts(redis), textSearch: 'off' }, id, {
    mostEvents: 50,
    confirmMs: 1,
  });
}

test.each([
  ['a column of a session', setLanguage, { kind: 'session', field: 'language', problem: 'changed' }],
  [
    'a text of a turn',
    changeText,
    { kind: 'turn', turn_revision: 1, field: 'message_text', problem: 'changed' },
  ],
  ['a correlation', loseCorrelations, { kind: 'correlation', field: 'missing', problem: 'missing' }],
  [
    'a context',
    changeContext,
    { kind: 'context', field: 'conversation_flags.retry_attempts', problem: 'changed' },
  ],
] as const)(
  '%s that was changed is found, counted, listed and healed when asked',
  async (_, change, difference) => {
    const instance = await harness.start({ drift: often });
    const id = await conversation();
    await change(id);
    const found = await listed();
    expect(found).toMatchObject([{ session_id: id, ...difference }]);
    expect(JSON.stringify(found)).not.toContain('never said');
    const { kind, problem } = difference;
    const counted = (): Promise<number> =>
      count(instance, 'differences_total', `kind="${kind}",problem="${problem}"`);
    await waitUntil(async () => (await counted()) > 0, { what: 'it to be counted' });
    expect(await requestHealing(harness.pool, [id])).toEqual([id]);
    await waitUntil(async () => (await listDrift(harness.pool)).length === 0, { what: 'it to be healed' });
    expect(await look(id)).toMatchObject({ result: 'equal' });
    await harness.rowsSettled(id);
  },
);

test('a milestone and a word that were changed are found, and healed when asked', async () => {
  const textSearch = 'all';
  await harness.start({ drift: often, textSearch });
  const id = await conversation();
  await changeMilestone(id);
  await harness.pool.query(
    "UPDATE turn_word SET word = 'never' WHERE (word, revision) = (SELECT word, revision FROM turn_word WHERE session_id = $1 LIMIT 1)",
    [id],
  );
  await waitUntil(async () => (await listDrift(harness.pool)).length === 4, { what: 'the differences' });
  const found = (await listDrift(harness.pool)).map(({ kind, problem }) => `${kind} ${problem}`);
  expect(found.toSorted()).toEqual(['milestone extra', 'milestone missing', 'word extra', 'word missing']);
  expect(await requestHealing(harness.pool, [id])).toEqual([id]);
  await waitUntil(async () => (await listDrift(harness.pool)).length === 0, { what: 'it to be healed' });
  const { store, pool, redis } = harness;
  const sources = { store, pool, contexts: new StoredContexts(redis), textSearch } as const;
  expect(await checkSession(sources, id, { mostEvents: 50, confirmMs: 1 })).toMatchObject({
    result: 'equal',
  });
});

test('healing writes the words of turns, too', async () => {
  await harness.start({ drift: often, textSearch: 'partner' });
  const id = await conversation();
  const words = async (): Promise<unknown> =>
    (await harness.pool.query('SELECT word FROM turn_word WHERE session_id = $1 ORDER BY word', [id])).rows;
  const before = await words();
  expect(before).not.toEqual([]);
  await setLanguage(id);
  await waitUntil(async () => (await listed()).length > 0, { what: 'the difference' });
  await requestHealing(harness.pool, [id]);
  await waitUntil(async () => (await listDrift(harness.pool)).length === 0, { what: 'it to be healed' });
  expect(await words()).toEqual(before);
});

test('heals automatically if configured', async () => {
  const writer = await harness.start();
  const ids = [await conversation(), await startedAgain()];
  await writer.stop();
  await harness.pool.query('DELETE FROM conversation_turn WHERE session_id = ANY ($1)', [ids]);
  const instance = await harness.start({ drift: { ...often, heal: 'automatic' } });
  const healed = (): Promise<number> => count(instance, 'healed_total', 'result="healed"');
  await waitUntil(async () => (await healed()) === 2, { what: 'both to be healed' });
  expect(await listDrift(harness.pool)).toEqual([]);
});

test('raises no alarm while sessions are written', async () => {
  const instance = await harness.start({ drift: often });
  const done = new AbortController();
  const writing = (async () => {
    while (!done.signal.aborted) {
      const ids = await harness.sessions(4);
      for (let turns = 0; turns < 20; turns += 1)
        await Promise.all(ids.map((id) => harness.send(id, turn(randomUUID()))));
    }
  })();
  await waitUntil(async () => (await checked(instance)) >= 15, { what: 'some checks' }).finally(() =>
    done.abort(),
  );
  await writing;
  expect(await listDrift(harness.pool)).toEqual([]);
  expect(await count(instance, 'checks_total', 'result="failed"')).toBe(0);
});

test('all sessions include forks, and those with a row but no start in the store', async () => {
  const instance = await harness.start();
  const [kept, deleted] = [await conversation(), await conversation()];
  await instance.stop();
  const fork = randomUUID();
  await harness.append(fork, 'SessionForked', {});
  await deleteStream(deleted, 'tombstone');
  const erased = randomUUID();
  await harness.append(erased, 'SessionErased', {});
  const rename = `UPDATE conversation_session SET session_id = '${erased}' WHERE session_id = '${kept}'`;
  await harness.pool.query(`DELETE FROM conversation_turn; ${rename}`);
  const found = await Array.fromAsync(allSessions(harness.store, harness.pool));
  const known = new Set([kept, deleted, fork, erased]);
  expect(new Set(found.filter((id) => known.has(id)))).toEqual(known);
});

describe('a session', () => {
  test('without a context is equal', async () => {
    await harness.start();
    const id = await conversation();
    await harness.redis.del(`ctx:{${id}}`);
    expect(await look(id)).toMatchObject({ result: 'equal' });
  });

  test('without a row is reported as missing', async () => {
    const instance = await harness.start();
    const id = await conversation();
    await instance.stop();
    await harness.pool.query('DELETE FROM conversation_turn WHERE session_id = $1', [id]);
    await harness.pool.query('DELETE FROM conversation_session WHERE session_id = $1', [id]);
    expect(await look(id)).toMatchObject({ result: 'equal' });
    await harness.pool.query("UPDATE projection_slot SET current_until = now() + interval '1 hour'");
    expect(await look(id)).toMatchObject({ differences: [{ kind: 'session', problem: 'missing' }] });
  });

  test('that stays behind its stream is found', async () => {
    const instance = await harness.start();
    const id = await conversation();
    await instance.stop();
    await harness.send(id, turn(randomUUID()));
    expect(await look(id)).toMatchObject({ result: 'equal' });
    await harness.pool.query("UPDATE projection_slot SET current_until = now() + interval '1 hour'");
    const { differences } = await look(id);
    expect(differences.map(({ kind, problem }) => `${kind} ${problem}`)).toEqual([
      'context behind',
      'session behind',
    ]);
  });

  test('that is set aside is as it was before its event', async () => {
    await harness.start();
    const id = await conversation();
    await harness.append(id, 'TurnRecorded', {}, { schema_version: 9 });
    await harness.setAside(id);
    expect(await look(id)).toMatchObject({ result: 'equal' });
  });

  test('that was erased has no rows', async () => {
    await harness.start();
    const id = await conversation();
    await harness.send(id, { type: 'EraseSession', partner_id: 'P1', erasure_id: randomUUID() });
    const isGone = async (): Promise<boolean> =>
      (await harness.pool.query('SELECT FROM conversation_session WHERE session_id = $1', [id])).rowCount ===
      0;
    await waitUntil(isGone, { what: 'its rows to be removed' });
    expect(await look(id)).toMatchObject({ result: 'equal' });
  });

  test('whose stream is deleted has to have neither rows nor context', async () => {
    const instance = await harness.start();
    const id = await conversation();
    await instance.stop();
    await deleteStream(id, 'tombstone');
    const { differences } = await look(id);
    expect(differences.map(({ kind, problem }) => `${kind} ${problem}`)).toEqual([
      'context ahead',
      'session ahead',
    ]);
  });

  test('whose first events are deleted is left out', async () => {
    await harness.start();
    const id = await conversation();
    await setMetadata(id, { truncateBefore: 2 });
    await setLanguage(id);
    expect(await look(id)).toMatchObject({ result: 'truncated', differences: [] });
  });

  test('with more events than may be read is left out', async () => {
    const id = randomUUID();
    await harness.appendMany(id, 60);
    expect(await look(id)).toMatchObject({ result: 'too_long', differences: [] });
  });

  test('without its former difference is no longer listed', async () => {
    await harness.start();
    const id = await conversation();
    await changeText(id);
    await recordDrift(harness.pool, await look(id));
    expect(await listDrift(harness.pool)).toHaveLength(1);
    await harness.pool.query(
      "UPDATE conversation_turn SET message_text = 'Where is my payout?' WHERE session_id = $1",
      [id],
    );
    await recordDrift(harness.pool, await look(id));
    expect(await listDrift(harness.pool)).toEqual([]);
    expect(await listDrift(harness.pool, true)).toMatchObject([{ kind: 'turn' }]);
  });
});
