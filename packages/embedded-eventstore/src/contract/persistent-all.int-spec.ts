import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  END,
  persistentSubscriptionToAllSettingsFromDefaults,
  PINNED,
  ROUND_ROBIN,
  START,
  streamNameFilter,
  type EventStoreDBClient,
} from '@eventstore/db-client';
import {
  event,
  events,
  waitUntil,
  newStream,
  numbersOf,
  openTestStore,
  Recorder,
  type TestStore,
} from './harness.ts';

const names = (count: number) => {
  const prefix = newStream('shared');
  return Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
};

describe('persistent subscriptions to $all', () => {
  let store: TestStore;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    store = await openTestStore();
    client = store.client;
  });
  afterAll(() => store.stop());

  const share = async (consumerStrategyName: string, streams: string[], count: number) => {
    const group = newStream('group');
    const prefix = streams[0]?.slice(0, -2) ?? '';
    await client.createPersistentSubscriptionToAll(
      group,
      persistentSubscriptionToAllSettingsFromDefaults({
        startFrom: END,
        consumerStrategyName,
      }),
      { filter: streamNameFilter({ prefixes: [prefix] }) },
    );
    const consumers = [1, 2].map(() => {
      const subscription = client.subscribeToPersistentSubscriptionToAll(group, { bufferSize: 1_000 });
      const recorder = new Recorder().follow(subscription);
      subscription.on('data', (resolved) => void subscription.ack(resolved));
      return { subscription, recorder };
    });
    await Promise.all(consumers.map(({ recorder }) => recorder.until('confirmation')));
    await waitUntil('two consumers', async () => {
      const { connections } = await client.getPersistentSubscriptionToAllInfo(group);
      return connections.length === 2;
    });
    for (const stream of streams) await client.appendToStream(stream, events(count));
    const seen = () => consumers.map(({ recorder }) => recorder.events);
    await waitUntil('all events', () => seen().flat().length === streams.length * count);
    await Promise.all(consumers.map(({ subscription }) => subscription.unsubscribe()));
    return seen().map((list) => list.map(({ event: item }) => item?.streamId ?? ''));
  };

  describe('strategies', () => {
    test('RoundRobin alternates between the consumers', async () => {
      const [one = [], two = []] = await share(ROUND_ROBIN, names(1), 20);
      expect([one.length, two.length]).toEqual([10, 10]);
    });

    test('DispatchToSingle prefers one consumer', async () => {
      const lengths = (await share('DispatchToSingle', names(1), 20)).map(({ length }) => length);
      expect(lengths.toSorted((a, b) => a - b)).toEqual([0, 20]);
    });

    test('Pinned sends all events of a stream to one consumer', async () => {
      const [one = [], two = []] = await share(PINNED, names(9), 5);
      expect(one.filter((stream) => two.includes(stream))).toEqual([]);
    });
  });

  describe('contents', () => {
    test('filter events and report positions', async () => {
      const stream = newStream();
      const group = newStream('group');
      await client.appendToStream(stream, [event(1), event(2)]);
      const settings = persistentSubscriptionToAllSettingsFromDefaults({
        startFrom: START,
        checkPointUpperBound: 1,
      });
      await client.createPersistentSubscriptionToAll(group, settings, {
        filter: streamNameFilter({ prefixes: [stream] }),
      });
      const subscription = client.subscribeToPersistentSubscriptionToAll(group);
      const recorder = new Recorder().follow(subscription);
      subscription.on('data', (resolved) => void subscription.ack(resolved));
      await client.appendToStream(newStream('other'), event(3));
      await client.appendToStream(stream, event(4));
      await recorder.until('event', 3);
      expect(numbersOf(recorder.events)).toEqual([1, 2, 4]);
      await waitUntil('a checkpoint', async () => {
        const { stats } = await client.getPersistentSubscriptionToAllInfo(group);
        return stats.lastCheckpointedEventPosition?.commit === recorder.events.at(-1)?.commitPosition;
      });
      const info = await client.getPersistentSubscriptionToAllInfo(group);
      expect(info).toMatchObject({ eventSource: '$all', settings });
      expect(info.connections).toHaveLength(1);
      expect(info.connections[0]?.connectionName).toBe(client.connectionName);
      await subscription.unsubscribe();
      await client.deletePersistentSubscriptionToAll(group);
    });

    test('receive all events except those of groups', async () => {
      const group = newStream('group');
      const settings = persistentSubscriptionToAllSettingsFromDefaults({
        startFrom: END,
        checkPointUpperBound: 1,
        checkPointLowerBound: 1,
      });
      await client.createPersistentSubscriptionToAll(group, settings);
      const subscription = client.subscribeToPersistentSubscriptionToAll(group);
      const recorder = new Recorder().follow(subscription);
      subscription.on('data', (resolved) => void subscription.ack(resolved));
      const end = newStream('end');
      await client.setStreamMetadata(end, { maxCount: 9 });
      for (let n = 0; n < 5; n++) await client.appendToStream(end, event(n));
      const received = (count: number) =>
        waitUntil(
          `${count} events`,
          () => recorder.events.filter(({ event: item }) => item?.streamId === end).length === count,
        );
      await received(5);
      await waitUntil('a checkpoint', async () => {
        const { stats } = await client.getPersistentSubscriptionToAllInfo(group);
        return stats.lastCheckpointedEventPosition !== undefined;
      });
      await client.appendToStream(end, event(5));
      await received(6);
      expect(recorder.events.some(({ event: item }) => item?.streamId === `$$${end}`)).toBe(true);
      expect(recorder.events.some(({ event: item }) => item?.streamId.endsWith('-checkpoint'))).toBe(false);
      await subscription.unsubscribe();
    });
  });
});
