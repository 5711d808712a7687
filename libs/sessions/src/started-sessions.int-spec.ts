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
