import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newStream, openTestStore, type TestStore } from './harness.ts';
import { batch, proposed, RawClient, readStreamOptions } from './raw-client.ts';

const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
const JSON_EVENT = { type: 'Tested', contentType: 'application/json' };

const large = (size: number) =>
  batch({
    correlation: crypto.randomUUID(),
    stream: newStream(),
    events: [proposed({ ...JSON_EVENT, data: Buffer.alloc(size) })],
  });

describe('BatchAppend on the wire', () => {
  let store: TestStore;
  let raw: RawClient;
  beforeAll(async () => {
    store = await openTestStore();
    raw = new RawClient(store.url);
  });
  afterAll(async () => {
    raw.close();
    await store.stop();
  });

  const length = async (stream: string) =>
    (await raw.read((options) => readStreamOptions(options, stream))).filter((item) => item.hasEvent())
      .length;

  test('answers each correlation id once, with id and stream', async () => {
    const stream = newStream();
    const ids = Array.from({ length: 5 }, () => crypto.randomUUID());
    const responses = await raw.batchAppend(
      ids.map((correlation) => batch({ correlation, stream, events: [proposed(JSON_EVENT)] })),
    );
    expect(responses.map((response) => response.getCorrelationId()?.getString())).toEqual(ids);
    for (const response of responses) {
      const name = Buffer.from(response.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString();
      expect(name).toBe(stream);
    }
  });

  test('joins the chunks of a correlation id', async () => {
    const stream = newStream();
    const correlation = crypto.randomUUID();
    const chunk = { correlation, events: [proposed(JSON_EVENT), proposed(JSON_EVENT)] };
    const responses = await raw.batchAppend(
      [
        batch({ ...chunk, stream, final: false }),
        batch({ ...chunk, options: false, final: false, events: [proposed(JSON_EVENT)] }),
        batch({ ...chunk, options: false, events: [] }),
      ],
      1,
    );
    expect(responses).toHaveLength(1);
    expect(responses[0]?.getSuccess()?.getCurrentRevision()).toBe('2');
    expect(await length(stream)).toBe(3);
  });

  test('ignores chunks of an unknown correlation id', async () => {
    const stray = batch({
      correlation: crypto.randomUUID(),
      options: false,
      events: [proposed(JSON_EVENT)],
    });
    const known = batch({ correlation: crypto.randomUUID(), stream: newStream(), events: [] });
    const [answer] = await raw.batchAppend([stray, known], 1);
    expect(answer?.getCorrelationId()?.getString()).toBe(known.getCorrelationId()?.getString());
  });

  test('answers a missing stream and an invalid event with an error', async () => {
    const correlation = crypto.randomUUID();
    const [missing] = await raw.batchAppend([batch({ correlation })]);
    expect(missing?.getError()?.getCode()).toBe(INVALID_ARGUMENT);
    expect(missing?.getError()?.getDetails()?.getTypeName()).toBe('event_store.client.BadRequest');
    const [untyped] = await raw.batchAppend([
      batch({ correlation, stream: newStream(), events: [proposed({ contentType: 'application/json' })] }),
    ]);
    expect(untyped?.getError()?.getDetails()?.getTypeName()).toBe('event_store.client.BadRequest');
  });

  test('answers Timeout to a deadline in the past, before the size check', async () => {
    const stream = newStream();
    const [response] = await raw.batchAppend([
      batch({
        correlation: crypto.randomUUID(),
        stream,
        deadline: Date.now() - 1,
        events: [proposed({ ...JSON_EVENT, data: Buffer.alloc(2 * 1024 * 1024) })],
      }),
    ]);
    expect(response?.getError()?.getCode()).toBe(4);
    expect(response?.getError()?.getDetails()?.getTypeName()).toBe('event_store.client.Timeout');
    expect(await length(stream)).toBe(0);
  });

  test('accepts malformed JSON and keeps other content types as octet-stream', async () => {
    const stream = newStream();
    await raw.batchAppend([
      batch({
        correlation: crypto.randomUUID(),
        stream,
        events: [
          proposed({ ...JSON_EVENT, data: Buffer.from('{oops') }),
          proposed({ type: 'Text', contentType: 'text/plain', data: Buffer.from('hello') }),
        ],
      }),
    ]);
    const found = await raw.read((options) => readStreamOptions(options, stream));
    const kinds = found.map((item) => item.getEvent()?.getEvent()?.getMetadataMap().get('content-type'));
    expect(kinds).toEqual(['application/json', 'application/octet-stream']);
  });

  test('receives messages of 15 MiB', async () => {
    const [response] = await raw.batchAppend([large(15 * 1024 * 1024)]);
    expect(response?.getError()?.getDetails()?.getTypeName()).toBe(
      'event_store.client.MaximumAppendSizeExceeded',
    );
  });

  test('ends the call at a message of almost 16 MiB', async () => {
    const call = raw.batchAppend([large(16 * 1024 * 1024 - 1000)]);
    await expect(call).rejects.toMatchObject({ code: RESOURCE_EXHAUSTED });
  });
});
