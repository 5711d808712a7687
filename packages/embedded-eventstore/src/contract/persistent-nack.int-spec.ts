import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EventStoreDBClient } from '@eventstore/db-client';
import { groupTools } from './group-tools.ts';
import {
  event,
  events,
  waitUntil,
  newStream,
  openTestStore,
  Recorder,
  revisionsOf,
  type TestStore,
} from './harness.ts';

describe('nack of persistent subscriptions', () => {
  let store: TestStore;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    store = await openTestStore();
    client = store.client;
  });
  afterAll(() => store.stop());

  const { create, connect, parked } = groupTools(() => client);

  const nackOnce = async (action: 'retry' | 'skip' | 'park', settings = {}) => {
    const stream = newStream();
    await client.appendToStream(stream, events(3));
    await create(stream, settings);
    const subscription = connect(stream);
    const recorder = new Recorder().follow(subscription);
    const nacked = new Set<string>();
    subscription.on('data', (resolved) => {
      const id = resolved.event?.id ?? '';
      if (nacked.has(id) || resolved.event?.revision !== 1n) void subscription.ack(resolved);
      else void subscription.nack(action, 'why not', resolved);
      if (resolved.event?.revision === 1n) nacked.add(id);
    });
    return { stream, subscription, recorder };
  };

  describe('nack', () => {
    test('retry delivers the event again with its retry count', async () => {
      const { subscription, recorder } = await nackOnce('retry');
      await recorder.until('event', 4);
      expect(revisionsOf(recorder.events).toSorted((a, b) => a - b)).toEqual([0, 1, 1, 2]);
      const again = recorder.events.filter(({ event: item }) => item?.revision === 1n);
      expect(again.map((item) => 'retryCount' in item && item.retryCount)).toEqual([0, 1]);
      await subscription.unsubscribe();
    });

    test('skip finishes the event', async () => {
      const { stream, subscription, recorder } = await nackOnce('skip');
      await recorder.until('event', 3);
      await client.appendToStream(stream, event());
      await recorder.until('event', 4);
      expect(revisionsOf(recorder.events)).toEqual([0, 1, 2, 3]);
      expect(await parked(stream)).toBe(0);
      await subscription.unsubscribe();
    });

    test('park keeps the event until a replay, which delivers it through its link in the parked stream', async () => {
      const { stream, subscription, recorder } = await nackOnce('park');
      await recorder.until('event', 3);
      await waitUntil('parked', async () => (await parked(stream)) === 1);
      await client.replayParkedMessagesToStream(stream, 'group');
      await recorder.until('event', 4);
      expect(recorder.events.at(-1)?.event?.revision).toBe(1n);
      expect(recorder.events.at(-1)?.link).toMatchObject({ type: '$>', revision: 0n });
      await waitUntil('no longer parked', async () => (await parked(stream)) === 0);
      await subscription.unsubscribe();
    });

    test('an event is parked after maxRetryCount retries', async () => {
      const stream = newStream();
      await client.appendToStream(stream, event());
      await create(stream, { maxRetryCount: 2 });
      const subscription = connect(stream);
      const recorder = new Recorder().follow(subscription);
      subscription.on('data', (resolved) => void subscription.nack('retry', 'again', resolved));
      await waitUntil('parked', async () => (await parked(stream)) === 1);
      expect(recorder.events).toHaveLength(3);
      await subscription.unsubscribe();
    });

    test('a replay stops at stopAt', async () => {
      const stream = newStream();
      await client.appendToStream(stream, events(6));
      await create(stream);
      const subscription = connect(stream);
      let replaying = false;
      const replayed: number[] = [];
      subscription.on('data', (resolved) => {
        if (replaying) replayed.push(Number(resolved.event?.revision));
        void (replaying ? subscription.ack(resolved) : subscription.nack('park', '', resolved));
      });
      await waitUntil('parked', async () => (await parked(stream)) === 6);
      replaying = true;
      await client.replayParkedMessagesToStream(stream, 'group', { stopAt: 4 });
      await waitUntil('four events', () => replayed.length === 4);
      await client.appendToStream(stream, event());
      await waitUntil('another event', () => replayed.length === 5);
      expect(replayed).toEqual([0, 1, 2, 3, 6]);
      await waitUntil('two parked events', async () => (await parked(stream)) === 2);
      await subscription.unsubscribe();
    });
  });
});
