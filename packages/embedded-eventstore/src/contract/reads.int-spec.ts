import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  BACKWARDS,
  END,
  FORWARDS,
  START,
  type EventStoreDBClient,
  type Position,
} from '@eventstore/db-client';
import { collect, events, newStream, openTestStore, revisionsOf, type TestStore } from './harness.ts';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('read', () => {
  let store: TestStore;
  let client: EventStoreDBClient;
  const stream = newStream();
  /** Where the events of these tests begin in $all. */
  let begin: Position;
  beforeAll(async () => {
    store = await openTestStore();
    client = store.client;
    const first = await client.appendToStream(newStream(), events(1));
    begin = first.position ?? { commit: 0n, prepare: 0n };
    await client.appendToStream(stream, events(300));
  });
  afterAll(() => store.stop());

  const revisions = async (options: Parameters<EventStoreDBClient['readStream']>[1]) =>
    revisionsOf(await collect(client.readStream(stream, options)));

  const readFromBegin = () => collect(client.readAll({ fromPosition: begin }));

  describe('of a stream', () => {
    test('reads forwards from the start to the end', async () => {
      expect(await revisions({})).toEqual(range(0, 299));
    });

    test('reads backwards from the end to the start', async () => {
      expect(await revisions({ direction: BACKWARDS, fromRevision: END })).toEqual(
        range(0, 299).toReversed(),
      );
    });

    test('starts at the given revision in both directions', async () => {
      expect(await revisions({ fromRevision: 297n })).toEqual([297, 298, 299]);
      expect(await revisions({ fromRevision: 2n, direction: BACKWARDS })).toEqual([2, 1, 0]);
    });

    test('stops after maxCount events', async () => {
      expect(await revisions({ fromRevision: 100n, maxCount: 150 })).toEqual(range(100, 249));
      expect(await revisions({ direction: BACKWARDS, fromRevision: END, maxCount: 2 })).toEqual([299, 298]);
    });

    test('beyond the end is empty forwards, and from the end backwards', async () => {
      expect(await revisions({ fromRevision: 1000n })).toEqual([]);
      expect(await revisions({ fromRevision: 1000n, direction: BACKWARDS, maxCount: 1 })).toEqual([299]);
    });

    test('forwards from the end is an error', async () => {
      const fromEnd = { fromRevision: END, direction: FORWARDS, maxCount: 10 } as const;
      await expect(revisions(fromEnd)).rejects.toMatchObject({
        code: 2,
        message: expect.stringContaining('Unexpected ReadStreamResult: Error'),
      });
    });

    test('from the start backwards is the first event', async () => {
      expect(await revisions({ fromRevision: START, direction: BACKWARDS })).toEqual([0]);
    });

    test('of a missing stream throws StreamNotFoundError', async () => {
      const missing = newStream();
      await expect(collect(client.readStream(missing))).rejects.toMatchObject({
        type: 'stream-not-found',
        streamName: missing,
      });
    });

    test('returns the position of each event', async () => {
      const found = await collect(client.readStream(stream, { maxCount: 10 }));
      const positions = found.map(({ event: item }) => item?.position?.commit ?? 0n);
      expect(positions.toSorted((a, b) => Number(a - b))).toEqual(positions);
      expect(new Set(positions).size).toBe(10);
      for (const { event: item } of found) expect(item?.position?.prepare).toBe(item?.position?.commit);
    });
  });

  describe('of $all', () => {
    test('contains system events and user events in order', async () => {
      const system = await collect(client.readAll({ maxCount: 1_000 }));
      expect(system.some(({ event: item }) => item?.type.startsWith('$'))).toBe(true);
      const all = await readFromBegin();
      expect(all.filter(({ event: item }) => item?.streamId === stream)).toHaveLength(300);
      const positions = all.map(({ event: item }) => Number(item?.position.commit));
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    });

    test('backwards is the reverse of forwards', async () => {
      const forwards = await readFromBegin();
      const backwards = await collect(
        client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: forwards.length }),
      );
      const ids = (list: typeof forwards) => list.map(({ event: item }) => item?.id);
      expect(ids(backwards)).toEqual(ids(forwards).toReversed());
    });

    test('starts at the position forwards and before it backwards', async () => {
      const all = await readFromBegin();
      const at = all[50]?.event?.position;
      if (!at) throw new Error('There is no event');
      const [next] = await collect(client.readAll({ fromPosition: at, maxCount: 1 }));
      expect(next?.event?.id).toBe(all[50]?.event?.id);
      const [before] = await collect(client.readAll({ fromPosition: at, direction: BACKWARDS, maxCount: 1 }));
      expect(before?.event?.id).toBe(all[49]?.event?.id);
    });

    test('from the start backwards and from the end forwards is empty', async () => {
      expect(await collect(client.readAll({ direction: BACKWARDS, fromPosition: START }))).toEqual([]);
      expect(await collect(client.readAll({ direction: FORWARDS, fromPosition: END }))).toEqual([]);
    });

    test('refuses a commit position before the prepare position', async () => {
      const fromPosition = { commit: 1n, prepare: 2n };
      await expect(collect(client.readAll({ fromPosition }))).rejects.toMatchObject({ code: 2 });
    });

    test('refuses a position between events', async () => {
      const { position } = await client.appendToStream(newStream(), events(2));
      const off = (position?.commit ?? 0n) - 1n;
      const fromPosition = { commit: off, prepare: off };
      await expect(collect(client.readAll({ fromPosition }))).rejects.toMatchObject({ code: 2 });
    });
  });
});
