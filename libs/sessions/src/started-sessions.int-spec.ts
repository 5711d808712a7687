import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { startedSessions } from './started-sessions.ts';
import { sessionStream } from './streams.ts';
import { sessionOfEachTest } from './test-support.ts';

const { store } = sessionOfEachTest();

/** The first event of a session, in a form that no command of this version writes. */
async function begin(type: string, schema_version: number): Promise<string> {
  const id = randomUUID();
  const event = { event_id: randomUUID(), type, data: {}, metadata: { schema_version } };
  await store.append(sessionStream(id), [store.codec.encode(event)], -1);
  return id;
}

test('each started session is returned once, including forks and those whose first event cannot be folded', async () => {
  const ids = await Promise.all([
    begin('SessionStarted', 1),
    begin('SessionForked', 1),
    begin('SessionStarted', 99),
    begin('SessionForked', 99),
  ]);
  const found = await Array.fromAsync(startedSessions(store));
  expect(found.filter((id) => ids.includes(id)).toSorted()).toEqual(ids.toSorted());
});

test('a session that was only named when its partner moved, or that starts again after a deletion, is returned too', async () => {
  const ids: [string, string] = [randomUUID(), randomUUID()];
  const encoded = (type: string): ReturnType<typeof store.codec.encode> =>
    store.codec.encode({ event_id: randomUUID(), type, data: {}, metadata: { schema_version: 1 } });
  const moved = ['SessionMoved', 'SessionArrived', 'SessionStarted'].map(encoded);
  await store.append(sessionStream(ids[0]), moved, -1);
  // The store has removed its first start.
  await store.append(sessionStream(ids[1]), [encoded('SessionEnded')], -1);
  await store.deleteStream(sessionStream(ids[1]));
  await store.append(sessionStream(ids[1]), [encoded('SessionStarted')], -1);
  const found = await Array.fromAsync(startedSessions(store));
  expect(found.filter((id) => ids.includes(id)).toSorted()).toEqual(ids.toSorted());
});
