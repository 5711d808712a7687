import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { END, START, type EventStoreDBClient } from '@eventstore/db-client';
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

describe('persistent subscriptions', () => {
  let store: TestStore;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    store = await openTestStore();
    client = store.client;
  });
  afterAll(() => store.stop());

  const { create, connect, info, acking } = groupTools(() => client);

  describe('reading', () => {
    test.each([
      ['the start', START, [0, 1, 2, 3, 4, 5]],
      ['a revision, inclusive', 2n, [2, 3, 4, 5]],
      ['the end', END, [4, 5]],
    ] as const)('begins at %s', async (_name, startFrom, expected) => {
      const stream = newStream();
      await client.appendToStream(stream, events(4));
      await create(stream, { startFrom });
      const { subscription, recorder } = acking(stream);
      await client.appendToStream(stream, events(2));
      await recorder.until('event', expected.length);
      expect(revisionsOf(recorder.events)).toEqual(expected);
      await subscription.unsubscribe();
    });

    test('sends no more than the consumer’s buffer before an acknowledgement', async () => {
      const stream = newStream();
      await client.appendToStream(stream, events(20));
      await create(stream);
      const subscription = connect(stream, 'group', 3);
      const recorder = new Recorder().follow(subscription);
      await recorder.until('event', 3);
      // The answer arrives after everything that the server sent before.
      await info(stream);
      expect(recorder.events).toHaveLength(3);
      for (const resolved of recorder.events.slice()) await subscription.ack(resolved);
      await recorder.until('event', 6);
      await subscription.unsubscribe();
    });

    test('delivers many events in order', async () => {
      const stream = newStream();
      await client.appendToStream(stream, events(2_000));
      await create(stream);
      const { subscription, recorder } = acking(stream);
      await client.appendToStream(stream, events(1_000));
      await recorder.until('event', 3_000);
      expect(revisionsOf(recorder.events)).toEqual(Array.from({ length: 3_000 }, (_, i) => i));
      await subscription.unsubscribe();
    });

    test('continues after the last acknowledged event when a consumer reconnects', async () => {
      const stream = newStream();
      await client.appendToStream(stream, events(10));
      await create(stream);
      const first = connect(stream, 'group', 4);
      const seen = new Recorder().follow(first);
      await seen.until('event', 4);
      await first.ack(...seen.events.slice(0, 2));
      await seen.until('event', 6);
      await first.unsubscribe();
      const { subscription, recorder } = acking(stream);
      await recorder.until('event', 8);
      expect(revisionsOf(recorder.events).toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
      await subscription.unsubscribe();
    });

    test('refuses consumers above the maximum', async () => {
      const stream = newStream();
      await create(stream, { maxSubscriberCount: 1 });
      const first = new Recorder().follow(connect(stream));
      await first.until('confirmation');
      const second = new Recorder().follow(connect(stream));
      await second.until('error');
      expect(second.error).toMatchObject({
        type: 'maximum-subscribers-reached',
        message: expect.stringContaining(
          `Maximum subscriptions reached for subscription group group on stream ${stream}.`,
        ),
      });
    });

    test('resolves links and accepts their acknowledgements', async () => {
      const stream = newStream();
      const links = newStream('links');
      await client.appendToStream(stream, events(2));
      const link = { ...event(0, '$>'), contentType: 'application/octet-stream' as const };
      await client.appendToStream(links, [{ ...link, data: Buffer.from(`1@${stream}`) } as never]);
      await create(links, { resolveLinkTos: true, checkPointUpperBound: 1, checkPointLowerBound: 1 });
      const { subscription, recorder } = acking(links);
      await recorder.until('event');
      expect(recorder.events[0]).toMatchObject({ event: { streamId: stream }, link: { streamId: links } });
      await waitUntil(
        'a checkpoint',
        async () => (await info(links)).stats.lastCheckpointedEventRevision === 0n,
      );
      await subscription.unsubscribe();
    });
  });

  test('an event that is not acknowledged in time is delivered again', async () => {
    const stream = newStream();
    await client.appendToStream(stream, event());
    await create(stream, { messageTimeout: 200 });
    const subscription = connect(stream);
    const recorder = new Recorder().follow(subscription);
    await recorder.until('event', 2);
    expect(revisionsOf(recorder.events)).toEqual([0, 0]);
    await subscription.ack(...recorder.events.slice(-1));
    await subscription.unsubscribe();
  });

  test('checkpoints survive a restart of the subsystem', async () => {
    const stream = newStream();
    await client.appendToStream(stream, events(50));
    await create(stream, { checkPointUpperBound: 10, checkPointLowerBound: 5 });
    const first = acking(stream);
    await first.recorder.until('event', 50);
    await waitUntil(
      'a checkpoint',
      async () => (await info(stream)).stats.lastCheckpointedEventRevision === 49n,
    );
    await client.restartPersistentSubscriptionSubsystem();
    await first.recorder.until('error');
    await client.appendToStream(stream, event());
    const second = acking(stream);
    // The reported checkpoint may be ahead of the written one; then acknowledged events are delivered again.
    await waitUntil('the new event', () => revisionsOf(second.recorder.events).includes(50));
    expect(revisionsOf(second.recorder.events)).not.toContain(0);
    await second.subscription.unsubscribe();
  });
});
