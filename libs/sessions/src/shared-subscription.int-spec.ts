import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { Delivery } from './delivery.ts';
import { PositionBeyondEndError } from './errors.ts';
import { SharedSubscriptions } from './shared-subscription.ts';
import { sessionStream } from './streams.ts';
import { goals } from './testing/events.ts';
import { patientStore } from './test-support.ts';

const store = patientStore(process.env['EVENTSTORE_URL'] ?? '');
afterAll(() => store.dispose());

/** A reader of a partition, which can be held up. */
class Reader {
  readonly revisions = new Map<string, number[]>();
  isLive = false;
  position: bigint;
  error: unknown;
  readonly done: Promise<void>;
  private readonly stopping = new AbortController();
  private gate: PromiseWithResolvers<void> | undefined;

  constructor(
    shared: SharedSubscriptions,
    readonly prefix: string,
    after: bigint,
  ) {
    this.position = after;
    const options = { prefixes: [prefix], after, signal: this.stopping.signal };
    this.done = this.read(shared.subscribe(options)).catch((error: unknown) => {
      this.error = error;
    });
  }

  hold(): void {
    this.gate = Promise.withResolvers();
  }

  letGo(): void {
    this.gate?.resolve();
    this.gate = undefined;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.letGo();
    await this.done;
  }

  private async read(deliveries: AsyncIterable<Delivery>): Promise<void> {
    for await (const delivery of deliveries) {
      await this.gate?.promise;
      if (delivery.kind === 'caught_up') this.isLive = true;
      if (delivery.kind === 'fell_behind') this.isLive = false;
      if ('position' in delivery) this.position = delivery.position;
      if (delivery.kind !== 'event') continue;
      const { session_id, event } = delivery;
      this.revisions.set(session_id, [...(this.revisions.get(session_id) ?? []), event.revision]);
    }
  }
}

let shared: SharedSubscriptions;
let readers: Reader[];
let head: bigint;
beforeEach(async () => {
  [shared, readers, head] = [new SharedSubscriptions(store), [], await store.head()];
});
afterEach(() => Promise.all(readers.map((reader) => reader.stop())));

function read(prefix: string, after = head): Reader {
  const reader = new Reader(shared, prefix, after);
  readers.push(reader);
  return reader;
}

const sessionOf = ({ prefix }: Reader): string => {
  const digits = prefix.slice(sessionStream('').length);
  return digits + randomUUID().slice(digits.length);
};

async function append(
  id: string,
  expected: number,
  count: number,
  step: string | null = null,
): Promise<void> {
  await store.append(sessionStream(id), goals(count, step), expected);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** The revisions that a reader got, once there are this many. */
async function revisionsOf(reader: Reader, id: string, count: number): Promise<number[] | undefined> {
  await waitUntil(() => (reader.revisions.get(id)?.length ?? 0) >= count, {
    what: `${count} events of ${id}`,
  });
  return reader.revisions.get(id);
}

const allLive = () =>
  waitUntil(() => readers.every(({ isLive }) => isLive), { what: 'all readers to have caught up' });

test('256 readers share one subscription, and each gets its events once', async () => {
  for (let pair = 0; pair < 256; pair += 1) read(`session-${pair.toString(16).padStart(2, '0')}`);
  await allLive();
  expect(shared.size).toBe(1);
  const ids = readers.map(sessionOf);
  await Promise.all(ids.map((id) => append(id, -1, 2)));
  for (const [index, reader] of readers.entries())
    expect(await revisionsOf(reader, ids[index] ?? '', 2)).toEqual(upTo(2));
  expect(readers.map(({ revisions }) => ids.filter((id) => revisions.has(id)).length)).toEqual(
    readers.map(() => 1),
  );
});

test('a reader that is behind catches up alone, then joins the others', async () => {
  const [late, live] = [sessionStream('1f'), read('session-20')] as const;
  const id = `1f${randomUUID().slice(2)}`;
  for (let revision = 0; revision < 5; revision += 1) await append(id, revision - 1, 1, 'x'.repeat(500_000));
  const liveId = sessionOf(live);
  await append(liveId, -1, 3);
  expect(await revisionsOf(live, liveId, 3)).toEqual(upTo(3));
  await allLive();
  const other = read(late);
  await waitUntil(() => shared.size === 2, { what: 'a subscription of its own', everyMs: 1 });
  expect(await revisionsOf(other, id, 5)).toEqual(upTo(5));
  await waitUntil(() => shared.size === 1, { what: 'one subscription' });
  await append(id, 4, 1);
  expect(await revisionsOf(other, id, 6)).toEqual(upTo(6));
});

test.each([
  ['more events than may wait', 3_000, 500, null],
  ['larger events than may wait', 40, 1, 'x'.repeat(500_000)],
])('a slow reader for which %s arrive does not hold up the others, and misses nothing', async (...events) => {
  const [, count, step, text] = events;
  const [slow, fast] = [read('session-30'), read('session-4')];
  await allLive();
  const [slowId, fastId] = [sessionOf(slow), sessionOf(fast)];
  slow.hold();
  for (let revision = 0; revision < count; revision += step) await append(slowId, revision - 1, step, text);
  await append(fastId, -1, 3);
  expect(await revisionsOf(fast, fastId, 3)).toEqual(upTo(3));
  slow.letGo();
  await waitUntil(() => !slow.isLive, { what: 'it to have fallen behind', everyMs: 1 });
  expect(slow.revisions.get(slowId)?.length).toBeLessThan(count);
  expect(await revisionsOf(slow, slowId, count)).toEqual(upTo(count));
  await waitUntil(() => shared.size === 1, { what: 'one subscription' });
});

test('readers that come and go while events are appended miss nothing', async () => {
  const prefixes = ['session-5', 'session-60', 'session-61', 'session-7'];
  for (const prefix of prefixes) read(prefix);
  const ids = readers.map(sessionOf);
  const seen = ids.map((): number[] => []);
  for (let round = 0; round < 12; round += 1) {
    const index = round % prefixes.length;
    await Promise.all(ids.map((id) => append(id, round * 10 - 1, 10)));
    const [before] = readers.splice(index, 1, read(prefixes[index] ?? '', readers[index]?.position));
    readers.pop();
    await before?.stop();
    seen[index]?.push(...(before?.revisions.get(ids[index] ?? '') ?? []));
  }
  const all = (index: number): number[] => [
    ...new Set([...(seen[index] ?? []), ...(readers[index]?.revisions.get(ids[index] ?? '') ?? [])]),
  ];
  const haveAll = (): boolean => {
    for (const { error } of readers) if (error !== undefined) throw error;
    return ids.every((_, index) => all(index).length === 120);
  };
  await waitUntil(haveAll, { what: 'all events' });
  expect(ids.map((_, index) => all(index).toSorted((a, b) => a - b))).toEqual(ids.map(() => upTo(120)));
});

test('a position beyond the end of the log fails only its reader', async () => {
  const [good, wrong] = [read('session-8'), read('session-9', head + 1_000_000_000n)];
  await waitUntil(() => wrong.error !== undefined, { what: 'an error' });
  expect(wrong.error).toBeInstanceOf(PositionBeyondEndError);
  const id = sessionOf(good);
  await append(id, -1, 1);
  expect(await revisionsOf(good, id, 1)).toEqual(upTo(1));
});
