import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { EventStore } from './store.ts';
import type { Delivery } from './subscription.ts';
import { subscribeToSessions } from './subscription.ts';

/** What the client's subscription is for us: a stream of events that tells of everything else at once. */
const subscription = new Readable({ objectMode: true, read: () => undefined });

class Store extends EventStore {
  override connectionForSubscription() {
    const connection = super.connectionForSubscription();
    connection.client.subscribeToAll = () => subscription as never;
    return connection;
  }
}

function event(revision: number): object {
  const position = { commit: BigInt(revision), prepare: BigInt(revision) };
  return {
    event: { streamId: 'session-1', type: 'New', id: 'e', revision, created: new Date(), data: {}, position },
  };
}

test('what the client tells ahead of events in its buffer is delivered behind them, in its order', async () => {
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
