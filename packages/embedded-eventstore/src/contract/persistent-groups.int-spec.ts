import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  BACKWARDS,
  END,
  persistentSubscriptionToStreamSettingsFromDefaults,
  PINNED,
  type EventStoreDBClient,
} from '@eventstore/db-client';
import { groupTools } from './group-tools.ts';
import { collect, events, newStream, openTestStore, Recorder, waitUntil, type TestStore } from './harness.ts';

const DOES_NOT_EXIST = { type: 'persistent-subscription-does-not-exist' };

describe('groups of persistent subscriptions', () => {
  let store: TestStore;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    store = await openTestStore();
    client = store.client;
  });
  afterAll(() => store.stop());

  const { create, connect, info } = groupTools(() => client);

  describe('create, update, delete', () => {
    test('a group cannot be created twice', async () => {
      const stream = newStream();
      await create(stream);
      await expect(create(stream)).rejects.toMatchObject({
        type: 'persistent-subscription-exists',
        streamName: stream,
        groupName: 'group',
      });
      await create(stream, {}, 'another');
    });

    test('calls to a missing group are refused', async () => {
      const stream = newStream();
      const settings = persistentSubscriptionToStreamSettingsFromDefaults();
      await expect(client.deletePersistentSubscriptionToStream(stream, 'group')).rejects.toMatchObject(
        DOES_NOT_EXIST,
      );
      await expect(
        client.updatePersistentSubscriptionToStream(stream, 'group', settings),
      ).rejects.toMatchObject(DOES_NOT_EXIST);
      await expect(info(stream)).rejects.toMatchObject({ ...DOES_NOT_EXIST, groupName: 'group' });
      await expect(client.replayParkedMessagesToStream(stream, 'group')).rejects.toMatchObject(
        DOES_NOT_EXIST,
      );
      const recorder = new Recorder().follow(connect(stream));
      await recorder.until('error');
      expect(recorder.error).toMatchObject({ ...DOES_NOT_EXIST, streamName: stream });
    });

    test('GetInfo returns the settings of the request', async () => {
      const stream = newStream();
      const settings = await create(stream, { startFrom: END, checkPointUpperBound: 77, maxRetryCount: 3 });
      expect(await info(stream)).toMatchObject({
        eventSource: stream,
        groupName: 'group',
        settings,
        connections: [],
      });
      const changed = { ...settings, startFrom: 123n, maxSubscriberCount: 200, consumerStrategyName: PINNED };
      await client.updatePersistentSubscriptionToStream(stream, 'group', changed);
      expect((await info(stream)).settings).toEqual(changed);
    });

    test('GetInfo has no last known event before anything was read', async () => {
      const stream = newStream();
      await client.appendToStream(stream, events(3));
      await create(stream, { startFrom: END });
      expect((await info(stream)).stats.lastKnownEventRevision).toBeUndefined();
      await client.appendToStream(stream, events(1));
      await waitUntil(
        'the event to be known',
        async () => (await info(stream)).stats.lastKnownEventRevision === 3n,
      );
    });

    test('settings that are not valid are refused', async () => {
      await expect(create(newStream(), { readBatchSize: 50, historyBufferSize: 10 })).rejects.toMatchObject({
        type: 'persistent-subscription-failed',
      });
    });

    test('an update or a delete drops the consumers', async () => {
      const stream = newStream();
      const settings = await create(stream);
      const first = new Recorder().follow(connect(stream));
      await first.until('confirmation');
      await client.updatePersistentSubscriptionToStream(stream, 'group', settings);
      await first.until('error');
      expect(first.error).toMatchObject({ type: 'persistent-subscription-dropped' });
      const second = new Recorder().follow(connect(stream));
      await second.until('confirmation');
      await client.deletePersistentSubscriptionToStream(stream, 'group');
      await second.until('error');
      expect(second.error).toMatchObject({ type: 'persistent-subscription-dropped' });
      await expect(info(stream)).rejects.toMatchObject(DOES_NOT_EXIST);
    });

    test('List returns all groups, or those of a stream', async () => {
      const stream = newStream();
      await create(stream, {}, 'one');
      await create(stream, {}, 'two');
      const ofStream = await client.listPersistentSubscriptionsToStream(stream);
      expect(ofStream.map(({ groupName }) => groupName).toSorted()).toEqual(['one', 'two']);
      const all = await client.listAllPersistentSubscriptions();
      expect(all.filter(({ eventSource }) => eventSource === stream)).toHaveLength(2);
      await expect(client.listPersistentSubscriptionsToStream(newStream())).rejects.toMatchObject(
        DOES_NOT_EXIST,
      );
    });

    test('the configuration is stored as an event in $all', async () => {
      await create(newStream());
      const all = await collect(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 50 }));
      expect(all.some(({ event: item }) => item?.type === '$PersistentConfig')).toBe(true);
    });
  });
});
