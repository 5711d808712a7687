import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Session } from '#domain';
import { contextOf, newSession } from '#domain';
import type { PastPoint } from './past.ts';
import { foldPast } from './past.ts';
import { foldEvent, readEvents, sessionStream } from './streams.ts';
import { deleteStream, raiseFlag, sessionOfEachTest, setMetadata, startSession } from './test-support.ts';

const testSession = sessionOfEachTest();
const { store, run } = testSession;

const past = (point: PastPoint, begin = newSession(testSession.id), from?: number): Promise<Session> =>
  foldPast(store, testSession.id, point, begin, foldEvent, from);

async function converse(flags: number): Promise<void> {
  await run(startSession);
  for (let flag = 0; flag < flags; flag += 1) await run(raiseFlag(`flag_${flag}`));
}

describe('a session as it was', () => {
  test('at each revision is the fold of the events up to it', async () => {
    await converse(4);
    let folded = newSession(testSession.id);
    for await (const event of readEvents(store, testSession.id)) {
      folded = foldEvent(folded, event);
      expect(contextOf(await past({ revision: event.revision }))).toEqual(contextOf(folded));
    }
  });

  test('at each time is at the last revision stored by then', async () => {
    await converse(4);
    const stored = await Array.fromAsync(store.read(sessionStream(testSession.id)));
    for (const { created } of stored) {
      const last = stored.findLastIndex((other) => other.created <= created);
      expect(await past({ at: created })).toMatchObject({ revision: last });
    }
    expect(await past({ at: new Date(8.64e15) })).toMatchObject({ revision: 4 });
  });

  test('continues from an already folded state', async () => {
    await converse(3);
    const one = await past({ revision: 1 });
    expect(contextOf(await past({ revision: 3 }, one, 2))).toEqual(contextOf(await past({ revision: 3 })));
  });

  test('before an event that cannot be folded is available', async () => {
    await converse(1);
    const event = { event_id: randomUUID(), type: 'GoalSet', data: {}, metadata: { schema_version: 99 } };
    await store.append(sessionStream(testSession.id), [store.codec.encode(event)], 1);
    expect(await past({ revision: 1 })).toMatchObject({ revision: 1 });
    await expect(past({ revision: 2 })).rejects.toMatchObject({ code: 'unprojectable_event', revision: 2 });
  });
});

describe('there is no past', () => {
  test('of a session that was never started', async () => {
    await expect(past({ revision: 0 })).rejects.toMatchObject({ missing: { code: 'no_session' } });
  });

  test('at a revision that the session has not reached', async () => {
    await converse(1);
    const missing = { code: 'not_reached', expected: 2, current: 1 };
    await expect(past({ revision: 2 })).rejects.toMatchObject({ missing });
  });

  test('at a time before the session began', async () => {
    await converse(1);
    const [first] = await Array.fromAsync(store.read(sessionStream(testSession.id), { limit: 1 }));
    const began = first?.created ?? new Date();
    const missing = { code: 'not_begun', began_at: began.toISOString() };
    await expect(past({ at: new Date(began.getTime() - 1) })).rejects.toMatchObject({ missing });
  });

  test('of truncated events, nor of what they led to', async () => {
    await converse(3);
    await setMetadata(testSession.id, { truncateBefore: 2 });
    const missing = { code: 'truncated', first_revision: 2 };
    for (const revision of [0, 2, 3]) await expect(past({ revision })).rejects.toMatchObject({ missing });
  });

  test.each(['tombstone', 'soft delete'] as const)('after a %s', async (how) => {
    await converse(1);
    await deleteStream(testSession.id, how);
    await expect(past({ revision: 0 })).rejects.toMatchObject({ missing: { code: 'deleted' } });
  });
});
