import { describe, expect, test } from '@jest/globals';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import messages, { type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { waitUntil } from '../contract/harness.ts';
import {
  batch,
  empty,
  proposed,
  RawClient,
  readAllOptions,
  readStreamOptions,
  streamIdentifier,
} from '../contract/raw-client.ts';
import { startServer, type ServerOptions } from '../server.ts';
import { isCut } from '../store/page-size.ts';
import type { EventRecord } from '../store/records.ts';
import { appendMany, withDirectory, withStore } from './stores.ts';

type Server = Awaited<ReturnType<typeof startServer>>;

const MIB = 1024 * 1024;
/** Room for four of eight parts. */
const LIMIT = 400_000;
const PART = Buffer.alloc(90_000, 'x');
const ABORTED = 10;
const UNAVAILABLE = 14;
const DATA = Buffer.alloc(900_000, 'x');

/** Runs `use` with a server in this process and a client of it. */
const withServer = (
  use: (server: Server, raw: RawClient) => Promise<void>,
  limits: Partial<ServerOptions> = {},
): Promise<void> =>
  withDirectory(async (dir) => {
    const server = await startServer({ dir, port: 0, maxUnfinishedBytes: LIMIT, ...limits });
    const raw = new RawClient(`esdb://127.0.0.1:${server.port}?tls=false`);
    try {
      await use(server, raw);
    } finally {
      raw.close();
      await server.stop();
    }
  });

const smallEvent = () => proposed({ type: 'Small', contentType: 'application/json' });
const bytesOf = (events: readonly EventRecord[]) => events.reduce((sum, { data }) => sum + data.length, 0);
const part = () => proposed({ type: 'Part', contentType: 'application/octet-stream', data: PART });
const bigEvent = () => proposed({ type: 'Big', contentType: 'application/octet-stream', data: DATA });
const append = (stream: string, event: ReturnType<typeof proposed>) =>
  batch({ correlation: crypto.randomUUID(), stream, events: [event] });
const bigAppend = () => append('stream', bigEvent());
const isBig = (response: ReadResp): boolean =>
  response.getEvent()?.getEvent()?.getData_asU8().length === DATA.length;

type ReadOptions = messages.ReadReq.Options;

const subscribeToAll = (options: ReadOptions): void => {
  readAllOptions(options);
  options.setSubscription(new messages.ReadReq.Options.SubscriptionOptions());
};

/** A Read call that the test reads itself. */
const openRead = (raw: RawClient, configure: (options: ReadOptions) => void) => {
  const options = new messages.ReadReq.Options();
  configure(options);
  const call = raw.stub.read(new messages.ReadReq().setOptions(options), new Metadata());
  call.on('error', () => undefined);
  return call;
};

const backwardsFromEnd = (options: ReadOptions): void => {
  options.getStream()?.setEnd(empty());
  options.setReadDirection(messages.ReadReq.Options.ReadDirection.BACKWARDS);
};

/** The number of events in a stream. */
const lengthOf = async (raw: RawClient, stream: string): Promise<number> => {
  const [last] = await raw.read((options) => {
    readStreamOptions(options, stream);
    backwardsFromEnd(options);
    options.setCount('1');
  });
  return Number(last?.getEvent()?.getEvent()?.getStreamRevision() ?? -1) + 1;
};

/** An Append of one event that does not end. */
const beginAppend = (raw: RawClient, onAnswer: (code: number | undefined) => void) => {
  const options = new messages.AppendReq.Options();
  options.setStreamIdentifier(streamIdentifier('stream'));
  options.setAny(empty());
  const event = new messages.AppendReq.ProposedMessage();
  event.setId(bigEvent().getId());
  event.setData(PART);
  event.getMetadataMap().set('type', 'Big').set('content-type', 'application/octet-stream');
  const call = raw.stub.append(new Metadata(), (error: ServiceError | null) => onAnswer(error?.code));
  call.write(new messages.AppendReq().setOptions(options));
  call.write(new messages.AppendReq().setProposedMessage(event));
  return call;
};

describe('the server holds little during a flood, and nothing after it:', () => {
  test('unfinished Appends share a limit', () =>
    withServer(async (server, raw) => {
      const codes: (number | undefined)[] = [];
      const calls = Array.from({ length: 8 }, () => beginAppend(raw, (code) => codes.push(code)));
      await waitUntil('the refusals', () => server.heldBytes() > 4 * PART.length && codes.length === 4);
      expect(new Set(codes)).toEqual(new Set([UNAVAILABLE]));
      expect(server.heldBytes()).toBeLessThanOrEqual(LIMIT);
      for (const call of calls) call.cancel();
      await waitUntil('the end of the calls', () => server.heldBytes() === 0);
    }));

  test('an Append that does not end is refused after a while, and holds nothing', () =>
    withServer(
      async (server, raw) => {
        const code = await new Promise((resolve) => void beginAppend(raw, resolve));
        expect(code).toBe(ABORTED);
        expect(server.heldBytes()).toBe(0);
      },
      { appendTimeoutMs: 200 },
    ));

  test('unfinished appends of a BatchAppend share it too', () =>
    withServer(async (server, raw) => {
      const call = raw.stub.batchAppend(new Metadata());
      const refusals: (string | undefined)[] = [];
      call.on('data', (answer: messages.BatchAppendResp) => refusals.push(answer.getError()?.getMessage()));
      call.on('error', () => undefined);
      for (let n = 0; n < 8; n++) {
        const correlation = crypto.randomUUID();
        call.write(batch({ correlation, stream: 'stream', events: [part()], final: false }));
      }
      await waitUntil('a refusal', () => refusals.includes('Server Is Too Busy'));
      expect(server.heldBytes()).toBeLessThanOrEqual(LIMIT);
      await waitUntil('the time limit of the others', () => refusals.length === 8);
      expect(server.heldBytes()).toBe(0);
      call.cancel();
    }));

  test('a live subscriber that does not read is only some events behind, and gets all of them when it reads', () =>
    withServer(async (server, raw) => {
      const call = openRead(raw, subscribeToAll);
      let events = 0;
      const isLive = new Promise<void>((resolve) => {
        call.on('data', (response: ReadResp) => {
          if (response.hasCaughtUp()) resolve();
          if (isBig(response)) events++;
        });
      });
      await isLive;
      call.pause();
      await raw.batchAppend(Array.from({ length: 40 }, bigAppend));
      expect(server.heldBytes()).toBeLessThan(20 * MIB);
      call.resume();
      await waitUntil('all events', () => events === 40);
      call.cancel();
      await waitUntil('the end of the call', () => server.heldBytes() === 0);
    }));

  test.each([
    ['a read of a stream', (options: ReadOptions) => readStreamOptions(options, 'stream')],
    ['a read of all streams', readAllOptions],
    ['a subscription that catches up', subscribeToAll],
  ])(
    '%s whose client does not read is only a page ahead of it, and gets the rest when it reads',
    (_, configure) =>
      withServer(async (server, raw) => {
        await raw.batchAppend(Array.from({ length: 40 }, bigAppend));
        const call = openRead(raw, configure);
        let events = 0;
        call.on('data', (response: ReadResp) => {
          if (isBig(response)) events++;
        });
        call.pause();
        await waitUntil('the first events', () => server.heldBytes() > 0);
        await raw.read((options) => readStreamOptions(options, 'stream'));
        // A server that did not wait for the first client would have sent it everything by then, and ended the read.
        expect(server.heldBytes()).toBeGreaterThan(0);
        expect(server.heldBytes()).toBeLessThan(10 * MIB);
        call.resume();
        await waitUntil('all events', () => events === 40);
        call.cancel();
        await waitUntil('the end of the call', () => server.heldBytes() === 0);
      }),
  );

  test('a BatchAppend whose client does not read its answers is not received further until it does', () =>
    withServer(async (_server, raw) => {
      const call = raw.stub.batchAppend(new Metadata());
      call.on('error', () => undefined);
      let answers = 0;
      call.on('data', () => answers++);
      call.pause();
      const appends = 5_000;
      for (let n = 0; n < appends; n++) call.write(append('flood', smallEvent()));
      let stored = 0;
      await waitUntil('the end of the progress', async () => {
        const before = stored;
        for (let n = 0; n < 5; n++) await raw.batchAppend([append('other', smallEvent())]);
        stored = await lengthOf(raw, 'flood');
        return stored > 0 && stored === before;
      });
      expect(stored).toBeLessThan(appends);
      call.resume();
      await waitUntil('all answers', () => answers === appends);
      call.cancel();
    }));
});

describe('a page that grew over small events', () => {
  test('ends with the event that makes it larger than 2 MiB, and a read continues after it', () =>
    withDirectory((dir) =>
      withStore(dir, async (store) => {
        await appendMany(store, 'stream', 60);
        await appendMany(store, 'stream', 60, 900_000);
        const page = store.reads.stream('stream', 50, 64, false);
        if (page.kind !== 'page') throw new Error('no page');
        expect([page.events.length, isCut(page.events)]).toEqual([13, true]);
        for (const events of [store.log.readAllForwards(1, 128), store.log.readAllBackwards(2 ** 40, 128)])
          expect(bytesOf(events)).toBeLessThan(3 * MIB);
      }),
    ));

  test('does not end a read of the stream', () =>
    withServer(async (server, raw) => {
      const requests = [
        ...Array.from({ length: 60 }, smallEvent),
        ...Array.from({ length: 12 }, bigEvent),
      ].map((event) => append('stream', event));
      await raw.batchAppend(requests);
      const read = await raw.read((options) => readStreamOptions(options, 'stream'));
      expect(read.filter((response) => response.hasEvent())).toHaveLength(72);
      const backwards = await raw.read((options) => {
        readStreamOptions(options, 'stream');
        backwardsFromEnd(options);
      });
      expect(backwards.filter((response) => response.hasEvent())).toHaveLength(72);
      await waitUntil('the end of the calls', () => server.heldBytes() === 0);
    }));
});
