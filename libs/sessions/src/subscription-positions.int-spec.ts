import { randomUUID } from 'node:crypto';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { afterAll, expect, jest, test } from '@jest/globals';
import { PositionBeyondEndError } from './errors.ts';
import { EventStore } from './store.ts';
import { sessionStream } from './streams.ts';
import type { Delivery } from './subscription.ts';
import { subscribeToSessions } from './subscription.ts';

jest.setTimeout(60_000);

const url = process.env['EVENTSTORE_URL'] ?? '';
const noPosition = { commit: 2n ** 64n - 1n, prepare: 2n ** 64n - 1n };

/** As a server whose log is empty: each subscription begins with a checkpoint that is no position. */
class EmptyLog extends EventStore {
  override connect(): EventStoreDBClient {
    const client = super.connect();
    const subscribe = client.subscribeToAll.bind(client);
    client.subscribeToAll = (options = {}) => {
      const subscription = subscribe(options);
      subscription.once('confirmation', () => {
        void options.filter?.checkpointReached?.(subscription, noPosition);
      });
      return subscription;
    };
    return client;
  }
}

const store = new EventStore(url);
const emptyLog = new EmptyLog(url);
afterAll(() => Promise.all([store.dispose(), emptyLog.dispose()]));

async function append(sessionId: string, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, index) => ({
    contentType: 'application/json' as const,
    id: randomUUID(),
    type: 'GoalSet',
    data: { goal: `goal-${index}`, step: null },
    metadata: undefined,
  }));
  expect(await store.append(sessionStream(sessionId), events, -1)).toBe(true);
}

/** Reads until everything that was stored is delivered. */
async function untilCaughtUp(
  from: EventStore,
  { sessionId, after }: { sessionId: string; after: bigint | 'start' },
  onDelivery: (delivery: Delivery) => void,
): Promise<void> {
  const abort = new AbortController();
  const options = { prefixes: [sessionStream(sessionId)], after, signal: abort.signal };
  for await (const delivery of subscribeToSessions(from, options)) {
    if (delivery.kind === 'caught_up') break;
    onDelivery(delivery);
  }
  abort.abort();
}

test('the checkpoint of an empty log, 2^64-1, is not delivered', async () => {
  const positions: bigint[] = [];
  await untilCaughtUp(emptyLog, { sessionId: randomUUID(), after: 'start' }, (delivery) => {
    if ('position' in delivery) positions.push(delivery.position);
  });
  const head = await store.head();
  expect(positions.filter((position) => position > head)).toEqual([]);
});

test('a position beyond the end of the log is an error', async () => {
  const head = await store.head();
  const sessionId = randomUUID();
  const reading = untilCaughtUp(store, { sessionId, after: head + 1_000n }, () => undefined);
  const error: unknown = await reading.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(PositionBeyondEndError);
  expect(error).toMatchObject({ position: head + 1_000n });
});

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
  await expect(untilCaughtUp(store, { sessionId, after }, () => undefined)).resolves.toBeUndefined();
});
