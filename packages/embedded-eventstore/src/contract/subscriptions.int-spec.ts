import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  END,
  eventTypeFilter,
  START,
  streamNameFilter,
  type AllStreamResolvedEvent,
  type EventStoreDBClient,
} from '@eventstore/db-client';
import {
  event,
  events,
  collect,
  waitUntil,
  newStream,
  numbersOf,
  openTestStore,
  pause,
  Recorder,
  revisionsOf,
  type TestStore,
} from './harness.ts';

describe('subscriptions', () => {
  let store: TestStore;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    store = await openTestStore();
    client = store.client;
  });
  afterAll(() => store.stop());

  describe('to a stream', () => {
    test('emit confirmation, past events, caughtUp, then live events', async () => {
      const stream = newStream();
      await client.appendToStream(stream, events(3));
      const subscription = client.subscribeToStream(stream, { fromRevision: START });
      const recorder = new Recorder().follow(subscription);
      await recorder.until('caughtUp');
      await client.appendToStream(stream, events(2));
      await recorder.until('event', 5);
      expect(recorder.log.join(' ')).toBe('confirmation event event event caughtUp event event');
      expect(revisionsOf(recorder.events)).toEqual([0, 1, 2, 3, 4]);
      await subscription.unsubscribe();
    });

    test('start after the given revision', async () => {
      const stream = newStream();
      await client.appendToStream(stream, events(5));
      const subscription = client.subscribeToStream(stream, { fromRevision: 2n });
      const recorder = new Recorder().follow(subscription);
      await recorder.until('event', 2);
      expect(revisionsOf(recorder.events)).toEqual([3, 4]);
      await subscription.unsubscribe();
    });

    test('from the end receive new events only', async () => {
      const stream = newStream();
      await client.appendToStream(stream, events(5));
      const subscription = client.subscribeToStream(stream, { fromRevision: END });
      const recorder = new Recorder().follow(subscription);
      await recorder.until('caughtUp');
      await client.appendToStream(stream, event(99));
      await recorder.until('event');
      expect(revisionsOf(recorder.events)).toEqual([5]);
      await subscription.unsubscribe();
    });

    test('emit caughtUp once, also when empty or beyond the end', async () => {
      const stream = newStream();
      const empty = new Recorder().follow(client.subscribeToStream(stream));
      await empty.until('caughtUp');
      await client.appendToStream(stream, events(3));
      await empty.until('event', 3);
      const beyond = new Recorder().follow(client.subscribeToStream(stream, { fromRevision: 10n }));
      await beyond.until('caughtUp');
      for (let i = 0; i < 20; i++) await client.appendToStream(stream, event(i));
      await beyond.until('event', 12);
      expect(revisionsOf(beyond.events)[0]).toBe(11);
      expect([empty.count('caughtUp'), beyond.count('caughtUp')]).toEqual([1, 1]);
    });

    test('to a missing or soft-deleted stream wait for events', async () => {
      const stream = newStream();
      await client.appendToStream(stream, events(2));
      await client.deleteStream(stream);
      const recorder = new Recorder().follow(client.subscribeToStream(stream));
      await recorder.until('caughtUp');
      expect(recorder.events).toEqual([]);
      await client.appendToStream(stream, event());
      await recorder.until('event');
      expect(revisionsOf(recorder.events)).toEqual([2]);
    });

    test('deliver a tombstone, then end with stream-deleted', async () => {
      const stream = newStream();
      await client.appendToStream(stream, event());
      const recorder = new Recorder().follow(client.subscribeToStream(stream));
      await recorder.until('caughtUp');
      await client.tombstoneStream(stream);
      await recorder.until('error');
      expect(recorder.events.at(-1)?.event?.type).toBe('$streamDeleted');
      expect(recorder.error).toMatchObject({ type: 'stream-deleted', streamName: stream });
    });

    test('to a tombstoned stream end with stream-deleted', async () => {
      const stream = newStream();
      await client.tombstoneStream(stream);
      const recorder = new Recorder().follow(client.subscribeToStream(stream));
      await recorder.until('error');
      expect(recorder.error).toMatchObject({ type: 'stream-deleted' });
    });

    test('skip truncated events while catching up, but not live events', async () => {
      const stream = newStream();
      await client.appendToStream(stream, events(5));
      await client.setStreamMetadata(stream, { truncateBefore: 3, maxCount: 1 });
      const recorder = new Recorder().follow(client.subscribeToStream(stream));
      await recorder.until('caughtUp');
      expect(revisionsOf(recorder.events)).toEqual([4]);
      await client.appendToStream(stream, events(3));
      await recorder.until('event', 4);
      expect(revisionsOf(recorder.events)).toEqual([4, 5, 6, 7]);
    });
  });

  describe('to $all', () => {
    test('start after the given position', async () => {
      const stream = newStream();
      const first = await client.appendToStream(stream, event(1));
      await client.appendToStream(stream, event(2));
      const subscription = client.subscribeToAll({
        ...(first.position && { fromPosition: first.position }),
        filter: streamNameFilter({ prefixes: [stream] }),
      });
      const recorder = new Recorder<AllStreamResolvedEvent>().follow(subscription);
      await recorder.until('caughtUp');
      expect(numbersOf(recorder.events)).toEqual([2]);
      await subscription.unsubscribe();
    });

    test('receive all events in order, past and live', async () => {
      const { position } = await client.appendToStream(newStream('all'), event());
      for (const each of events(20)) await client.appendToStream(newStream('before'), each);
      const subscription = client.subscribeToAll({ ...(position && { fromPosition: position }) });
      const recorder = new Recorder<AllStreamResolvedEvent>().follow(subscription);
      await recorder.until('caughtUp');
      await Promise.all(events(100).map((each, n) => client.appendToStream(newStream(`all-${n % 7}`), each)));
      const ours = () => recorder.events.filter(({ event: item }) => item?.streamId.startsWith('all-'));
      await waitUntil('100 events', () => ours().length === 100);
      const positions = recorder.events.map(({ event: item }) => Number(item?.position.commit));
      expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => a - b));
      await subscription.unsubscribe();
    });

    test('from the end emit caughtUp and receive new events only', async () => {
      const stream = newStream();
      await client.appendToStream(stream, event(1));
      const subscription = client.subscribeToAll({ fromPosition: END });
      const recorder = new Recorder<AllStreamResolvedEvent>().follow(subscription);
      await recorder.until('caughtUp');
      await client.appendToStream(stream, event(2));
      await recorder.until('event');
      expect(numbersOf(recorder.events)).toEqual([2]);
      await subscription.unsubscribe();
    });

    test('filter past and live events by type', async () => {
      const type = `Type${Date.now()}`;
      await client.appendToStream(newStream(), [event(1, type), event(2, 'Other'), event(3, `${type}Two`)]);
      const subscription = client.subscribeToAll({ filter: eventTypeFilter({ prefixes: [type] }) });
      const recorder = new Recorder<AllStreamResolvedEvent>().follow(subscription);
      await recorder.until('caughtUp');
      await client.appendToStream(newStream(), [event(4, 'Other'), event(5, type)]);
      await recorder.until('event', 3);
      expect(numbersOf(recorder.events)).toEqual([1, 3, 5]);
      await subscription.unsubscribe();
    });
  });

  test('a slow subscriber receives all events in order and catches up again', async () => {
    const stream = newStream();
    const subscription = client.subscribeToStream(stream, { fromRevision: START });
    let caughtUp = 0;
    subscription.on('caughtUp', () => caughtUp++);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { event: item } of subscription) {
        if (seen.length === 0) await pause(1_000);
        seen.push(Number(item?.revision));
        if (seen.length === 4_000) break;
      }
    })();
    await waitUntil('caught up', () => caughtUp === 1);
    for (let i = 0; i < 8; i++) await client.appendToStream(stream, events(500));
    await reading;
    expect(seen).toEqual(Array.from({ length: 4_000 }, (_, i) => i));
  });

  test('unsubscribe ends the subscription without an error', async () => {
    const recorder = new Recorder();
    const subscription = client.subscribeToStream(newStream());
    recorder.follow(subscription);
    await recorder.until('caughtUp');
    await subscription.unsubscribe();
    await collect(client.readAll({ maxCount: 1 }));
    expect(recorder.error).toBeUndefined();
  });
});
