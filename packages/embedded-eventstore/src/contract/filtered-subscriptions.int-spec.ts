import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  END,
  START,
  streamNameFilter,
  type AllStreamResolvedEvent,
  type EventStoreDBClient,
} from '@eventstore/db-client';
import { event, events, newStream, openTestStore, Recorder, type TestStore } from './harness.ts';

describe('filtered subscriptions', () => {
  let store: TestStore;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    store = await openTestStore();
    client = store.client;
  });
  afterAll(() => store.stop());

  const followFrom = (
    stream: string,
    recorder: Recorder<AllStreamResolvedEvent>,
    window: number,
    multiplier: number,
  ) =>
    client.subscribeToAll({
      fromPosition: END,
      filter: streamNameFilter({
        prefixes: [stream],
        maxSearchWindow: window,
        checkpointInterval: multiplier,
        checkpointReached: recorder.checkpointReached,
      }),
    });

  describe('checkpoints', () => {
    test('come every multiplier x window examined events', async () => {
      const stream = newStream();
      const recorder = new Recorder<AllStreamResolvedEvent>();
      const subscription = followFrom(stream, recorder, 5, 2);
      recorder.follow(subscription);
      await recorder.until('caughtUp');
      const positions: bigint[] = [];
      for (let n = 0; n < 35; n++) {
        const { position } = await client.appendToStream(n % 3 === 0 ? stream : newStream('other'), event(n));
        positions.push(position?.commit ?? 0n);
      }
      await recorder.until('checkpoint', 3);
      await recorder.until('event', 12);
      expect(recorder.checkpoints).toEqual([positions[9], positions[19], positions[29]]);
      await subscription.unsubscribe();
    });

    test('come once more at the end of catching up, before caughtUp, never twice and never beyond the last event', async () => {
      await client.appendToStream(newStream(), events(100));
      const head = await client.appendToStream(newStream(), event());
      const recorder = new Recorder<AllStreamResolvedEvent>();
      const subscription = client.subscribeToAll({
        fromPosition: START,
        filter: streamNameFilter({
          prefixes: ['nothing-like-it'],
          checkpointReached: recorder.checkpointReached,
        }),
      });
      recorder.follow(subscription);
      await recorder.until('caughtUp');
      expect(recorder.checkpoints.at(-1)).toBeLessThanOrEqual(head.position?.commit ?? 0n);
      expect(new Set(recorder.checkpoints).size).toBe(recorder.checkpoints.length);
      expect(recorder.checkpoints.length).toBeGreaterThan(3);
      expect(recorder.log.slice(-2)).toEqual(['checkpoint', 'caughtUp']);
      await subscription.unsubscribe();
    });
  });

  test('a subscription after a position between events is refused', async () => {
    const { position } = await client.appendToStream(newStream(), event());
    const off = (position?.commit ?? 0n) - 1n;
    const subscription = client.subscribeToAll({
      fromPosition: { commit: off, prepare: off },
      filter: streamNameFilter({ prefixes: ['x'] }),
    });
    const recorder = new Recorder().follow(subscription);
    await recorder.until('error');
    expect(recorder.error).toMatchObject({
      code: 3,
      message: expect.stringContaining('Trying to read from an invalid position'),
    });
  });
});
