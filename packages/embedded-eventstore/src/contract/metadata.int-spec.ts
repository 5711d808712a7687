import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BACKWARDS, binaryEvent, END, jsonEvent, type EventStoreDBClient } from '@eventstore/db-client';
import {
  collect,
  event,
  events,
  newStream,
  openTestStore,
  waitUntil,
  revisionsOf,
  type TestStore,
} from './harness.ts';
import { batch, proposed, RawClient } from './raw-client.ts';

describe('metadata and truncation', () => {
  let store: TestStore;
  let client: EventStoreDBClient;
  let raw: RawClient;
  beforeAll(async () => {
    store = await openTestStore();
    client = store.client;
    raw = new RawClient(store.url);
  });
  afterAll(async () => {
    raw.close();
    await store.stop();
  });

  const revisions = async (stream: string, options = {}) =>
    revisionsOf(await collect(client.readStream(stream, options)));
  const filled = async (count = 10) => {
    const stream = newStream();
    await client.appendToStream(stream, events(count));
    return stream;
  };
  /** Writes JSON that JSON.stringify would change. */
  const setRaw = async (stream: string, text: string) => {
    const data = Buffer.from(text);
    const events = [proposed({ type: '$metadata', contentType: 'application/json', data })];
    const correlation = crypto.randomUUID();
    const [response] = await raw.batchAppend([batch({ correlation, stream: `$$${stream}`, events })]);
    expect(response?.hasSuccess()).toBe(true);
  };

  test('is stored in a metastream that shows its last event only', async () => {
    const stream = await filled(1);
    const first = await client.setStreamMetadata(stream, { maxCount: 5, custom: { a: 1 } });
    expect(first.nextExpectedRevision).toBe(0n);
    await client.setStreamMetadata(stream, { maxCount: 6 }, { expectedRevision: 0n });
    expect((await client.getStreamMetadata(stream)).metadata).toEqual({ maxCount: 6 });
    expect(await revisions(`$$${stream}`)).toEqual([1]);
    await expect(
      client.setStreamMetadata(stream, { maxCount: 7 }, { expectedRevision: 0n }),
    ).rejects.toMatchObject({ type: 'wrong-expected-version' });
  });

  test('is empty when there is none', async () => {
    const { metadata } = await client.getStreamMetadata(newStream());
    expect(metadata).toBeUndefined();
  });

  test('appears in $all as $metadata', async () => {
    const stream = await filled(1);
    await client.setStreamMetadata(stream, { maxCount: 5 });
    const [last] = await collect(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }));
    expect(last?.event).toMatchObject({ type: '$metadata', streamId: `$$${stream}` });
  });

  test('does not create the stream', async () => {
    const stream = newStream();
    await client.setStreamMetadata(stream, { maxCount: 5 });
    await expect(revisions(stream)).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  test('$maxCount keeps the last events', async () => {
    const stream = await filled();
    await client.setStreamMetadata(stream, { maxCount: 3 });
    expect(await revisions(stream)).toEqual([7, 8, 9]);
    await client.appendToStream(stream, event());
    expect(await revisions(stream)).toEqual([8, 9, 10]);
    expect(await revisions(stream, { direction: BACKWARDS, fromRevision: END })).toEqual([10, 9, 8]);
  });

  test('$tb hides the events before it', async () => {
    const stream = await filled();
    await client.setStreamMetadata(stream, { truncateBefore: 8 });
    expect(await revisions(stream)).toEqual([8, 9]);
    expect(await revisions(stream, { direction: BACKWARDS, fromRevision: END })).toEqual([9, 8]);
    expect(await revisions(stream, { direction: BACKWARDS, fromRevision: 5n })).toEqual([]);
  });

  test('a page below $tb is empty but not the end', async () => {
    const stream = await filled(500);
    await client.setStreamMetadata(stream, { truncateBefore: 450 });
    expect(await revisions(stream, { maxCount: 10 })).toEqual(Array.from({ length: 10 }, (_, i) => 450 + i));
  });

  test('$tb beyond the end empties the stream without deleting it', async () => {
    const stream = await filled();
    await client.setStreamMetadata(stream, { truncateBefore: 100 });
    expect(await revisions(stream)).toEqual([]);
  });

  test('$maxAge hides older events, in seconds', async () => {
    const stream = await filled();
    await client.setStreamMetadata(stream, { maxAge: 1000 });
    expect(await revisions(stream)).toHaveLength(10);
    await client.setStreamMetadata(stream, { maxAge: 1 });
    await waitUntil('the events to expire', async () => (await revisions(stream)).length === 0);
    await client.appendToStream(stream, event());
    expect(await revisions(stream)).toEqual([10]);
  });

  test('the strictest of several limits applies', async () => {
    const stream = await filled();
    await client.setStreamMetadata(stream, { maxCount: 5, truncateBefore: 8 });
    expect(await revisions(stream)).toEqual([8, 9]);
    await client.setStreamMetadata(stream, { maxCount: 1, truncateBefore: 2 });
    expect(await revisions(stream)).toEqual([9]);
  });

  test.each(['{"$maxCount":0}', '{"$maxCount":-5}', '{"$maxAge":0}', '{"$maxAge":-1}'])(
    'not positive is ignored: %s',
    async (text) => {
      const stream = await filled();
      await setRaw(stream, text);
      expect(await revisions(stream)).toHaveLength(10);
    },
  );

  test.each([
    'not json at all',
    '[1,2]',
    '"text"',
    '{"$maxCount":2,',
    '{"$maxCount":2,"$tb":9223372036854775808}',
    '{"$maxCount":99999999999999999999}',
    '{"$maxCount":2,"$maxAge":"soon"}',
  ])('malformed, or with a number over int64, voids all the system keys: %s', async (text) => {
    const stream = await filled();
    await setRaw(stream, text);
    expect(await revisions(stream)).toHaveLength(10);
  });

  test('$tb of exactly 2^63 - 1 is a soft delete', async () => {
    const stream = await filled();
    await setRaw(stream, '{"$tb":9223372036854775806}');
    expect(await revisions(stream)).toEqual([]);
    await setRaw(stream, '{"$tb":9223372036854775807}');
    await expect(revisions(stream)).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  test('counts only when its event is JSON', async () => {
    const stream = await filled();
    const data = Buffer.from('{"$maxCount":2}');
    await client.appendToStream(`$$${stream}`, binaryEvent({ type: '$metadata', data }));
    expect(await revisions(stream)).toHaveLength(10);
  });

  test('of a metastream has no effect', async () => {
    const stream = await filled();
    await client.setStreamMetadata(stream, { maxCount: 2 });
    await client.appendToStream(`$$$$${stream}`, jsonEvent({ type: '$metadata', data: { $tb: 10 } }));
    expect(await revisions(`$$${stream}`)).toEqual([0]);
  });

  test('does not truncate $all', async () => {
    const stream = await filled();
    await client.setStreamMetadata(stream, { maxCount: 1 });
    const all = await collect(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 50 }));
    expect(all.filter(({ event: item }) => item?.streamId === stream)).toHaveLength(10);
  });
});
