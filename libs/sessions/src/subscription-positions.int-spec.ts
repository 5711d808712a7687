import { randomUUID } from 'node:crypto';
import { afterAll, expect, jest, test } from '@jest/globals';
import { patientStore } from './test-support.ts';
import { sessionStream } from './streams.ts';
import { subscribeToSessions } from './subscription.ts';

jest.setTimeout(60_000);

const url = process.env['EVENTSTORE_URL'] ?? '';

const store = patientStore(url);
afterAll(() => store.dispose());

async function append(sessionId: string, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, index) => ({
    contentType: 'application/json' as const,
    id: randomUUID(),
    type: 'GoalSet',
    data: { goal: `goal-${index}`, step: null },
    metadata: undefined,
  }));
  expect(await store.append(sessionStream(sessionId), events, -1)).toMatchObject({ appended: true });
}

/** Reads until everything that was stored is delivered. */
async function untilCaughtUp(sessionId: string, after: bigint): Promise<void> {
  const abort = new AbortController();
  const options = { prefixes: [sessionStream(sessionId)], after, signal: abort.signal };
  for await (const delivery of subscribeToSessions(store, options)) {
    if (delivery.kind === 'caught_up') break;
  }
  abort.abort();
}

test('the position before a time is that of the last event stored before it', async () => {
  const sessionId = randomUUID();
  await append(sessionId, 1);
  const before = await store.head();
  expect(await store.positionBefore(new Date(Date.now() + 60_000))).toBeGreaterThanOrEqual(before);
  expect(await store.positionBefore(new Date(0))).toBe(0n);
});

test('the position of the last event is not beyond the end', async () => {
  const sessionId = randomUUID();
  await append(sessionId, 1);
  const after = await store.head();
  await expect(untilCaughtUp(sessionId, after)).resolves.toBeUndefined();
});
