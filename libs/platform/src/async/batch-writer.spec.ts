import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Batch, BatchWriterOptions } from './batch-writer.ts';
import { BatchWriter, batchWriterSizes } from './batch-writer.ts';
import { waitUntil } from './wait-until.ts';

interface Item {
  readonly position: bigint;
}

let abort: AbortController;
let written: Batch<Item>[];
beforeEach(() => {
  abort = new AbortController();
  written = [];
});
afterEach(() => abort.abort());

/** 3 to 6 belong together, and 8 to 9. */
const isContinued = ({ position }: Item): boolean => [3n, 4n, 5n, 8n].includes(position);
const item = (position: number): Item => ({ position: BigInt(position) });
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const positions = (): number[][] => written.map(({ items }) => items.map((one) => Number(one.position)));

function writerOf(options: Partial<BatchWriterOptions<Item>> = {}): BatchWriter<Item> {
  const hooks = { onWritten: () => undefined, onRetry: () => undefined };
  const write = async (batch: Batch<Item>): Promise<void> => void written.push(batch);
  const all = { ...batchWriterSizes, ...hooks, intervalMs: 0, write, isTerminal: () => false, ...options };
  return new BatchWriter(all, abort.signal);
}

describe('a batch writer', () => {
  test('writes what queued up as one batch, in order and bounded', async () => {
    const writer = writerOf({ batchSize: 3 });
    for (let position = 1; position <= 7; position += 1) void writer.push(item(position));
    const running = writer.run();
    await waitUntil(() => writer.idle, { everyMs: 1 });
    expect(positions()).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    expect(written.map(({ position }) => position)).toEqual([3n, 6n, 7n]);
    abort.abort();
    await running;
  });

  test('writes large items in smaller batches, an oversized item alone', async () => {
    const writer = writerOf({ batchBytes: 100, sizeOf: ({ position }) => Number(position) });
    for (const size of [40, 40, 40, 300, 10]) void writer.push(item(size));
    const running = writer.run();
    await waitUntil(() => writer.idle, { everyMs: 1 });
    expect(positions()).toEqual([[40, 40], [40], [300], [10]]);
    abort.abort();
    await running;
  });

  test('discards obsolete waiting items, and has room again', async () => {
    const gate = Promise.withResolvers<void>();
    const write = async (batch: Batch<Item>): Promise<void> => {
      written.push(batch);
      await gate.promise;
    };
    const sizes = { capacityBytes: 100, sizeOf: ({ position }: Item) => Number(position) };
    const writer = writerOf({ capacity: 3, batchSize: 1, write, ...sizes });
    void writer.push(item(1));
    const running = writer.run();
    await waitUntil(() => written.length === 1, { everyMs: 1 });
    for (const position of [2, 7]) await writer.push(item(position));
    const pushed = writer.push(item(6));
    expect(writer.isFull).toBe(true);
    writer.discard(({ position }) => position % 2n === 0n);
    await pushed;
    expect(writer.waitingBytes).toBe(1 + 7);
    gate.resolve();
    await waitUntil(() => writer.idle, { everyMs: 1 });
    expect(positions()).toEqual([[1], [7]]);
    abort.abort();
    await running;
  });

  test('push waits while the queued items exceed the size limit', async () => {
    const gate = Promise.withResolvers<void>();
    const write = (): Promise<void> => gate.promise;
    const writer = writerOf({ capacityBytes: 100, batchSize: 1, sizeOf: () => 60, write });
    let pushed = 0;
    const pushing = (async () => {
      for (; pushed < 5; pushed += 1) await writer.push(item(pushed));
    })();
    const running = writer.run();
    for (let count = 0; count < 10; count += 1) await soon();
    expect(pushed).toBeLessThan(4);
    gate.resolve();
    await pushing;
    await waitUntil(() => writer.idle, { everyMs: 1 });
    abort.abort();
    await running;
  });

  test('knows the size of unwritten items, including the current batch', async () => {
    const gates = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
    let batches = 0;
    const write = (): Promise<void> => gates[batches++]?.promise ?? Promise.resolve();
    const writer = writerOf({ batchSize: 1, sizeOf: () => 60, write });
    for (const position of [1, 2, 3]) void writer.push(item(position));
    const running = writer.run();
    for (const [index, gate] of gates.entries()) {
      await waitUntil(() => batches === index + 1, { everyMs: 1 });
      expect(writer.waitingBytes).toBe(180 - 60 * index);
      gate.resolve();
    }
    await waitUntil(() => writer.idle, { everyMs: 1 });
    expect(writer.waitingBytes).toBe(0);
    abort.abort();
    await running;
  });

  describe('whose items belong together', () => {
    test('does not divide them', async () => {
      const writer = writerOf({ batchSize: 4, isContinued });
      for (let position = 1; position <= 10; position += 1) void writer.push(item(position));
      const running = writer.run();
      await waitUntil(() => writer.idle, { everyMs: 1 });
      expect(positions()).toEqual([
        [1, 2, 3, 4, 5, 6],
        [7, 8, 9, 10],
      ]);
      abort.abort();
      await running;
    });

    test('waits for the missing ones', async () => {
      const writer = writerOf({ isContinued });
      for (let position = 1; position <= 4; position += 1) void writer.push(item(position));
      const running = writer.run();
      await waitUntil(() => written.length === 1, { everyMs: 1 });
      for (let count = 0; count < 10; count += 1) await soon();
      expect(positions()).toEqual([[1, 2]]);
      expect([writer.waiting, writer.idle]).toEqual([2, false]);
      for (let position = 5; position <= 7; position += 1) void writer.push(item(position));
      await waitUntil(() => writer.idle, { everyMs: 1 });
      expect(positions()).toEqual([
        [1, 2],
        [3, 4, 5, 6, 7],
      ]);
      abort.abort();
      await running;
    });

    test('does not wait for ever', async () => {
      const writer = writerOf({ isContinued, passIntervalMs: 1 });
      void writer.push(item(3));
      const running = writer.run();
      await waitUntil(() => writer.idle, { everyMs: 1 });
      expect(positions()).toEqual([[3]]);
      abort.abort();
      await running;
    });
  });

  test('push waits while the queue is full', async () => {
    let open: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const writer = writerOf({ capacity: 2, batchSize: 1, write: () => gate });
    let pushed = 0;
    const pushing = (async () => {
      for (; pushed < 5; pushed += 1) await writer.push(item(pushed));
    })();
    const running = writer.run();
    for (let count = 0; count < 10; count += 1) await soon();
    expect(pushed).toBeLessThan(4);
    open?.();
    await pushing;
    await waitUntil(() => writer.idle, { everyMs: 1 });
    abort.abort();
    await running;
  });

  test('writes a batch again until it succeeds and reports each failure', async () => {
    const attempts: number[] = [];
    let left = 2;
    const writer = writerOf({
      write: async (batch) => {
        left -= 1;
        if (left >= 0) throw new Error('unavailable');
        written.push(batch);
      },
      onRetry: (_, attempt) => attempts.push(attempt),
    });
    void writer.push(item(1));
    const running = writer.run();
    await waitUntil(() => written.length === 1, { everyMs: 1 });
    expect(attempts).toEqual([1, 2]);
    abort.abort();
    await running;
  });

  test('writes items that have no position', async () => {
    const batches: Batch<{ name: string }>[] = [];
    const options = { ...batchWriterSizes, intervalMs: 0, isTerminal: () => false };
    const hooks = { onWritten: () => undefined, onRetry: () => undefined };
    const write = async (batch: Batch<{ name: string }>): Promise<void> => void batches.push(batch);
    const writer = new BatchWriter<{ name: string }>({ ...options, ...hooks, write }, abort.signal);
    void writer.push({ name: 'a' });
    const running = writer.run();
    await waitUntil(() => batches.length === 1, { everyMs: 1 });
    expect(batches).toEqual([{ items: [{ name: 'a' }], position: undefined }]);
    abort.abort();
    await running;
  });

  test('ends with a terminal error', async () => {
    const fault = new Error('lease lost');
    const writer = writerOf({ write: () => Promise.reject(fault), isTerminal: (error) => error === fault });
    void writer.push(item(1));
    await expect(writer.run()).rejects.toBe(fault);
  });

  test('writes a position without items, but never ahead of items that wait', async () => {
    const writer = writerOf({ batchSize: 1, passIntervalMs: 1 });
    void writer.push(item(1));
    void writer.push(item(2));
    writer.pass(5n);
    const running = writer.run();
    await waitUntil(() => written.length === 2, { everyMs: 1 });
    expect(written.map(({ position }) => position)).toEqual([1n, 5n]);
    writer.pass(9n);
    await waitUntil(() => written.length === 3, { everyMs: 1 });
    expect(written[2]).toEqual({ items: [], position: 9n });
    abort.abort();
    await running;
  });
});
