import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import messages, { type ReadReq, type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { event, events, newStream, openTestStore, type TestStore } from './harness.ts';
import { empty, plainOptions, RawClient, readAllOptions, readStreamOptions } from './raw-client.ts';

const INVALID_ARGUMENT = 3;
const UNKNOWN = 2;

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
