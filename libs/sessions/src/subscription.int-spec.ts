import { randomUUID } from 'node:crypto';
import type { EventData } from '@eventstore/db-client';
import { afterAll, expect, test } from '@jest/globals';
import { EventStore } from './store.ts';
import { patientStore } from './test-support.ts';
import { sessionStream } from './streams.ts';
import type { Delivery } from './delivery.ts';
import { subscribeToSessions } from './subscription.ts';
import { goals } from './testing/events.ts';

const store = patientStore(process.env['EVENTSTORE_URL'] ?? '');
afterAll(() => store.dispose());

async function append(sessionId: string, expected: number, events: EventData[]): Promise<void> {
  expect(await store.append(sessionStream(sessionId), events, expected)).toMatchObject({ appended: true });
}

test('delivers stored events, then that it caught up, then new events', async () => {
  const id = randomUUID();
  await append(id, -1, goals(3));
  const abort = new AbortController();
  const seen: number[] = [];
  const seenWhenCaughtUp: number[] = [];
  for await (const delivery of subscribeToSessions(store, {
    prefixes: [sessionStream(id)],
    after: 'start',
    signal: abort.signal,
  })) {
    if (delivery.kind === 'caught_up') {
      seenWhenCaughtUp.push(seen.length);
      if (seen.length === 3) await append(id, 2, goals(2_000));
    }
    if (delivery.kind === 'event') seen.push(delivery.event.revision);
    if (seen.length === 2_003) abort.abort();
  }
  expect(seen).toEqual(Array.from({ length: 2_003 }, (_, index) => index));
  expect(seenWhenCaughtUp[0]).toBe(3);
});

test('delivers events that are too large together to wait in memory', async () => {
  const id = randomUUID();
  const large = 'x'.repeat(500_000);
  for (let revision = 0; revision < 50; revision += 1) await append(id, revision - 1, goals(1, large));
  const found = await take(50, { prefixes: [sessionStream(id)], after: 'start' });
  expect(found.map(({ revision }) => revision)).toEqual(Array.from({ length: 50 }, (_, index) => index));
});

test('starts after the position that it is given', async () => {
  const id = randomUUID();
  await append(id, -1, goals(4));
  const options = { prefixes: [sessionStream(id)] };
  const positions = await take(2, { ...options, after: 'start' });
  const rest = await take(2, { ...options, after: positions[1]?.position ?? 0n });
  expect(rest.map((delivery) => delivery.revision)).toEqual([2, 3]);
});

/** The first events of a subscription. */
async function take(
  count: number,
  options: { prefixes: string[]; after: bigint | 'start' },
): Promise<{ revision: number; position: bigint }[]> {
  const abort = new AbortController();
  const found: { revision: number; position: bigint }[] = [];
  for await (const delivery of subscribeToSessions(store, { ...options, signal: abort.signal })) {
    const event = eventOf(delivery);
    if (event) found.push(event);
    if (found.length === count) break;
  }
  abort.abort();
  return found;
}

function eventOf(delivery: Delivery): { revision: number; position: bigint } | undefined {
  return delivery.kind === 'event'
    ? { revision: delivery.event.revision, position: delivery.position }
    : undefined;
}

test('ends when it is aborted while its position is compared with the end of the log', async () => {
  const abort = new AbortController();
  const log = new EventStore(store.url);
  const head = log.head.bind(log);
  log.head = () => {
    abort.abort();
    return head();
  };
  const options = { prefixes: ['session-'], after: 0n, signal: abort.signal };
  await expect(Array.fromAsync(subscribeToSessions(log, options))).resolves.toEqual([]);
  await log.dispose();
});

test('reconnects while the store is unavailable', async () => {
  const abort = new AbortController();
  const interruptions: unknown[] = [];
  const nowhere = new EventStore('esdb://127.0.0.1:1?tls=false');
  const onInterruption = (error: unknown): void => {
    interruptions.push(error);
    if (interruptions.length === 2) abort.abort();
  };
  const options = { prefixes: ['session-'], after: 'start', signal: abort.signal, onInterruption } as const;
  for await (const delivery of subscribeToSessions(nowhere, options)) expect(delivery).toBeUndefined();
  expect(interruptions).toHaveLength(2);
  await nowhere.dispose();
});

test('delivers an event whose data are nested deeper than a function may call itself', async () => {
  const id = randomUUID();
  const data = Buffer.from(`{"deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}`);
  const noted = { id: randomUUID(), type: 'SpecNoted', contentType: 'application/json', data };
  await append(id, -1, [noted as unknown as EventData]);
  expect(await take(1, { prefixes: [sessionStream(id)], after: 'start' })).toMatchObject([{ revision: 0 }]);
});
