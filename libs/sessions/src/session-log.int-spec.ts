import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { startEventStore, type EventStore as EmbeddedStore } from '@turnstream/embedded-eventstore';
import type { RecordedEvent } from '#domain';
import { waitUntil } from '#platform';
import { KeyStoreUnavailableError } from '#privacy';
import { tcpProxy } from '../../platform/src/testing/tcp-proxy.ts';
import type { StoredEvent } from './client/page.ts';
import { EventCodec } from './codec.ts';
import { readSessionLog } from './session-log.ts';
import { EventStore } from './store.ts';
import { sessionStream } from './streams.ts';
import { goals } from './testing/events.ts';

/** Its log has one session with large events. */
let embedded: EmbeddedStore;
let dir: string;
const id = randomUUID();
const all = Array.from({ length: 40 }, (_, revision) => revision);
const stores: EventStore[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'session-log-'));
  embedded = await startEventStore({ dir });
  const store = newStore();
  for (const revision of all)
    await store.append(sessionStream(id), goals(1, 'x'.repeat(500_000)), revision - 1);
});
afterEach(() => Promise.all(stores.splice(0).map((store) => store.dispose())));
afterAll(async () => {
  await embedded.stop();
  await rm(dir, { recursive: true });
});

function newStore(address = embedded.connectionString, codec?: EventCodec): EventStore {
  const store = new EventStore(address, codec, { answerMs: 30_000, totalMs: 30_000 });
  stores.push(store);
  return store;
}

/** The revisions in each part of the log that has some. */
async function partsOf(
  store: EventStore,
  { afterPart, onInterruption }: { afterPart?: () => Promise<void>; onInterruption?: () => void } = {},
): Promise<number[][]> {
  const parts: number[][] = [];
  const abort = new AbortController();
  for await (const { deliveries } of readSessionLog(store, {
    signal: abort.signal,
    ...(onInterruption && { onInterruption }),
  })) {
    const found = deliveries.flatMap((delivery) =>
      delivery.kind === 'event' ? delivery.event.revision : [],
    );
    if (found.length > 0) parts.push(found);
    await afterPart?.();
  }
  // The next page may be in flight.
  abort.abort();
  return parts;
}

test('the log is read in pages of bounded bytes that have each event once, in order', async () => {
  const parts = await partsOf(newStore());
  expect(parts.flat()).toEqual(all);
  expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(17);
});

test('few events are decoded at once', async () => {
  const { signal } = new AbortController();
  const parts = await Array.fromAsync(readSessionLog(newStore(), { signal, eventsAtOnce: 5 }));
  expect(parts.length).toBeGreaterThanOrEqual(8);
});

test('a connection that breaks while a page arrives loses and repeats no event', async () => {
  const proxy = await tcpProxy(embedded.connectionString);
  const store = newStore(proxy.url);
  let broken = 0;
  const parts = await partsOf(store, {
    afterPart: async () => {
      proxy.delay(Infinity);
      await waitUntil(() => store.counts.calls > 0, { what: 'the next page to be in flight' });
      broken += 1;
      await proxy.cut();
      await proxy.restore();
    },
  });
  await proxy.cut();
  expect(parts.flat()).toEqual(all);
  expect(broken).toBeGreaterThan(1);
});

/** Its keys are unavailable at the first event. */
class UnavailableOnce extends EventCodec {
  private failed = false;

  override decode(stored: StoredEvent): RecordedEvent | Promise<RecordedEvent> {
    if (this.failed) return super.decode(stored);
    this.failed = true;
    throw new KeyStoreUnavailableError();
  }
}

test('a key that is unavailable before anything is awaited is asked for again', async () => {
  let interruptions = 0;
  const onInterruption = (): void => void (interruptions += 1);
  const parts = await partsOf(newStore(undefined, new UnavailableOnce()), { onInterruption });
  expect([parts.flat(), interruptions]).toEqual([all, 1]);
});
