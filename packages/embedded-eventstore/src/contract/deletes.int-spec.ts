import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ANY,
  BACKWARDS,
  END,
  NO_STREAM,
  STREAM_EXISTS,
  type EventStoreDBClient,
} from '@eventstore/db-client';
import { collect, event, events, newStream, openTestStore, revisionsOf, type TestStore } from './harness.ts';

const WRONG = { type: 'wrong-expected-version' };
const DELETED = { type: 'stream-deleted' };
const NOT_FOUND = { type: 'stream-not-found' };

describe('soft delete and tombstone', () => {
  let store: TestStore;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    store = await openTestStore();
    client = store.client;
  });
  afterAll(() => store.stop());

  const revisions = async (stream: string) => revisionsOf(await collect(client.readStream(stream)));
  const filled = async (count = 3) => {
    const stream = newStream();
    await client.appendToStream(stream, events(count));
    return stream;
  };

  describe('a soft delete', () => {
    test('makes the stream missing for readers', async () => {
      const stream = await filled();
      const { position } = await client.deleteStream(stream);
      expect(position?.commit).toBeGreaterThan(0n);
      await expect(revisions(stream)).rejects.toMatchObject(NOT_FOUND);
    });

    test('checks the expected revision', async () => {
      const stream = await filled();
      await expect(client.deleteStream(stream, { expectedRevision: 1n })).rejects.toMatchObject({
        ...WRONG,
        streamName: stream,
        expectedVersion: 1n,
        actualVersion: 2n,
      });
      await expect(client.deleteStream(stream, { expectedRevision: NO_STREAM })).rejects.toMatchObject(WRONG);
      await client.deleteStream(stream, { expectedRevision: 2n });
    });

    test('replaces the metadata', async () => {
      const stream = await filled();
      await client.setStreamMetadata(stream, { maxCount: 10, acl: { readRoles: ['$all'] } });
      await client.deleteStream(stream);
      const { metadata } = await client.getStreamMetadata(stream);
      expect(Object.keys(metadata ?? {})).toEqual(['truncateBefore']);
    });

    test.each([ANY, NO_STREAM] as const)(
      'of a stream without events and metadata is wrong for %s',
      async (expectedRevision) => {
        await expect(client.deleteStream(newStream(), { expectedRevision })).rejects.toMatchObject(WRONG);
      },
    );

    test('of a stream with metadata only succeeds with no_stream', async () => {
      const stream = newStream();
      await client.setStreamMetadata(stream, { maxCount: 1 });
      await client.deleteStream(stream, { expectedRevision: NO_STREAM });
      await expect(revisions(stream)).rejects.toMatchObject(NOT_FOUND);
    });

    test('of a metastream succeeds in insecure mode', async () => {
      const stream = await filled();
      await client.setStreamMetadata(stream, { maxCount: 1 });
      await expect(client.deleteStream(`$$${stream}`)).resolves.toMatchObject({ position: {} });
      await expect(client.tombstoneStream(`$$${stream}`)).resolves.toMatchObject({ position: {} });
    });

    test.each([ANY, NO_STREAM, 2n] as const)(
      'then an append with %s continues the revisions',
      async (expected) => {
        const stream = await filled();
        await client.deleteStream(stream);
        const result = await client.appendToStream(stream, events(2), { expectedRevision: expected });
        expect(result.nextExpectedRevision).toBe(4n);
        expect(await revisions(stream)).toEqual([3, 4]);
        const { metadata } = await client.getStreamMetadata(stream);
        expect(metadata?.truncateBefore).toBe(3);
      },
    );

    test('makes an append with stream_exists fail as deleted', async () => {
      const stream = await filled();
      await client.deleteStream(stream);
      await expect(
        client.appendToStream(stream, event(), { expectedRevision: STREAM_EXISTS }),
      ).rejects.toMatchObject(DELETED);
    });

    test('makes an append with another revision a conflict', async () => {
      const stream = await filled();
      await client.deleteStream(stream);
      await expect(client.appendToStream(stream, event(), { expectedRevision: 1n })).rejects.toMatchObject(
        WRONG,
      );
    });

    test('can be repeated after new events', async () => {
      const stream = await filled();
      await client.deleteStream(stream);
      await client.appendToStream(stream, event());
      await client.deleteStream(stream);
      await expect(revisions(stream)).rejects.toMatchObject(NOT_FOUND);
      const { nextExpectedRevision } = await client.appendToStream(stream, event());
      expect(nextExpectedRevision).toBe(4n);
      expect(await revisions(stream)).toEqual([4]);
    });

    test('is undone by new metadata', async () => {
      const stream = await filled();
      await client.deleteStream(stream);
      await client.setStreamMetadata(stream, { mine: 'kept' });
      expect(await revisions(stream)).toEqual([]);
      const { metadata } = await client.getStreamMetadata(stream);
      expect(metadata).toMatchObject({ mine: 'kept', truncateBefore: 3 });
      expect(await revisions(`$$${stream}`)).toEqual([2]);
    });

    test('keeps the events in $all', async () => {
      const stream = await filled();
      await client.deleteStream(stream);
      const all = await collect(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 50 }));
      expect(all.filter(({ event: item }) => item?.streamId === stream)).toHaveLength(3);
    });
  });

  describe('a tombstone', () => {
    test('is permanent for reads, appends and deletes', async () => {
      const stream = await filled();
      await client.tombstoneStream(stream, { expectedRevision: 2n });
      await expect(revisions(stream)).rejects.toMatchObject({ ...DELETED, streamName: stream });
      for (const expectedRevision of [ANY, NO_STREAM, STREAM_EXISTS, 2n] as const) {
        await expect(client.appendToStream(stream, event(), { expectedRevision })).rejects.toMatchObject(
          DELETED,
        );
      }
      await expect(client.deleteStream(stream)).rejects.toMatchObject(DELETED);
      await expect(client.tombstoneStream(stream)).rejects.toMatchObject(DELETED);
    });

    test('works on a missing stream', async () => {
      const stream = newStream();
      await client.tombstoneStream(stream);
      await expect(revisions(stream)).rejects.toMatchObject(DELETED);
    });

    test('checks the expected revision', async () => {
      const stream = await filled();
      await expect(client.tombstoneStream(stream, { expectedRevision: 0n })).rejects.toMatchObject(WRONG);
      expect(await revisions(stream)).toHaveLength(3);
    });

    test('writes $streamDeleted with revision 2^63 - 1 to $all', async () => {
      const stream = await filled();
      const { position } = await client.tombstoneStream(stream);
      const [last] = await collect(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }));
      expect(last?.event).toMatchObject({
        type: '$streamDeleted',
        streamId: stream,
        revision: 9223372036854775807n,
        position,
      });
    });

    test('makes the metastream read as deleted, although it can still be written', async () => {
      const stream = await filled();
      await client.setStreamMetadata(stream, { maxCount: 1 });
      await client.tombstoneStream(stream);
      await expect(collect(client.readStream(`$$${stream}`))).rejects.toMatchObject(DELETED);
      const { nextExpectedRevision } = await client.setStreamMetadata(stream, { maxCount: 2 });
      expect(nextExpectedRevision).toBe(1n);
      await expect(collect(client.readStream(`$$${stream}`))).rejects.toMatchObject(DELETED);
    });
  });
});
