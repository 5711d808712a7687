import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import messages, { type ReadReq, type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { event, events, isOwnStore, newStream, openTestStore, type TestStore } from './harness.ts';
import { empty, framesOf, plainOptions, RawClient, readAllOptions, readStreamOptions } from './raw-client.ts';

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
    if (isOwnStore)
      test('sends many events of a page in one frame', async () => {
        const stream = newStream('page');
        await store.client.appendToStream(stream, events(500));
        const read = await framesOf(store.url, (options) => readStreamOptions(options, stream));
        expect(read.messages).toBe(500);
        expect(read.frames).toBeLessThan(100);
      });

    test('refuses a request without uuid_option', async () => {
      const read = raw.read((options) => {
        readStreamOptions(options, `${kind}-a`);
        options.clearUuidOption();
      });
      await expect(read).rejects.toMatchObject({ code: INVALID_ARGUMENT });
    });

    test('sends structured ids on request', async () => {
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

    test('reports a missing stream in a message', async () => {
      const [response] = await raw.read((options) => readStreamOptions(options, newStream()));
      expect(response?.hasStreamNotFound()).toBe(true);
    });

    test('reports a tombstone in trailers', async () => {
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

    test('refuses a filter on a stream and a backward subscription', async () => {
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

    test('sends first and last positions to compatible clients only', async () => {
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

    test('sends type, created and content-type', async () => {
      const [response] = await raw.read((options) => readStreamOptions(options, `${kind}-a`));
      const map = response?.getEvent()?.getEvent()?.getMetadataMap();
      expect(map?.get('type')).toBe('Alpha');
      expect(map?.get('content-type')).toBe('application/json');
      expect(Number(map?.get('created')) / 1e4).toBeCloseTo(Date.now(), -6);
    });
  });

  describe('a filtered Read of $all', () => {
    test('matches stream names by any of several prefixes', async () => {
      expect(await numbers('stream', { prefixes: [`${kind}-a`] })).toEqual([1, 2]);
      expect(await numbers('stream', { prefixes: [`${kind}-b`, `${kind}-a`] })).toEqual([1, 2, 3, 4]);
    });

    test('matches stream names by an unanchored regular expression', async () => {
      expect(await numbers('stream', { regex: `${kind.slice(3)}-b$` })).toEqual([3, 4]);
    });

    test('matches event types by prefix and by regular expression', async () => {
      expect(await numbers('type', { prefixes: ['Alpha'] })).toEqual([1, 3]);
      expect(await numbers('type', { regex: '^(Beta|Gamma)$' })).toEqual([2, 4]);
    });

    test('reads backwards and stops after maxCount matches', async () => {
      expect(await numbers('stream', { prefixes: [kind] }, true, 3)).toEqual([4, 3, 2]);
    });

    test('ignores prefixes when there is a regular expression', async () => {
      expect(await numbers('stream', { prefixes: [`${kind}-a`], regex: `${kind}-b` })).toEqual([3, 4]);
    });

    test('answers UNKNOWN to a malformed regular expression', async () => {
      await expect(numbers('stream', { regex: '(' })).rejects.toMatchObject({ code: UNKNOWN });
    });

    if (isOwnStore)
      test('answers INVALID_ARGUMENT with the reason to an expression that RE2 does not have (our own store only)', async () => {
        const reason = expect.stringMatching(/not supported by RE2: .*\(\?=/);
        await expect(numbers('stream', { regex: 'a(?=b)' })).rejects.toMatchObject({
          code: INVALID_ARGUMENT,
          details: reason,
        });
      });

    test('answers UNKNOWN to a position between events', async () => {
      const { position } = await store.client.appendToStream(newStream(), event());
      const read = raw.read((options) => {
        readAllOptions(options, (position?.commit ?? 0n) - 1n);
        setFilter(options, 'stream', { prefixes: ['x'] });
      });
      await expect(read).rejects.toMatchObject({ code: UNKNOWN });
    });
  });

  test('a read without a stream or $all is refused', async () => {
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
