import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { tcpProxy } from '../../platform/src/testing/tcp-proxy.ts';
import { readSessionLog } from './session-log.ts';
import type { EventStore } from './store.ts';
import { sessionStream } from './streams.ts';
import { patientStore } from './test-support.ts';
import { goals } from './testing/events.ts';

const url = process.env['EVENTSTORE_URL'] ?? '';
const stores: EventStore[] = [];
afterEach(() => Promise.all(stores.splice(0).map((store) => store.dispose())));

function newStore(address = url): EventStore {
  const store = patientStore(address);
  stores.push(store);
  return store;
}

const large = 'x'.repeat(500_000);
const all = Array.from({ length: 40 }, (_, revision) => revision);

/** A session with large events in the log. */
async function session(): Promise<string> {
  const [id, store] = [randomUUID(), newStore()];
  for (const revision of all) await store.append(sessionStream(id), goals(1, large), revision - 1);
  return id;
}

/** The revisions of a session in each page that has some. */
async function pagesOf(id: string, store: EventStore, afterPage?: () => Promise<void>): Promise<number[][]> {
  const pages: number[][] = [];
  const abort = new AbortController();
  for await (const { deliveries } of readSessionLog(store, abort)) {
    const found = deliveries.flatMap((delivery) =>
      delivery.kind === 'event' && delivery.session_id === id ? [delivery.event.revision] : [],
    );
    if (found.length > 0) pages.push(found);
    await afterPage?.();
  }
  abort.abort();
  return pages;
}

test('the log is read in pages of bounded bytes that have each event once, in order', async () => {
  const pages = await pagesOf(await session(), newStore());
  expect(pages.flat()).toEqual(all);
  expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(17);
});

test('a connection that breaks while the log is read loses and repeats no event', async () => {
  const id = await session();
  const proxy = await tcpProxy(url);
  const pages = await pagesOf(id, newStore(proxy.url), async () => {
    await proxy.cut();
    await proxy.restore();
  });
  await proxy.cut();
  expect(pages.flat()).toEqual(all);
});
