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
  call.on('error', () => undefined);
  call.on('data', (response: ReadResp) => {
    const event = response.getEvent()?.getEvent();
    if (!event) return;
    received.push(event.getStreamRevision());
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
  return { call, received, close };
};

const data = Buffer.alloc(900_000, 'x');
const bigEvent = () => proposed({ type: 'Big', contentType: 'application/octet-stream', data });

/** Runs `use` with a server that has a group on a stream of large events. */
const withGroup = (use: (server: Awaited<ReturnType<typeof startServer>>) => Promise<void>): Promise<void> =>
  withDirectory(async (dir) => {
    const server = await startServer({ dir, port: 0 });
    const url = `esdb://127.0.0.1:${server.port}?tls=false`;
    const [raw, client] = [new RawClient(url), EventStoreDBClient.connectionString(url)];
    try {
      const requests = Array.from({ length: EVENTS }, () =>
        batch({ correlation: crypto.randomUUID(), stream: 'stream', events: [bigEvent()] }),
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
});
