import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { ContextStore, listSessions, listSetAside, requestRedrive, SessionSetAsideError } from '#read-models';
import { EventCodec, foldStream, UnprojectableEventError } from '#sessions';
import { newSession } from '#domain';
import { rebuild } from '../rebuild/tables.ts';
import { ProjectorHarness, rowsPool, turn } from '../test-harness.ts';

jest.setTimeout(120_000);

let harness: ProjectorHarness;
let contexts: ContextStore;
beforeAll(async () => {
  harness = await ProjectorHarness.create(10);
  contexts = new ContextStore(harness.redis, { ttlSeconds: 60 });
});
beforeEach(() => harness.reset());
afterAll(() => harness.end());

/** Data of a turn that everything can fold and store. */
const turnData = {
  turn_id: randomUUID(),
  message_id: null,
  sender: 'user',
  message_text: 'Hello',
  parsed_intent: null,
  intent_confidence: null,
  extracted_entities: {},
  in_reply_to: null,
  bot_action: null,
};

type EventFields = Readonly<Record<string, unknown>>;
type Bad = (id: string) => Promise<number>;
const newerVersion: Bad = (id) => harness.append(id, 'TurnRecorded', turnData, { schema_version: 2 });
const unfoldable: Bad = (id) => harness.append(id, 'TurnRecorded', { turn_id: randomUUID(), sender: 'user' });
const malformedId: Bad = (id) => harness.append(id, 'TurnRecorded', { ...turnData, turn_id: 'x' });
/** Longer than an entry of an index may be, and hardly compressible. */
const tooLong = Array.from({ length: 200 }, () => randomUUID()).join('');
const refused: Bad = (id) => harness.append(id, 'TurnRecorded', { ...turnData, parsed_intent: tooLong });

/** A codec that reads version 2 of a turn: the newer code. */
const newerCode = new EventCodec({ TurnRecorded: [(data) => data] });

async function say(...ids: string[]): Promise<void> {
  await Promise.all(ids.map((id) => harness.send(id, turn(randomUUID()))));
}

/** Sessions of which one has a bad event between two good ones; the other ones are good. */
async function conversations(bad: Bad): Promise<{ id: string; revision: number; others: string[] }> {
  const ids = await harness.sessions(6);
  await say(...ids);
  const [id, ...others] = ids as [string, ...string[]];
  const revision = await bad(id);
  await harness.append(id, 'FlagRaised', { flag: 'later', value: true });
  await say(...others);
  return { id, revision, others };
}

async function rowRevision(id: string): Promise<number | undefined> {
  const { rows } = await harness.pool.query<{ revision: number }>(
    'SELECT revision::int FROM conversation_session WHERE session_id = $1',
    [id],
  );
  return rows[0]?.revision;
}

async function contextRevision(id: string): Promise<number | undefined> {
  return (await contexts.load(id))?.revision;
}

async function isBack(id: string): Promise<boolean> {
  return (await listSetAside(harness.pool)).every(({ session_id }) => session_id !== id);
}

const kinds: [string, Bad, string][] = [
  ['of a newer schema version', newerVersion, 'newer_schema_version'],
  ['that cannot be folded', unfoldable, 'malformed_event'],
  ['with a malformed id', malformedId, 'turn_id is not a UUID'],
  ['that PostgreSQL refuses', refused, 'index row'],
];

describe.each(kinds)('an event %s', (_, bad, reason) => {
  test('sets its session aside, with the event, its position and the reason', async () => {
    const { id, revision } = await conversations(bad);
    await harness.start();
    const entry = await harness.setAside(id);
    expect(entry).toMatchObject({ revision, type: 'TurnRecorded', event_id: expect.any(String) });
    expect(entry.reason).toContain(reason);
    expect(Number(entry.position)).toBeGreaterThan(0);
    expect(Date.parse(entry.since)).not.toBeNaN();
  });

  test('leaves row and context of its session as they were before it', async () => {
    const { id, revision, others } = await conversations(bad);
    await harness.start();
    await harness.setAside(id);
    await harness.settled(others);
    await waitUntil(async () => (await contextRevision(id)) === revision - 1, { what: 'the context' });
    expect(await rowRevision(id)).toBe(revision - 1);
  });

  test('does not hold up the other sessions', async () => {
    const { others } = await conversations(bad);
    await harness.start();
    expect(await harness.settled(others)).toBe(5);
  });

  test('that comes while the projector runs leaves row and context as they were before it', async () => {
    const [id, other] = (await harness.sessions(2)) as [string, string];
    await harness.start();
    await harness.settled([id, other]);
    const revision = await bad(id);
    await harness.append(id, 'FlagRaised', { flag: 'later', value: true });
    await say(other);
    await harness.setAside(id);
    await harness.settled([other]);
    await waitUntil(async () => (await contextRevision(id)) === revision - 1, { what: 'the context' });
    expect(await rowRevision(id)).toBe(revision - 1);
  });

  test('makes the context say that the session is set aside', async () => {
    const { id, revision } = await conversations(bad);
    await harness.start();
    await harness.setAside(id);
    const saysSo = (): Promise<boolean> =>
      contexts.document(id).then(
        () => false,
        (error: unknown) => error instanceof SessionSetAsideError && error.set_aside.revision === revision,
      );
    await waitUntil(saysSo, { what: 'the context to say so' });
  });

  test('makes the list of sessions say that the session is set aside', async () => {
    const { id, revision } = await conversations(bad);
    await harness.start();
    const { event_id, type, reason: why, since } = await harness.setAside(id);
    const { items } = await listSessions(harness.pool, { limit: 100 });
    const item = items.find(({ session_id }) => session_id === id);
    expect(item?.set_aside).toEqual({ revision, event_id, type, reason: why, since });
    expect(items.filter(({ set_aside }) => set_aside !== null)).toHaveLength(1);
  });

  test('is still in the way when the projector starts again', async () => {
    const { id, revision } = await conversations(bad);
    const first = await harness.start();
    const entry = await harness.setAside(id);
    await first.stop();
    await harness.redis.flushdb();
    const { projector } = await harness.start();
    await waitUntil(() => projector.status().length === 4, { what: 'all partitions' });
    expect(await harness.setAside(id)).toEqual(entry);
    await waitUntil(async () => (await contextRevision(id)) === revision - 1, { what: 'the context' });
    await expect(contexts.document(id)).rejects.toBeInstanceOf(SessionSetAsideError);
    expect(await rowRevision(id)).toBe(revision - 1);
  });
});

describe('a session that is set aside', () => {
  test('does not go on with later events', async () => {
    const { id, revision, others } = await conversations(newerVersion);
    await harness.start();
    await harness.setAside(id);
    await harness.append(id, 'FlagRaised', { flag: 'much_later', value: true });
    await say(...others);
    await harness.settled(others);
    expect(await rowRevision(id)).toBe(revision - 1);
    expect(await contextRevision(id)).toBe(revision - 1);
  });

  test('at its first event has no row and no context', async () => {
    const id = randomUUID();
    await harness.append(id, 'SessionStarted', { partner_id: 5 }, { schema_version: 9 });
    await harness.start();
    expect(await harness.setAside(id)).toMatchObject({ revision: 0 });
    expect(await rowRevision(id)).toBeUndefined();
    await expect(contexts.document(id)).rejects.toBeInstanceOf(SessionSetAsideError);
  });

  test('with a malformed session id is listed under it', async () => {
    const id = `0${randomUUID().slice(1, 20)}`;
    await harness.append(id, 'FlagRaised', { flag: 'x', value: true });
    await harness.start();
    expect(await harness.setAside(id)).toMatchObject({ revision: 0, reason: 'session_id is not a UUID' });
  });

  test('is set aside though Redis is unavailable, and its context says so as soon as Redis is back', async () => {
    const [id] = (await harness.sessions(1)) as [string];
    await harness.start();
    await harness.settled([id]);
    await harness.redisProxy.cut();
    await refused(id);
    await harness.setAside(id);
    await harness.redisProxy.restore();
    const saysSo = (): Promise<boolean> =>
      contexts.document(id).then(
        () => false,
        () => true,
      );
    await waitUntil(saysSo, { what: 'the context to say so' });
  });

  test('comes back when newer code starts', async () => {
    const { id } = await conversations(newerVersion);
    const older = await harness.start();
    await harness.setAside(id);
    await older.stop();
    const { deps } = await harness.start({ codec: newerCode });
    await waitUntil(() => isBack(id), { what: 'the session to be back' });
    const session = await foldStream(deps.store, newSession(id));
    expect(await rowRevision(id)).toBe(session.revision);
    expect((await contexts.load(id))?.state).toEqual(session.state);
  });

  test('goes on with its next event after it came back', async () => {
    const { id } = await conversations(newerVersion);
    const older = await harness.start();
    await harness.setAside(id);
    await older.stop();
    await harness.start({ codec: newerCode });
    await waitUntil(() => isBack(id), { what: 'the session to be back' });
    const revision = await harness.append(id, 'FlagRaised', { flag: 'after', value: true });
    const arrived = async (): Promise<boolean> =>
      (await contextRevision(id)) === revision && (await rowRevision(id)) === revision;
    await waitUntil(arrived, { what: 'the next event' });
    await expect(contexts.document(id)).resolves.toMatchObject({ revision });
  });

  test('comes back by a redrive while the projector runs', async () => {
    const steps: Record<string, [(data: EventFields) => EventFields]> = {};
    const { id } = await conversations(newerVersion);
    const { deps } = await harness.start({ codec: new EventCodec(steps) });
    await harness.setAside(id);
    steps['TurnRecorded'] = [(data) => data];
    expect(await requestRedrive(harness.pool, [id])).toEqual([id]);
    await waitUntil(() => isBack(id), { what: 'the session to be back' });
    const session = await foldStream(deps.store, newSession(id));
    expect(await rowRevision(id)).toBe(session.revision);
    expect((await contexts.load(id))?.state).toEqual(session.state);
  });

  test('stays in the list after a redrive that does not help', async () => {
    const { id } = await conversations(refused);
    await harness.start();
    const entry = await harness.setAside(id);
    await requestRedrive(harness.pool);
    await waitUntil(
      async () => (await listSetAside(harness.pool)).every(({ redrive_requested }) => !redrive_requested),
      { what: 'the redrive' },
    );
    expect(await harness.setAside(id)).toMatchObject({ revision: entry.revision, since: entry.since });
  });
});

describe('a rebuild of the tables', () => {
  const run = (): ReturnType<typeof rebuild> =>
    rebuild({
      store: harness.store,
      pool: (settings = 'SELECT 1') => rowsPool(harness.database.url, settings),
    });

  test.each(kinds.filter(([, bad]) => bad !== unfoldable))(
    'sets a session aside at an event %s',
    async (_, bad, reason) => {
      const { id, revision, others } = await conversations(bad);
      await run();
      const entry = await harness.setAside(id);
      expect(entry).toMatchObject({ revision });
      expect(entry.reason).toContain(reason);
      expect(await rowRevision(id)).toBe(revision - 1);
      expect(await rowRevision(others[0] ?? '')).toBe(2);
    },
  );

  test('brings a session back that can be projected now', async () => {
    const { id } = await conversations(newerVersion);
    const older = await harness.start();
    await harness.setAside(id);
    await older.stop();
    await run();
    await harness.start({ codec: newerCode });
    await waitUntil(() => isBack(id), { what: 'the session to be back' });
    await expect(contexts.document(id)).resolves.toBeDefined();
  });

  test('keeps a session in the list that only its context cannot fold', async () => {
    const { id, revision } = await conversations(unfoldable);
    await harness.start();
    await harness.setAside(id);
    await run();
    await harness.setAside(id);
    expect(await rowRevision(id)).toBe(revision - 1);
  });
});

describe('more sessions set aside within a minute than the limit', () => {
  /** Ids of one partition. */
  function ids(count: number): string[] {
    return Array.from({ length: count }, () => `0${randomUUID().slice(1)}`);
  }

  async function stopPartition(): Promise<Awaited<ReturnType<ProjectorHarness['start']>>> {
    for (const id of ids(4)) await newerVersion(id);
    const instance = await harness.start({ setAsidePerMinute: 3 });
    const isStopped = (): boolean => instance.projector.status().some(({ state }) => state === 'stopped');
    await waitUntil(isStopped, { what: 'the partition to stop' });
    return instance;
  }

  test('stop the partition: its checkpoint does not move', async () => {
    await stopPartition();
    const position = async (): Promise<unknown> =>
      (await harness.pool.query('SELECT position FROM projection_slot WHERE slot = 0')).rows;
    const before = await position();
    const others = (await harness.sessions(8)).filter((id) => !/^[0-3]/.test(id));
    const [stuck] = ids(1) as [string];
    await newerVersion(stuck);
    await say(...others);
    await harness.settled(others);
    expect(await position()).toEqual(before);
    expect(await isBack(stuck)).toBe(true);
  });

  test('make the projector unready', async () => {
    const { health } = await stopPartition();
    const { status, checks } = await health.ready();
    expect(status).toBe('unavailable');
    expect(checks['partitions']?.error).toContain('0');
  });

  test('are told by the metrics', async () => {
    const { metrics } = await stopPartition();
    const text = await metrics.registry.metrics();
    expect(text).toMatch(/projector_partitions_stopped\{app="test"\} 1/);
    expect(text).toMatch(/projector_sessions_set_aside\{partition="0",app="test"\} 4/);
  });

  test('are no reason to stay stopped after a redrive', async () => {
    const { projector } = await stopPartition();
    await requestRedrive(harness.pool);
    const isLive = (): boolean => projector.status().every(({ state }) => state === 'live');
    await waitUntil(() => projector.status().length === 4 && isLive(), { what: 'the partition to go on' });
    const id = `0${randomUUID().slice(1)}`;
    await harness.append(id, 'FlagRaised', { flag: 'x', value: true });
    await waitUntil(async () => (await contextRevision(id)) === 0, { what: 'the next session' });
  });
});

test('the stream of a set-aside session says by itself that it cannot be folded', async () => {
  const { id } = await conversations(unfoldable);
  await expect(foldStream(harness.store, newSession(id))).rejects.toBeInstanceOf(UnprojectableEventError);
});
