import { EventEmitter } from 'node:events';
import type { ResolvedEvent, StreamingRead } from '@eventstore/db-client';
import { expect, test } from '@jest/globals';
import type { Connection } from './connection.ts';
import type { StoredEvent, StreamPage } from './page.ts';
import { readingOf, readPage } from './page.ts';

const connection = { answered: () => undefined } as unknown as Connection;

/** A read that returns events of 1,000 bytes until it is cancelled. */
class EndlessRead extends EventEmitter {
  sent = 0;
  cancelled = 0;

  start(): this {
    const timer = setInterval(() => {
      if (this.cancelled > 0) return clearInterval(timer);
      for (let n = 0; n < 10; n += 1) this.emit('data', { event: { data: { text: 'x'.repeat(985) } } });
      this.sent += 10;
    });
    return this;
  }

  async cancel(): Promise<void> {
    this.cancelled += 1;
  }

  destroy(): void {
    this.removeAllListeners();
  }
}

/** One that returns events at the positions 3, 4 and so on. */
class PositionedRead extends EndlessRead {
  private next = 3n;

  override emit(name: string, ...[item]: { event: object }[]): boolean {
    const position = { commit: this.next, prepare: this.next };
    this.next += 1n;
    return super.emit(name, { event: { ...item?.event, position } });
  }
}

const page = (
  read: EndlessRead,
  maxBytes?: number,
  isKnown?: (event: StoredEvent) => boolean,
): Promise<StreamPage> =>
  readPage(
    connection,
    10_000,
    (take) => readingOf(read.start() as unknown as StreamingRead<ResolvedEvent>, take),
    maxBytes,
    isKnown,
  );

test('a read is cancelled after the event that reaches its byte limit', async () => {
  const read = new EndlessRead();
  const { events, isCut } = await page(read, 6_001);
  expect([events.length, isCut, read.cancelled, read.sent]).toEqual([5, true, 1, 10]);
});

test('a read returns at least one event, however large', async () => {
  expect((await page(new EndlessRead(), 1)).events).toHaveLength(1);
});

test('the first events do not count if they are known', async () => {
  const read = new PositionedRead();
  const { events } = await page(read, 1, ({ position }) => position?.commit === 3n);
  expect(events.map(({ position }) => position?.commit)).toEqual([4n]);
});

test('a read that ends below its byte limit is not cut', async () => {
  const read = new EndlessRead();
  setTimeout(() => {
    read.cancelled = 1;
    read.emit('end');
  }, 30);
  expect(await page(read, 1e9)).toMatchObject({ isCut: false });
});
