import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { newSession } from '#domain';
import { waitUntil } from '#platform';
import { listSessions } from '#read-models';
import { foldStream, UnprojectableEventError } from '#sessions';
import type { ProjectorHarness } from '../test-harness.ts';
import { kinds, newerVersion, refused, SetAsideHarness, unfoldable } from './test-support.ts';

let aside: SetAsideHarness;
let harness: ProjectorHarness;
beforeAll(async () => {
  aside = await SetAsideHarness.create();
  harness = aside.projector;
});
beforeEach(() => harness.reset());
afterAll(() => harness.end());

describe.each(kinds)('an event %s', (_, bad, reason) => {
  test('sets its session aside, with the event, its position and the reason', async () => {
    const { id, revision } = await aside.conversations(bad);
    await harness.start();
    const entry = await harness.setAside(id);
    expect(entry).toMatchObject({ revision, event_id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(entry.reason).toContain(reason);
    expect(Number(entry.position)).toBeGreaterThan(0);
    expect(Date.parse(entry.since)).not.toBeNaN();
  });

  test('leaves row and context of its session as they were before it', async () => {
    const { id, revision, others } = await aside.conversations(bad);
    await harness.start();
    await harness.setAside(id);
    await harness.settled(others);
    await waitUntil(async () => (await aside.contextRevision(id)) === revision - 1, { what: 'the context' });
    expect(await aside.rowRevision(id)).toBe(revision - 1);
  });

  test('does not delay the other sessions', async () => {
    const { others } = await aside.conversations(bad);
    await harness.start();
    expect(await harness.settled(others)).toBe(5);
  });

  test('that comes while the projector runs leaves row and context as they were before it', async () => {
    const [id, other] = (await harness.sessions(2)) as [string, string];
    await harness.start();
    await harness.settled([id, other]);
    const revision = await bad(harness, id);
    await harness.append(id, 'FlagRaised', { flag: 'later', value: true });
    await aside.say(other);
    await harness.setAside(id);
    await harness.settled([other]);
    await waitUntil(async () => (await aside.contextRevision(id)) === revision - 1, { what: 'the context' });
    expect(await aside.rowRevision(id)).toBe(revision - 1);
  });

  test('makes the context say that the session is set aside', async () => {
    const { id, revision } = await aside.conversations(bad);
    await harness.start();
    await harness.setAside(id);
    await waitUntil(() => aside.saysSo(id), { what: 'the context to say so' });
    await expect(aside.contexts.document(id)).rejects.toMatchObject({ set_aside: { revision } });
  });

  test('makes the list of sessions say that the session is set aside', async () => {
    const { id, revision, others } = await aside.conversations(bad);
    await harness.start();
    const { event_id, type, reason: why, since } = await harness.setAside(id);
    await harness.settled(others);
    const { items } = await listSessions(harness.pool, { limit: 100 });
    const own = items.filter(({ session_id }) => session_id === id || others.includes(session_id));
    expect(own.filter(({ set_aside }) => set_aside !== null)).toMatchObject([
      { session_id: id, set_aside: { revision, event_id, type, reason: why, since } },
    ]);
  });

  test('still sets its session aside when the projector restarts', async () => {
    const { id, revision } = await aside.conversations(bad);
    const first = await harness.start();
    const entry = await harness.setAside(id);
    await first.stop();
    await harness.redis.flushdb();
    const { projector } = await harness.start();
    await waitUntil(() => projector.status().length === 4, { what: 'all partitions' });
    expect(await harness.setAside(id)).toEqual(entry);
    await waitUntil(() => aside.saysSo(id), { what: 'the context to say so' });
    await waitUntil(async () => (await aside.contextRevision(id)) === revision - 1, { what: 'the context' });
    expect(await aside.rowRevision(id)).toBe(revision - 1);
  });
});

describe('a session that is set aside', () => {
  test('does not continue with later events', async () => {
    const { id, revision, others } = await aside.conversations(newerVersion);
    await harness.start();
    await harness.setAside(id);
    await harness.append(id, 'FlagRaised', { flag: 'much_later', value: true });
    await aside.say(...others);
    await harness.settled(others);
    expect(await aside.rowRevision(id)).toBe(revision - 1);
    await waitUntil(async () => (await aside.contextRevision(id)) === revision - 1, { what: 'the context' });
  });

  test('at its first event has no row and no context', async () => {
    const id = randomUUID();
    await harness.append(id, 'SessionStarted', { partner_id: 5 }, { schema_version: 9 });
    await harness.start();
    expect(await harness.setAside(id)).toMatchObject({ revision: 0 });
    expect(await aside.rowRevision(id)).toBeUndefined();
    await waitUntil(() => aside.saysSo(id), { what: 'the context to say so' });
    expect(await aside.contextRevision(id)).toBeUndefined();
  });

  test('is marked again after Redis lost the mark unnoticed', async () => {
    const { id } = await aside.conversations(newerVersion);
    await harness.start();
    await harness.setAside(id);
    await waitUntil(() => aside.saysSo(id), { what: 'the context to say so' });
    await harness.redis.hdel(`ctx:{${id}}`, 'set_aside');
    const now = performance.now.bind(performance);
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + 30_000);
    try {
      await waitUntil(() => aside.saysSo(id), { what: 'the context to say so again' });
    } finally {
      clock.mockRestore();
    }
    expect(await aside.saysSo(id)).toBe(true);
  });

  test('with a malformed session id is listed under it', async () => {
    const id = `0${randomUUID().slice(1, 20)}`;
    await harness.append(id, 'FlagRaised', { flag: 'x', value: true });
    await harness.start();
    expect(await harness.setAside(id)).toMatchObject({ revision: 0, reason: 'session_id is not a UUID' });
  });

  test('is set aside while Redis is unavailable, and its context is marked once Redis is available', async () => {
    const [id] = (await harness.sessions(1)) as [string];
    await harness.start();
    await harness.settled([id]);
    await harness.redisProxy.cut();
    await refused(harness, id);
    await harness.setAside(id);
    await harness.redisProxy.restore();
    await waitUntil(() => aside.saysSo(id), { what: 'the context to say so' });
    expect(await aside.contextRevision(id)).toBe(0);
  });
});

test('folding the stream of a set-aside session throws an error', async () => {
  const { id } = await aside.conversations(unfoldable);
  await expect(foldStream(harness.store, newSession(id))).rejects.toBeInstanceOf(UnprojectableEventError);
});
