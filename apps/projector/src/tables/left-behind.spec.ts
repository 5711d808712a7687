import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Semaphore, sleep } from '#platform';
import type { RowsStore, TableItem } from '#read-models';
import type { SetAsideSessions } from '../set-aside/sessions.ts';
import { LeftBehindError } from '../common/left-behind.ts';
import { TableWriter } from './writer.ts';

/** More events than may wait for PostgreSQL. */
const many = 10_000n;
/** The bytes that may wait. */
const queueBytes = 2 ** 20;
const tooSlow = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
const hung = new Error('Query read timeout');

let available: boolean;
/** How many items PostgreSQL writes before the statement timeout. */
let fast: number;
let sizes: number[];
/** The times until which the rows were reported as current, with each written batch. */
let current: (string | null)[];
let stop: AbortController;
let writer: TableWriter;
let running: Promise<unknown>;
beforeEach(() => {
  jest.useFakeTimers();
  available = false;
  current = [];
  fast = Infinity;
  sizes = [];
  stop = new AbortController();
  const write = async (...[, items, , until]: Parameters<RowsStore['write']>): Promise<[]> => {
    if (!available) throw hung;
    if (items.length > fast) {
      await sleep(4_000, stop.signal);
      throw tooSlow;
    }
    sizes.push(items.length);
    current.push(until);
    return [];
  };
  const lease = { partition: 0, epoch: 1n, prefixes: ['session-'], of: 1, position: null, aheadOf: null };
  const setAside = { size: 0, forget: () => undefined, added: async () => undefined };
  writer = new TableWriter(
    {
      rows: { write } as unknown as RowsStore,
      lease,
      owner: 'me',
      setAside: setAside as unknown as SetAsideSessions,
      bytes: queueBytes,
      writes: new Semaphore(1),
      isUpToDate: () => true,
    },
    { onWritten: () => undefined, onRetry: () => undefined },
    stop.signal,
  );
  running = writer.run().catch((error: unknown) => error);
});
afterEach(async () => {
  stop.abort();
  await jest.advanceTimersByTimeAsync(0);
  await running;
  jest.useRealTimers();
});

async function pushAll(from = 1n): Promise<void> {
  for (let position = from; position < from + many; position += 1n)
    await writer.push({ session_id: 's', before: 0, position });
}

test('a writer whose service hangs does not block the other one, however many events arrive', async () => {
  const pushed = pushAll();
  await jest.advanceTimersByTimeAsync(10_000);
  await expect(pushed).resolves.toBeUndefined();
  expect(writer.waiting).toBeLessThan(1_000);
});

test('large events fill a queue by their size', async () => {
  const data = { text: 'x'.repeat(100_000) };
  const pushed = (async () => {
    for (let position = 1n; position <= 100n; position += 1n)
      await writer.push({ session_id: 's', position, event: { data, metadata: {} } } as unknown as TableItem);
  })();
  await jest.advanceTimersByTimeAsync(3_000);
  // A batch that is being written, and a full queue.
  expect(writer.waitingBytes).toBeLessThan(2 * (queueBytes + 100_100));
  available = true;
  await jest.advanceTimersByTimeAsync(20_000);
  await pushed;
  expect([writer.idle, writer.position]).toEqual([true, 100n]);
});

test('a writer that was left behind ends when its service is back, at its written position', async () => {
  const pushed = pushAll();
  await jest.advanceTimersByTimeAsync(10_000);
  await pushed;
  expect(writer.idle).toBe(false);
  available = true;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(await running).toBeInstanceOf(LeftBehindError);
  expect(writer.position).toBeGreaterThan(0n);
  expect(writer.position).toBeLessThan(many);
});

test('transient errors cost a writer with a full queue nothing', async () => {
  for (const from of [1n, many + 1n]) {
    const pushed = pushAll(from);
    await jest.advanceTimersByTimeAsync(3_500);
    available = true;
    await jest.advanceTimersByTimeAsync(5_000);
    await pushed;
    available = false;
  }
  expect([writer.idle, writer.position]).toEqual([true, 2n * many]);
});

test('a writer that was left behind does not say that its rows are current', async () => {
  await writer.push({ session_id: 's', before: 0, position: 1n });
  await jest.advanceTimersByTimeAsync(1_000);
  const pushed = pushAll(2n);
  await jest.advanceTimersByTimeAsync(10_000);
  await pushed;
  available = true;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(current).toEqual([null]);
});

test('a writer does not say that its rows are current while others wait to be written', async () => {
  await writer.push({ session_id: 's', before: 0, position: 1n });
  await jest.advanceTimersByTimeAsync(1_000);
  await writer.push({ session_id: 's', before: 0, position: 2n });
  available = true;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(current).toEqual([null, expect.any(String)]);
});

test('a writer whose queue is not full continues where it was', async () => {
  for (let position = 1n; position <= 100n; position += 1n)
    await writer.push({ session_id: 's', before: 0, position });
  await jest.advanceTimersByTimeAsync(10_000);
  available = true;
  await jest.advanceTimersByTimeAsync(10_000);
  expect([writer.idle, writer.position]).toEqual([true, 100n]);
});

test('a batch that takes too long is written in parts, each in larger ones until one takes too long again', async () => {
  available = true;
  fast = 200;
  const pushed = pushAll();
  await jest.advanceTimersByTimeAsync(600_000);
  await pushed;
  expect([writer.idle, writer.position]).toEqual([true, many]);
  expect(sizes.length).toBeLessThan(200);
});
