import { describe, expect, test } from '@jest/globals';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import messages, { type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { waitUntil } from '../contract/harness.ts';
import {
  batch,
  empty,
  plainOptions,
  proposed,
  RawClient,
  readAllOptions,
  readStreamOptions,
  streamIdentifier,
} from '../contract/raw-client.ts';
import { startServer } from '../server.ts';
import { isCut } from '../store/page-size.ts';
import type { EventRecord } from '../store/records.ts';
import { appendMany, withDirectory, withStore } from './stores.ts';

type Server = Awaited<ReturnType<typeof startServer>>;

const MIB = 1024 * 1024;
/** Room for four of eight parts. */
const LIMIT = 400_000;
const PART = Buffer.alloc(90_000, 'x');
const UNAVAILABLE = 14;
const DATA = Buffer.alloc(900_000, 'x');

/** Runs `use` with a server in this process and a client of it. */
const withServer = (use: (server: Server, raw: RawClient) => Promise<void>): Promise<void> =>
  withDirectory(async (dir) => {
    const server = await startServer({ dir, port: 0, maxUnfinishedBytes: LIMIT });
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

describe('the server holds little during a flood, and nothing after it:', () => {
  test('unfinished Appends share a limit', () =>
    withServer(async (server, raw) => {
      const codes: (number | undefined)[] = [];
      const options = new messages.AppendReq.Options();
      options.setStreamIdentifier(streamIdentifier('stream'));
      options.setAny(empty());
      const event = new messages.AppendReq.ProposedMessage();
      event.setId(bigEvent().getId());
      event.setData(PART);
      event.getMetadataMap().set('type', 'Big').set('content-type', 'application/octet-stream');
      const calls = Array.from({ length: 8 }, () => {
        const call = raw.stub.append(new Metadata(), (error: ServiceError | null) => codes.push(error?.code));
        call.write(new messages.AppendReq().setOptions(options));
        call.write(new messages.AppendReq().setProposedMessage(event));
        return call;
      });
      await waitUntil('the refusals', () => server.heldBytes() > 4 * PART.length && codes.length === 4);
      expect(new Set(codes)).toEqual(new Set([UNAVAILABLE]));
      expect(server.heldBytes()).toBeLessThanOrEqual(LIMIT);
      for (const call of calls) call.cancel();
      await waitUntil('the end of the calls', () => server.heldBytes() === 0);
    }));

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
      const options = new messages.ReadReq.Options();
      plainOptions(options);
      readAllOptions(options);
      options.setSubscription(new messages.ReadReq.Options.SubscriptionOptions());
      const call = raw.stub.read(new messages.ReadReq().setOptions(options), new Metadata());
      call.on('error', () => undefined);
      let events = 0;
      const isLive = new Promise<void>((resolve) => {
        call.on('data', (response: ReadResp) => {
          if (response.hasCaughtUp()) resolve();
          if (Buffer.from(response.getEvent()?.getEvent()?.getData_asU8() ?? []).length === DATA.length)
            events++;
        });
      });
      await isLive;
      call.pause();
      const requests = Array.from({ length: 40 }, () =>
        batch({ correlation: crypto.randomUUID(), stream: 'stream', events: [bigEvent()] }),
      );
      await raw.batchAppend(requests);
      expect(server.heldBytes()).toBeLessThan(20 * MIB);
      call.resume();
      await waitUntil('all events', () => events === 40);
      call.cancel();
      await waitUntil('the end of the call', () => server.heldBytes() === 0);
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
      ].map((event) => batch({ correlation: crypto.randomUUID(), stream: 'stream', events: [event] }));
      await raw.batchAppend(requests);
      const read = await raw.read((options) => readStreamOptions(options, 'stream'));
      expect(read.filter((response) => response.hasEvent())).toHaveLength(72);
      const backwards = await raw.read((options) => {
        readStreamOptions(options, 'stream');
        options.getStream()?.setEnd(empty());
        options.setReadDirection(messages.ReadReq.Options.ReadDirection.BACKWARDS);
      });
      expect(backwards.filter((response) => response.hasEvent())).toHaveLength(72);
      await waitUntil('the end of the calls', () => server.heldBytes() === 0);
    }));
});
