import { describe, expect, test } from '@jest/globals';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import type { EventEmitter } from 'node:events';
import {
  EventStoreDBClient,
  persistentSubscriptionToStreamSettingsFromDefaults,
} from '@eventstore/db-client';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import { events, Recorder, waitUntil } from '../contract/harness.ts';
import {
  batch,
  empty,
  plainOptions,
  RawClient,
  readAllOptions,
  streamIdentifier,
} from '../contract/raw-client.ts';
import { startEventStore, type EventStore } from '../index.ts';
import { withDirectory } from './stores.ts';

const CANCELLED = 1;
/** More than all buffers between the server and a client that does not read. */
const BIG_READ = 20_000;

/** Runs `use` with a store that it stops, and a client of it. */
const withStoppingStore = (
  use: (store: EventStore, client: EventStoreDBClient, raw: RawClient) => Promise<void>,
): Promise<void> =>
  withDirectory(async (dir) => {
    const store = await startEventStore({ dir });
    const client = EventStoreDBClient.connectionString(store.connectionString);
    const raw = new RawClient(store.connectionString);
    try {
      await use(store, client, raw);
    } finally {
      raw.close();
      await client.dispose();
      await store.stop();
    }
  });

const endOf = (call: EventEmitter): Promise<number> =>
  new Promise((resolve) => {
    call.on('error', ({ code }: ServiceError) => resolve(code));
    call.on('end', () => resolve(0));
  });

describe('a server that stops', () => {
  test('ends an unfinished Append with CANCELLED', () =>
    withStoppingStore(async (store, client, raw) => {
      let call: ReturnType<typeof raw.stub.append> | undefined;
      const ended = new Promise<number | undefined>((resolve) => {
        call = raw.stub.append(new Metadata(), (error) => resolve(error?.code));
      });
      const options = new messages.AppendReq.Options();
      options.setStreamIdentifier(streamIdentifier('stream'));
      options.setAny(empty());
      call?.write(new messages.AppendReq().setOptions(options));
      // Its answer comes after the server has received the call on the other connection.
      await client.appendToStream('stream', events(1));
      await store.stop();
      expect(await ended).toBe(CANCELLED);
    }));

  test('ends an unfinished BatchAppend with CANCELLED', () =>
    withStoppingStore(async (store, _client, raw) => {
      const call = raw.stub.batchAppend(new Metadata());
      const ended = endOf(call);
      const answered = new Promise((resolve) => void call.once('data', resolve));
      call.write(batch({ correlation: crypto.randomUUID(), stream: 'stream', events: [] }));
      call.write(batch({ correlation: crypto.randomUUID(), stream: 'stream', events: [], final: false }));
      await answered;
      await store.stop();
      expect(await ended).toBe(CANCELLED);
    }));

  test('ends a read whose client does not read with CANCELLED', () =>
    withStoppingStore(async (store, client, raw) => {
      for (let n = 0; n < BIG_READ; n += 5_000) await client.appendToStream('stream', events(5_000));
      const request = new messages.ReadReq();
      const options = new messages.ReadReq.Options();
      plainOptions(options);
      readAllOptions(options);
      const call = raw.stub.read(request.setOptions(options), new Metadata());
      const ended = endOf(call);
      await new Promise((resolve) => void call.once('data', resolve));
      call.pause();
      const stopped = store.stop();
      call.resume();
      await stopped;
      expect(await ended).toBe(CANCELLED);
    }));

  test('ends a persistent subscription with CANCELLED', () =>
    withStoppingStore(async (store, client) => {
      const settings = persistentSubscriptionToStreamSettingsFromDefaults();
      await client.createPersistentSubscriptionToStream('stream', 'group', settings);
      const recorder = new Recorder().follow(
        client.subscribeToPersistentSubscriptionToStream('stream', 'group'),
      );
      await recorder.until('confirmation');
      await store.stop();
      await waitUntil('the error', () => recorder.error !== undefined);
      expect(recorder.error).toMatchObject({ type: 'cancelled' });
    }));
});
