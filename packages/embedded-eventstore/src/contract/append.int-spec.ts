import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ANY,
  binaryEvent,
  jsonEvent,
  NO_STREAM,
  STREAM_EXISTS,
  UnknownError,
  type EventStoreDBClient,
} from '@eventstore/db-client';
import {
  collect,
  event,
  events,
  newStream,
  numbersOf,
  openTestStore,
  revisionsOf,
  type TestStore,
} from './harness.ts';

describe('append', () => {
  let store: TestStore;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    store = await openTestStore();
    client = store.client;
  });
  afterAll(() => store.stop());

  const read = (stream: string) => collect(client.readStream(stream));

  test('returns the revision of the last event', async () => {
    const result = await client.appendToStream(newStream(), events(3), { expectedRevision: NO_STREAM });
    expect(result).toMatchObject({ success: true, nextExpectedRevision: 2n });
  });

  test('returns the position of the last event, with equal commit and prepare', async () => {
    const stream = newStream();
    const { position } = await client.appendToStream(stream, events(3));
    const last = (await read(stream)).at(-1)?.event;
    expect(position).toEqual(last?.position);
    expect(position?.commit).toBe(position?.prepare);
  });

  test('returns positions above 0', async () => {
    const { position } = await client.appendToStream(newStream(), event());
    expect(position?.commit).toBeGreaterThan(0n);
  });

  test('stores many events contiguously and atomically', async () => {
    const stream = newStream();
    await client.appendToStream(stream, events(100));
    expect(revisionsOf(await read(stream))).toEqual(Array.from({ length: 100 }, (_, i) => i));
    await expect(client.appendToStream(stream, events(5), { expectedRevision: 3n })).rejects.toMatchObject({
      type: 'wrong-expected-version',
    });
    expect(await read(stream)).toHaveLength(100);
  });

  test('accepts zero events', async () => {
    const stream = newStream();
    await expect(client.appendToStream(stream, [])).resolves.toMatchObject({ success: true });
    await expect(read(stream)).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  describe.each([
    ['BatchAppend', {}],
    ['Append', { credentials: { username: 'admin', password: 'changeit' } }],
  ])('by %s', (_name, options) => {
    test('keeps JSON data, metadata and the time of creation', async () => {
      const stream = newStream();
      const given = jsonEvent({ type: 'Greeted', data: { text: 'नमस्ते' }, metadata: { by: 'me' } });
      await client.appendToStream(stream, given, options);
      const [found] = await read(stream);
      expect(found?.event).toMatchObject({
        streamId: stream,
        id: given.id,
        type: 'Greeted',
        data: { text: 'नमस्ते' },
        metadata: { by: 'me' },
        isJson: true,
        revision: 0n,
      });
      expect(Math.abs(Date.now() - Number(found?.event?.created))).toBeLessThan(60_000);
    });

    test('keeps binary data as octet-stream', async () => {
      const stream = newStream();
      await client.appendToStream(
        stream,
        binaryEvent({ type: 'Blob', data: Uint8Array.from([0, 255, 7]) }),
        options,
      );
      const [found] = await read(stream);
      expect(found?.event?.isJson).toBe(false);
      expect(found?.event?.data).toEqual(Uint8Array.from([0, 255, 7]));
    });

    test('reports the expected and the actual revision of a conflict', async () => {
      const stream = newStream();
      await client.appendToStream(stream, events(2), options);
      await expect(
        client.appendToStream(stream, event(), { ...options, expectedRevision: 5n }),
      ).rejects.toMatchObject({
        type: 'wrong-expected-version',
        streamName: stream,
        expectedVersion: 5n,
        actualVersion: 1n,
      });
      await expect(
        client.appendToStream(newStream(), event(), { ...options, expectedRevision: STREAM_EXISTS }),
      ).rejects.toMatchObject({ expectedVersion: 'stream_exists', actualVersion: 'no_stream' });
    });

    test('returns a conflict without an error when throwOnAppendFailure is false', async () => {
      const stream = newStream();
      const quiet = (await import('@eventstore/db-client')).EventStoreDBClient.connectionString(
        `${store.url}${store.url.includes('?') ? '&' : '?'}throwOnAppendFailure=false`,
      );
      const result = await quiet.appendToStream(stream, event(), { ...options, expectedRevision: 7n });
      expect(result.success).toBe(false);
      await quiet.dispose();
    });

    test('refuses more than the maximum append size', async () => {
      const big = jsonEvent({ type: 'Big', data: { text: 'x'.repeat(1024 * 1024) } });
      await expect(client.appendToStream(newStream(), big, options)).rejects.toMatchObject({
        type: 'maximum-append-size-exceeded',
        maxAppendSize: 1_048_576,
      });
    });

    test('counts data, metadata and twice the type for the maximum append size', async () => {
      const data = new Uint8Array(1_048_576 - 2 * 4 - 10);
      const meta = new Uint8Array(10);
      const fits = binaryEvent({ type: 'Fits', data, metadata: meta });
      await expect(client.appendToStream(newStream(), fits, options)).resolves.toMatchObject({
        success: true,
      });
      const over = binaryEvent({ type: 'Fits', data: new Uint8Array(data.length + 1), metadata: meta });
      await expect(client.appendToStream(newStream(), over, options)).rejects.toMatchObject({
        type: 'maximum-append-size-exceeded',
      });
    });

    test('refuses an empty stream name, $$ and an empty event type', async () => {
      await expect(client.appendToStream('', event(), options)).rejects.toBeInstanceOf(UnknownError);
      await expect(client.appendToStream('$$', event(), options)).rejects.toBeInstanceOf(UnknownError);
      await expect(client.appendToStream(newStream(), event(0, ''), options)).rejects.toBeInstanceOf(
        UnknownError,
      );
    });

    test('refuses an event id that is not a UUID', async () => {
      const stream = newStream();
      const odd = client.appendToStream(stream, event(0, 'Tested', 'not-a-uuid'), options);
      await expect(odd).rejects.toBeInstanceOf(UnknownError);
      await client.appendToStream(stream, event(), options);
    });

    test('accepts writes to $all in insecure mode', async () => {
      await expect(client.appendToStream('$all', event(), options)).resolves.toMatchObject({ success: true });
    });
  });

  describe('with an expected revision', () => {
    test.each([ANY, NO_STREAM] as const)('%s creates a stream', async (expectedRevision) => {
      const result = await client.appendToStream(newStream(), event(), { expectedRevision });
      expect(result.nextExpectedRevision).toBe(0n);
    });

    test('the last revision appends to the stream', async () => {
      const stream = newStream();
      await client.appendToStream(stream, event(0));
      await client.appendToStream(stream, event(1), { expectedRevision: 0n });
      expect(numbersOf(await read(stream))).toEqual([0, 1]);
    });

    test('stream_exists refuses a missing stream', async () => {
      const stream = newStream();
      await expect(
        client.appendToStream(stream, event(), { expectedRevision: STREAM_EXISTS }),
      ).rejects.toMatchObject({ type: 'wrong-expected-version' });
      await client.appendToStream(stream, event());
      await client.appendToStream(stream, event(), { expectedRevision: STREAM_EXISTS });
      expect(await read(stream)).toHaveLength(2);
    });

    test('stream_exists accepts a stream with metadata only', async () => {
      const stream = newStream();
      await client.setStreamMetadata(stream, { maxCount: 5 });
      await client.appendToStream(stream, event(), { expectedRevision: STREAM_EXISTS });
      expect(await read(stream)).toHaveLength(1);
    });

    test('no_stream and an exact revision refuse another state', async () => {
      const stream = newStream();
      await client.appendToStream(stream, events(3));
      for (const expectedRevision of [NO_STREAM, 0n, 1n, 3n, 99n] as const) {
        await expect(client.appendToStream(stream, event(), { expectedRevision })).rejects.toMatchObject({
          type: 'wrong-expected-version',
          actualVersion: 2n,
        });
      }
    });
  });

  test('lets one of many writers with the same expected revision succeed', async () => {
    const stream = newStream();
    await client.appendToStream(stream, event());
    const outcomes = await Promise.allSettled(
      events(64).map((each) => client.appendToStream(stream, each, { expectedRevision: 0n })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(revisionsOf(await read(stream))).toEqual([0, 1]);
  });
});
