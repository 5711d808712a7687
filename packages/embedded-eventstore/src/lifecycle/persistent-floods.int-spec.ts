import { connect as connectHttp2 } from 'node:http2';
import { Metadata, credentials } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';
import {
  EventStoreDBClient,
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
} from '@eventstore/db-client';
import persistent, { type ReadResp } from '@eventstore/db-client/generated/persistent_pb.js';
import services from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import { waitUntil } from '../contract/harness.ts';
import { batch, empty, proposed, RawClient, streamIdentifier } from '../contract/raw-client.ts';
import { startServer } from '../server.ts';
import { withDirectory } from './stores.ts';

const MIB = 1024 * 1024;
const EVENTS = 40;
const TIMEOUT_MS = 100;
/** No message is parked, however slow the machine is. */
const RETRIES = 10_000;

const readRequest = (): persistent.ReadReq => {
  const uuid = new persistent.ReadReq.Options.UUIDOption();
  uuid.setString(empty());
  const options = new persistent.ReadReq.Options();
  options.setStreamIdentifier(streamIdentifier('stream'));
  options.setGroupName('group');
  options.setBufferSize(1_000_000);
  options.setUuidOption(uuid);
  return new persistent.ReadReq().setOptions(options);
};

/** A consumer of the group that can stop reading, and acknowledges what it reads. */
const connect = (port: number) => {
  const stub = new services.PersistentSubscriptionsClient(`127.0.0.1:${port}`, credentials.createInsecure());
  const call = stub.read(new Metadata());
  const received: string[] = [];
  /** How often an event was tried before it came first, by its revision. */
  const retries = new Map<string, number>();
  call.on('error', () => undefined);
  call.on('data', (response: ReadResp) => {
    const event = response.getEvent()?.getEvent();
    if (!event) return;
    received.push(event.getStreamRevision());
    const tried = response.getEvent()?.getRetryCount() ?? 0;
    retries.set(event.getStreamRevision(), retries.get(event.getStreamRevision()) ?? tried);
    const ack = new persistent.ReadReq.Ack();
    const id = event.getId();
    if (id) ack.addIds(id);
    call.write(new persistent.ReadReq().setAck(ack));
  });
  call.write(readRequest());
  const close = (): void => {
    call.cancel();
    stub.close();
  };
  return { call, received, retries, close };
};

/** A consumer that gets only what fits into the window of HTTP/2; returns what ends it. */
const connectSilently = (port: number): (() => void) => {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const path = '/event_store.client.persistent_subscriptions.PersistentSubscriptions/Read';
  const headers = { 'content-type': 'application/grpc', te: 'trailers' };
  const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
  for (const emitter of [session, stream]) emitter.on('error', () => undefined);
  const message = readRequest().serializeBinary();
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  stream.write(Buffer.concat([frame, message]));
  return () => session.destroy();
};

const BIG = 900_000;
const eventOf = (bytes: number) => {
  const data = Buffer.alloc(bytes, 'x');
  return proposed({ type: 'Any', contentType: 'application/octet-stream', data });
};

/** Runs `use` with a server that has a group on a stream of events of these sizes; by default all are large. */
const withGroup = (
  use: (server: Awaited<ReturnType<typeof startServer>>) => Promise<void>,
  sizes = Array.from({ length: EVENTS }, () => BIG),
): Promise<void> =>
  withDirectory(async (dir) => {
    const server = await startServer({ dir, port: 0 });
    const url = `esdb://127.0.0.1:${server.port}?tls=false`;
    const [raw, client] = [new RawClient(url), EventStoreDBClient.connectionString(url)];
    try {
      const requests = sizes.map((size) =>
        batch({ correlation: crypto.randomUUID(), stream: 'stream', events: [eventOf(size)] }),
      );
      await raw.batchAppend(requests);
      const settings = persistentSubscriptionToStreamSettingsFromDefaults({
        startFrom: START,
        messageTimeout: TIMEOUT_MS,
        maxRetryCount: RETRIES,
      });
      await client.createPersistentSubscriptionToStream('stream', 'group', settings);
      await use(server);
    } finally {
      raw.close();
      await client.dispose();
      await server.stop();
    }
  });

/** Many times the timeout of a message. */
const waitLong = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, TIMEOUT_MS * 20));

describe('a consumer that does not read', () => {
  test('costs little memory, however often its messages time out, and gets all of them when it reads', () =>
    withGroup(async (server) => {
      const { call, received, close } = connect(server.port);
      call.pause();
      await waitUntil('the first messages', () => server.heldBytes() > 0);
      await waitLong();
      expect(server.heldBytes()).toBeLessThan(3 * MIB);
      call.resume();
      await waitUntil('all messages', () => new Set(received).size === EVENTS);
      close();
    }));

  test('leaves its messages to another one', () =>
    withGroup(async (server) => {
      const silent = connect(server.port);
      silent.call.pause();
      await waitUntil('the first messages', () => server.heldBytes() > 0);
      const eager = connect(server.port);
      await waitUntil('all messages', () => new Set(eager.received).size === EVENTS);
      expect(silent.received).toEqual([]);
      silent.close();
      eager.close();
    }));

  test('has tried what has left for it, and not what waits behind that', () =>
    withGroup(
      async (server) => {
        const end = connectSilently(server.port);
        await waitUntil('the large messages', () => server.heldBytes() > MIB);
        await waitLong();
        const eager = connect(server.port);
        await waitUntil('all messages', () => new Set(eager.received).size === 4);
        const tried = ['0', '1', '2', '3'].map((revision) => Number(eager.retries.get(revision)) > 0);
        expect(tried).toEqual([true, true, false, false]);
        end();
        eager.close();
      },
      [100, 100, BIG, BIG],
    ));
});
