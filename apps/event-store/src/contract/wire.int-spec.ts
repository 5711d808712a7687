import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import messages, { type ReadReq, type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { event, events, newStream, openTestStore, type TestStore } from './harness.ts';
import {
  batch,
  empty,
  plainOptions,
  proposed,
  RawClient,
  readAllOptions,
  readStreamOptions,
} from './rawClient.ts';

const INVALID_ARGUMENT = 3;
const UNKNOWN = 2;

const JSON_EVENT = { type: 'Tested', contentType: 'application/json' };

describe('on the wire', () => {
  let store: TestStore;
  let raw: RawClient;
  const kind = newStream('kind');
  beforeAll(async () => {
    store = await openTestStore();
    raw = new RawClient(store.url);
    await store.client.appendToStream(`${kind}-a`, [event(1, 'Alpha'), event(2, 'Beta')]);
    await store.client.appendToStream(`${kind}-b`, [event(3, 'AlphaTwo'), event(4, 'Gamma')]);
  });
  afterAll(async () => {
    raw.close();
    await store.stop();
  });

  const numbers = async (on: 'stream' | 'type', filter: Expression, backwards = false, count = 100) => {
    const responses = await raw.read((options) => {
      readAllOptions(options);
      if (backwards) {
        options.getAll()?.setEnd(empty());
        options.setReadDirection(messages.ReadReq.Options.ReadDirection.BACKWARDS);
      }
      options.setCount(String(count));
      setFilter(options, on, filter);
    });
    return responses.filter((response) => streamOf(response).startsWith(kind)).map(numberOf);
  };
  const length = async (stream: string) =>
    (await raw.read((options) => readStreamOptions(options, stream))).filter((item) => item.hasEvent())
      .length;

  describe('Read', () => {
    test('refuses a request without uuid_option', async () => {
      const read = raw.read((options) => {
        readStreamOptions(options, `${kind}-a`);
        options.clearUuidOption();
      });
      await expect(read).rejects.toMatchObject({ code: INVALID_ARGUMENT });
    });

    test('gives ids as two numbers when asked', async () => {
      const [asText] = await raw.read((options) => readStreamOptions(options, `${kind}-a`));
      const [asNumbers] = await raw.read((options) => {
        readStreamOptions(options, `${kind}-a`);
        const uuid = new messages.ReadReq.Options.UUIDOption();
        uuid.setStructured(empty());
        options.setUuidOption(uuid);
      });
      const parts = asNumbers?.getEvent()?.getEvent()?.getId()?.getStructured();
      const hex = [parts?.getMostSignificantBits(), parts?.getLeastSignificantBits()]
        .map((part) =>
          BigInt.asUintN(64, BigInt(part ?? 0))
            .toString(16)
            .padStart(16, '0'),
        )
        .join('');
      expect(hex).toBe(asText?.getEvent()?.getEvent()?.getId()?.getString().replaceAll('-', ''));
    });

    test('says that a stream is missing in a message', async () => {
      const [response] = await raw.read((options) => readStreamOptions(options, newStream()));
      expect(response?.hasStreamNotFound()).toBe(true);
    });

    test('says that a stream is tombstoned in trailers', async () => {
      const stream = newStream();
      await store.client.tombstoneStream(stream);
      const error = await raw
        .read((options) => readStreamOptions(options, stream))
        .catch((reason: unknown) => reason as { code: number; metadata: { getMap(): unknown } });
      expect(error).toMatchObject({ code: 9 });
      expect('metadata' in error && error.metadata.getMap()).toMatchObject({
        exception: 'stream-deleted',
        'stream-name': stream,
      });
    });

    test('refuses a filter on a stream, and a subscription backwards', async () => {
      const filtered = raw.read((options) => {
        readStreamOptions(options, `${kind}-a`);
        setFilter(options, 'stream', { prefixes: ['x'] });
      });
      await expect(filtered).rejects.toMatchObject({ code: INVALID_ARGUMENT });
      const backwards = raw.read((options) => {
        readStreamOptions(options, `${kind}-a`);
        options.setSubscription(new messages.ReadReq.Options.SubscriptionOptions());
        options.setReadDirection(messages.ReadReq.Options.ReadDirection.BACKWARDS);
      });
      await expect(backwards).rejects.toMatchObject({ code: INVALID_ARGUMENT });
    });

    test('sends no first and last positions unless the client is compatible', async () => {
      const stream = newStream();
      await store.client.appendToStream(stream, events(50));
      await store.client.setStreamMetadata(stream, { truncateBefore: 45 });
      const old = await raw.read((options) => readStreamOptions(options, stream));
      expect(old.every((response) => response.hasEvent())).toBe(true);
      const compatible = await raw.read((options) => {
        readStreamOptions(options, stream);
        const control = new messages.ReadReq.Options.ControlOption();
        control.setCompatibility(1);
        options.setControlOption(control);
      });
      expect(compatible[0]?.getFirstStreamPosition()).toBe('45');
      expect(compatible.at(-1)?.getLastStreamPosition()).toBe('49');
    });

    test('carries type, created and content-type', async () => {
      const [response] = await raw.read((options) => readStreamOptions(options, `${kind}-a`));
      const map = response?.getEvent()?.getEvent()?.getMetadataMap();
      expect(map?.get('type')).toBe('Alpha');
      expect(map?.get('content-type')).toBe('application/json');
      expect(Number(map?.get('created')) / 1e4).toBeCloseTo(Date.now(), -6);
    });
  });

  describe('a filtered Read of $all', () => {
    test('takes stream names by prefix, any of several', async () => {
      expect(await numbers('stream', { prefixes: [`${kind}-a`] })).toEqual([1, 2]);
      expect(await numbers('stream', { prefixes: [`${kind}-b`, `${kind}-a`] })).toEqual([1, 2, 3, 4]);
    });

    test('takes stream names by regular expression, unanchored', async () => {
      expect(await numbers('stream', { regex: `${kind.slice(3)}-b$` })).toEqual([3, 4]);
    });

    test('takes event types by prefix and by regular expression', async () => {
      expect(await numbers('type', { prefixes: ['Alpha'] })).toEqual([1, 3]);
      expect(await numbers('type', { regex: '^(Beta|Gamma)$' })).toEqual([2, 4]);
    });

    test('goes backwards and stops after a count of matches', async () => {
      expect(await numbers('stream', { prefixes: [kind] }, true, 3)).toEqual([4, 3, 2]);
    });

    test('prefers a regular expression to prefixes', async () => {
      expect(await numbers('stream', { prefixes: [`${kind}-a`], regex: `${kind}-b` })).toEqual([3, 4]);
    });

    test('refuses a malformed regular expression', async () => {
      await expect(numbers('stream', { regex: '(' })).rejects.toMatchObject({ code: INVALID_ARGUMENT });
    });

    test('answers UNKNOWN for a position off a boundary', async () => {
      const { position } = await store.client.appendToStream(newStream(), event());
      const read = raw.read((options) => {
        readAllOptions(options, (position?.commit ?? 0n) - 1n);
        setFilter(options, 'stream', { prefixes: ['x'] });
      });
      await expect(read).rejects.toMatchObject({ code: UNKNOWN });
    });
  });

  describe('BatchAppend', () => {
    test('answers each correlation id once, and repeats it with the stream', async () => {
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

    test('joins the chunks of a correlation id, with options in the first only', async () => {
      const stream = newStream();
      const correlation = crypto.randomUUID();
      const chunk = { correlation, events: [proposed(JSON_EVENT), proposed(JSON_EVENT)] };
      const responses = await raw.batchAppend([
        batch({ ...chunk, stream, final: false }),
        batch({ ...chunk, options: false, final: false, events: [proposed(JSON_EVENT)] }),
        batch({ ...chunk, options: false, events: [] }),
      ]);
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
      expect(await raw.batchAppend([stray, known])).toHaveLength(1);
    });

    test('refuses a missing stream and a bad event in the stream of answers', async () => {
      const correlation = crypto.randomUUID();
      const [missing] = await raw.batchAppend([batch({ correlation })]);
      expect(missing?.getError()?.getCode()).toBe(INVALID_ARGUMENT);
      expect(missing?.getError()?.getDetails()?.getTypeName()).toBe('event_store.client.BadRequest');
      const [untyped] = await raw.batchAppend([
        batch({ correlation, stream: newStream(), events: [proposed({ contentType: 'application/json' })] }),
      ]);
      expect(untyped?.getError()?.getDetails()?.getTypeName()).toBe('event_store.client.BadRequest');
    });

    test('answers Timeout for a deadline in the past, before it looks at sizes', async () => {
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

    test('does not reject malformed JSON, and keeps other content types as octet-stream', async () => {
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

    test('receives messages of up to 16 MiB', async () => {
      const [response] = await raw.batchAppend([
        batch({
          correlation: crypto.randomUUID(),
          stream: newStream(),
          events: [proposed({ ...JSON_EVENT, data: Buffer.alloc(16 * 1024 * 1024 - 1000) })],
        }),
      ]);
      expect(response?.getError()?.getDetails()?.getTypeName()).toBe(
        'event_store.client.MaximumAppendSizeExceeded',
      );
    });
  });

  test('a read of nothing in particular is refused', async () => {
    await expect(raw.read(plainOptions)).rejects.toMatchObject({ code: INVALID_ARGUMENT });
  });
});

interface Expression {
  readonly prefixes?: readonly string[];
  readonly regex?: string;
}

const setFilter = (
  options: ReadReq.Options,
  on: 'stream' | 'type',
  { prefixes, regex }: Expression,
): void => {
  const expression = new messages.ReadReq.Options.FilterOptions.Expression();
  expression.setPrefixList([...(prefixes ?? [])]);
  if (regex !== undefined) expression.setRegex(regex);
  const filter = new messages.ReadReq.Options.FilterOptions();
  if (on === 'stream') filter.setStreamIdentifier(expression);
  else filter.setEventType(expression);
  filter.setCount(empty());
  filter.setCheckpointintervalmultiplier(1);
  options.clearNoFilter();
  options.setFilter(filter);
};

const recordOf = (response: ReadResp) => response.getEvent()?.getEvent();
const streamOf = (response: ReadResp): string =>
  Buffer.from(recordOf(response)?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString();
const numberOf = (response: ReadResp): number =>
  (JSON.parse(Buffer.from(recordOf(response)?.getData_asU8() ?? []).toString()) as { n: number }).n;
