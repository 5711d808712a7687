import { Readable } from 'node:stream';
import { beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { KeyStoreUnavailableError } from '#privacy';
import { MemoryKeyStore, testDataKeys } from '../../privacy/src/keys/test-keys.ts';
import { EventCodec } from './codec.ts';
import { EventStore } from './store.ts';
import type { Delivery } from './delivery.ts';
import { subscribeToSessions } from './subscription.ts';

/** Like the client's subscription: a stream of events that reports everything else at once. */
let subscription: Readable;
let checkpointReached: (of: Readable, position: { commit: bigint; prepare: bigint }) => void;
beforeEach(() => {
  subscription = new Readable({ objectMode: true, read: () => undefined });
});

class Store extends EventStore {
  override connectionForSubscription() {
    const connection = super.connectionForSubscription();
    connection.client.subscribeToAll = ({ filter }: { filter?: object } = {}) => {
      ({ checkpointReached } = filter as { checkpointReached: typeof checkpointReached });
      return subscription as never;
    };
    return connection;
  }
}

function event(revision: number, more: object = {}): object {
  const position = { commit: BigInt(revision), prepare: BigInt(revision) };
  const common = { streamId: 'session-1', type: 'New', id: 'e', revision, created: new Date(), data: {} };
  return { event: { ...common, position, ...more } };
}

test('reports that overtook buffered events are delivered after them, in order', async () => {
  const store = new Store('esdb://127.0.0.1:1?tls=false');
  const abort = new AbortController();
  const kinds: Delivery['kind'][] = [];
  const options = { prefixes: ['session-'], after: 'start', signal: abort.signal } as const;
  const reading = (async () => {
    for await (const { kind } of subscribeToSessions(store, options)) {
      kinds.push(kind);
      if (kinds.length === 6) abort.abort();
    }
  })();
  subscription.push(event(0));
  subscription.push(event(1));
  subscription.emit('caughtUp');
  subscription.push(event(2));
  subscription.emit('fellBehind');
  subscription.emit('caughtUp');
  await reading;
  expect(kinds).toEqual(['event', 'event', 'caught_up', 'event', 'fell_behind', 'caught_up']);
  await store.dispose();
});

test('a checkpoint whose event is yet to come is delivered once the server is beyond it', async () => {
  const store = new Store('esdb://127.0.0.1:1?tls=false');
  const abort = new AbortController();
  const seen: unknown[] = [];
  const options = { prefixes: ['session-'], after: 'start', signal: abort.signal } as const;
  const reading = (async () => {
    for await (const delivery of subscribeToSessions(store, options)) {
      seen.push('position' in delivery ? [delivery.kind, delivery.position] : delivery.kind);
      if (seen.length === 6) abort.abort();
    }
  })();
  subscription.push(event(0));
  checkpointReached(subscription, { commit: 1n, prepare: 0n });
  subscription.emit('caughtUp');
  subscription.push(event(1));
  await waitUntil(() => seen.length === 3);
  for (const commit of [5n, 5n, 7n]) checkpointReached(subscription, { commit, prepare: 0n });
  checkpointReached(subscription, { commit: 7n, prepare: 7n });
  await reading;
  const passed = [1n, 5n, 7n].map((position) => ['checkpoint', position]);
  expect(seen).toEqual([['event', 0n], 'caught_up', ['event', 1n], ...passed]);
  await store.dispose();
});

test('an event whose key is unavailable is waited for in its place, and the reader has fallen behind', async () => {
  let failures = 0;
  class KeyStore extends MemoryKeyStore {
    override async byId(keyId: string) {
      failures += 1;
      if (failures < 3) throw new KeyStoreUnavailableError();
      return super.byId(keyId);
    }
  }
  const keyStore = new KeyStore();
  const writer = new EventCodec(undefined, testDataKeys(keyStore));
  const { data, metadata } = writer.encode(
    { event_id: 'e', type: 'FlagRaised', data: { flag: 'vip', value: 'secret' }, metadata: {} },
    { stream: 'session-1', key: await writer.keyOf('P1') },
  );
  const store = new Store('esdb://127.0.0.1:1?tls=false', new EventCodec(undefined, testDataKeys(keyStore)));
  const abort = new AbortController();
  const deliveries: Delivery[] = [];
  const options = { prefixes: ['session-'], after: 'start', signal: abort.signal } as const;
  const reading = (async () => {
    for await (const delivery of subscribeToSessions(store, options)) {
      deliveries.push(delivery);
      if (deliveries.length === 6) abort.abort();
    }
  })();
  subscription.push(event(0));
  subscription.emit('caughtUp');
  subscription.push(event(1, { type: 'FlagRaised', data, metadata }));
  subscription.push(event(2));
  await reading;
  expect(deliveries.map(({ kind }) => kind)).toEqual([
    'event',
    'caught_up',
    'fell_behind',
    'event',
    'event',
    'caught_up',
  ]);
  expect(deliveries[3]).toMatchObject({ event: { data: { flag: 'vip', value: 'secret' } } });
  await store.dispose();
});

test('a field that is not opened is delivered as stored, without loading its key', async () => {
  class KeyStore extends MemoryKeyStore {
    override async byId(): Promise<never> {
      throw new KeyStoreUnavailableError();
    }
  }
  const writer = new EventCodec(undefined, testDataKeys());
  const { data, metadata } = writer.encode(
    { event_id: 'e', type: 'FlagRaised', data: { flag: 'vip', value: 'secret' }, metadata: {} },
    { stream: 'session-1', key: await writer.keyOf('P1') },
  );
  const codec = new EventCodec(undefined, testDataKeys(new KeyStore()));
  const store = new Store('esdb://127.0.0.1:1?tls=false', codec);
  const abort = new AbortController();
  const options = { prefixes: ['session-'], after: 'start', signal: abort.signal, opens: isNone } as const;
  subscription.push(event(0, { type: 'FlagRaised', data, metadata }));
  for await (const delivery of subscribeToSessions(store, options)) {
    expect(delivery).toMatchObject({ kind: 'event', event: { data } });
    abort.abort();
  }
  expect.assertions(1);
  await store.dispose();
});

function isNone(): boolean {
  return false;
}
