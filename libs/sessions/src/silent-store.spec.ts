import { Readable } from 'node:stream';
import { beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { Calls } from './client/calls.ts';
import type { Connections } from './client/connections.ts';
import { NoAnswerError, StoreUnavailableError } from './client/errors.ts';
import { EventStore } from './store.ts';
import { subscribeToSessions } from './subscription.ts';

const limits = { answerMs: 20, totalMs: 40 };

/** The connections to a store that answers, or does not. */
class FakeConnections {
  answers = false;
  attempts = 0;
  private answeredAt = -Infinity;

  readonly use = async (): Promise<string> => {
    this.attempts += 1;
    if (!this.answers) throw new NoAnswerError(limits.answerMs);
    this.answeredAt = performance.now();
    return 'answer';
  };

  hasAnsweredSince(time: number): boolean {
    return this.answeredAt >= time;
  }
}

let connections: FakeConnections;
let calls: Calls;
beforeEach(() => {
  connections = new FakeConnections();
  calls = new Calls(connections as unknown as Connections, limits);
});

const call = (): Promise<unknown> => calls.single(async () => undefined);

test('after a call during which the store answered nothing, the next one fails without being made', async () => {
  await expect(call()).rejects.toBeInstanceOf(StoreUnavailableError);
  const { attempts } = connections;
  await expect(call()).rejects.toBeInstanceOf(StoreUnavailableError);
  expect(connections.attempts).toBe(attempts);
});

test('a call that failed while the store answered others does not fail the next one', async () => {
  connections.hasAnsweredSince = () => true;
  await expect(call()).rejects.toBeInstanceOf(StoreUnavailableError);
  connections.answers = true;
  await expect(call()).resolves.toBe('answer');
});

test('calls are made again once the store answers', async () => {
  await expect(call()).rejects.toBeInstanceOf(StoreUnavailableError);
  connections.answers = true;
  await waitUntil(async () => (await call()) === 'answer', { what: 'an answer' });
  await expect(call()).resolves.toBe('answer');
});

test('a listener is called when the store answers after it was silent, and only then', async () => {
  let times = 0;
  calls.whenBack(() => (times += 1));
  connections.answers = true;
  await call();
  expect(times).toBe(0);
  connections.answers = false;
  await expect(call()).rejects.toBeInstanceOf(StoreUnavailableError);
  connections.answers = true;
  await waitUntil(async () => (await call()) === 'answer', { what: 'an answer' });
  await call();
  expect(times).toBe(1);
});

/** A store whose subscriptions are silent. */
class SilentSubscriptions extends EventStore {
  subscriptions = 0;
  back: () => void = () => undefined;

  override connectionForSubscription() {
    const connection = super.connectionForSubscription();
    connection.client.subscribeToAll = () => {
      this.subscriptions += 1;
      return Object.assign(new Readable({ objectMode: true, read: () => undefined }), {
        unsubscribe: async () => undefined,
      });
    };
    return connection;
  }

  override whenBack(listener: () => void): () => void {
    this.back = listener;
    return () => undefined;
  }
}

test('a silent subscription restarts when the store answers again', async () => {
  const stop = new AbortController();
  const store = new SilentSubscriptions('esdb://127.0.0.1:1?tls=false');
  const options = { prefixes: ['session-'], after: 'start', signal: stop.signal } as const;
  const reading = Array.fromAsync(subscribeToSessions(store, options));
  await waitUntil(() => store.subscriptions === 1, { what: 'the subscription', everyMs: 1 });
  store.back();
  await waitUntil(() => store.subscriptions === 2, { what: 'another subscription', everyMs: 1 });
  stop.abort();
  await expect(reading).resolves.toEqual([]);
  await store.dispose();
});
