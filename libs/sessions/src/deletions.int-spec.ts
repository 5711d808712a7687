import { describe, expect, test } from '@jest/globals';
import { newSession } from '#domain';
import { commandHash } from './command-request.ts';
import { foldStream, readSession, sessionStream } from './streams.ts';
import type { Delivery } from './delivery.ts';
import { subscribeToSessions } from './subscription.ts';
import {
  deleteStream,
  endSession,
  noCache,
  raiseFlag,
  request,
  sessionOfEachTest,
  setMetadata,
  startSession,
} from './test-support.ts';

const testSession = sessionOfEachTest();
const { store, run } = testSession;

/** What is delivered of a session until it has caught up, without positions. */
async function deliveries(): Promise<object[]> {
  const abort = new AbortController();
  const found: Delivery[] = [];
  const prefixes = [sessionStream(testSession.id)];
  for await (const delivery of subscribeToSessions(store, {
    prefixes,
    after: 'start',
    signal: abort.signal,
  })) {
    found.push(delivery);
    if (delivery.kind === 'caught_up') break;
  }
  abort.abort();
  return found.filter(({ kind }) => kind !== 'checkpoint' && kind !== 'caught_up').map(summary);
}

function summary(delivery: Delivery): object {
  if (delivery.kind === 'event') return { type: delivery.event.type };
  if (delivery.kind !== 'deleted') return delivery;
  const { session_id, before } = delivery;
  return { session_id, before };
}

describe('a subscription', () => {
  test.each(['tombstone', 'soft delete'] as const)('delivers a %s as a deletion', async (how) => {
    await run(startSession);
    await deleteStream(testSession.id, how);
    expect(await deliveries()).toEqual([
      { type: 'SessionStarted' },
      { session_id: testSession.id, before: Number.MAX_SAFE_INTEGER },
    ]);
  });

  test('delivers a truncation as a deletion of the events before', async () => {
    await run(startSession);
    await run(raiseFlag('a'));
    await setMetadata(testSession.id, { truncateBefore: 1 });
    expect((await deliveries()).at(-1)).toEqual({ session_id: testSession.id, before: 1 });
  });

  test('ignores other metadata', async () => {
    await run(startSession);
    await setMetadata(testSession.id, { maxCount: 100 });
    expect(await deliveries()).toEqual([{ type: 'SessionStarted' }]);
  });
});

describe('a deleted session', () => {
  test.each(['tombstone', 'soft delete'] as const)('does not exist after a %s', async (how) => {
    await run(startSession);
    await deleteStream(testSession.id, how);
    expect(await readSession(store, testSession.id)).toBeUndefined();
  });

  test('is not found by a command with a cached copy', async () => {
    const { session } = await run(startSession);
    await deleteStream(testSession.id, 'tombstone');
    const forgotten: string[] = [];
    const cache = {
      ...noCache,
      load: async () => session,
      forget: async (id: string) => void forgotten.push(id),
    };
    await expect(run(raiseFlag('a'), { cache })).rejects.toMatchObject({
      rejection: { code: 'session_not_found' },
    });
    expect(forgotten).toEqual([testSession.id]);
  });

  test('cannot be started again after a tombstone', async () => {
    await run(startSession);
    await deleteStream(testSession.id, 'tombstone');
    await expect(run(startSession)).rejects.toMatchObject({ rejection: { code: 'session_deleted' } });
  });
});

test("a session that starts again after a soft delete continues at its stream's revision", async () => {
  await run(startSession);
  await run(raiseFlag('a'));
  await deleteStream(testSession.id, 'soft delete');
  const commandIds = ['key:again'];
  expect(await run(startSession, { commandIds })).toMatchObject({
    revision: 2,
    events: [{ type: 'SessionStarted', revision: 2 }],
    session: { revision: 2, known: { list: [{ revision: 2 }] } },
  });
  expect(await run(startSession, { commandIds })).toMatchObject({ revision: 2, replayed: true });
});

describe('a cached copy ahead of its stream', () => {
  test('is folded again from the start', async () => {
    const { session } = await run(startSession);
    const ahead = { ...session, revision: 7 };
    expect(await foldStream(store, ahead)).toEqual(await foldStream(store, newSession(testSession.id)));
  });

  test('is dropped when the append conflicts, and the command is decided again', async () => {
    await run(startSession);
    const { session } = await run(raiseFlag('lost'));
    const forgotten: string[] = [];
    const cache = {
      ...noCache,
      load: async () => ({ ...session, revision: 9 }),
      forget: async (id: string) => void forgotten.push(id),
    };
    expect(await run(raiseFlag('a'), { cache })).toMatchObject({ revision: 2 });
    expect(forgotten).toEqual([testSession.id]);
  });

  test('does not replay a command that its stream does not have', async () => {
    const { session } = await run(startSession);
    const command = raiseFlag('lost');
    const hash = commandHash(request(testSession.id, command));
    const at = new Date().toISOString();
    const known = { from: 0, list: [{ ids: ['key:lost'], revision: 1, count: 1, hash, at }] };
    const cache = { ...noCache, load: async () => ({ ...session, revision: 1, known }) };
    const again = run(command, { cache, commandIds: ['key:lost'] });
    await expect(again).resolves.toMatchObject({ revision: 1, replayed: false });
  });

  test('does not reject a command because of events that its stream does not have', async () => {
    const { session } = await run(startSession);
    const ended = { ...session.state, session: { ...session.state.session, status: 'ended' as const } };
    const cache = { ...noCache, load: async () => ({ ...session, revision: 3, state: ended }) };
    expect(await run(raiseFlag('a'), { cache })).toMatchObject({ revision: 1 });
    expect(await run(endSession)).toMatchObject({ revision: 2 });
  });
});
