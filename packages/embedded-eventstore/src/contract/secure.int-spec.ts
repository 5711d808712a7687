import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
  type EventStoreDBClient,
  type StreamACL,
} from '@eventstore/db-client';
import {
  collect,
  event,
  events,
  newStream,
  openSecureStore,
  Recorder,
  sendCredentials,
  type TestStore,
} from './harness.ts';

const admin = { credentials: { username: 'admin', password: 'changeit' } };
const ops = { credentials: { username: 'ops', password: 'changeit' } };
const DENIED = { type: 'access-denied' };

describe('secure mode', () => {
  let store: TestStore;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    store = await openSecureStore();
    client = store.client;
  });
  afterAll(() => store.stop());

  const filled = async (acl?: StreamACL) => {
    const stream = newStream();
    await client.appendToStream(stream, events(2), admin);
    if (acl) await client.setStreamMetadata(stream, { acl }, admin);
    return stream;
  };
  const read = (stream: string, options: object = {}) => collect(client.readStream(stream, options));

  test('a wrong password or name is UNAUTHENTICATED', async () => {
    for (const credentials of [
      { username: 'admin', password: 'wrong' },
      { username: 'nobody', password: 'changeit' },
    ]) {
      const attempt = read('any-stream', { credentials });
      await expect(attempt).rejects.toMatchObject({ ...DENIED, code: 16 });
    }
  });

  test('user streams require authentication', async () => {
    const stream = await filled();
    await expect(read(stream)).rejects.toMatchObject(DENIED);
    await expect(client.appendToStream(stream, event())).rejects.toMatchObject(DENIED);
    await expect(client.deleteStream(stream)).rejects.toMatchObject(DENIED);
    expect(await read(stream, ops)).toHaveLength(2);
    await client.appendToStream(stream, event(), ops);
  });

  test('credentials of the connection string apply to every call', async () => {
    const { EventStoreDBClient: Client } = await import('@eventstore/db-client');
    const own = Client.connectionString(store.url.replace('esdb://', 'esdb://ops:changeit@'));
    sendCredentials(own);
    const stream = newStream();
    await own.appendToStream(stream, events(3));
    expect(await collect(own.readStream(stream))).toHaveLength(3);
    await own.dispose();
  });

  test('only admins access $all and $ streams', async () => {
    await expect(collect(client.readAll(ops))).rejects.toMatchObject(DENIED);
    await expect(read('$users', ops)).rejects.toMatchObject(DENIED);
    expect((await collect(client.readAll(admin))).length).toBeGreaterThan(0);
    expect((await read('$users', admin)).length).toBeGreaterThan(0);
    await expect(client.appendToStream('$mine', event(), ops)).rejects.toMatchObject(DENIED);
    await client.appendToStream('$mine', event(), admin);
  });

  test('others read $all when an admin grants it in its metadata', async () => {
    await client.setStreamMetadata('$all', { acl: { readRoles: ['$admins', 'ops'] } }, admin);
    expect(await collect(client.readAll({ ...ops, maxCount: 1 }))).toHaveLength(1);
    await expect(read('$users', ops)).rejects.toMatchObject(DENIED);
    await client.setStreamMetadata('$all', {}, admin);
    await expect(collect(client.readAll(ops))).rejects.toMatchObject(DENIED);
  });

  test('admins cannot write to $all or delete a metastream', async () => {
    await expect(client.appendToStream('$all', event(), admin)).rejects.toMatchObject(DENIED);
    const stream = await filled({ readRoles: ['ops'] });
    await expect(client.deleteStream(`$$${stream}`, admin)).rejects.toMatchObject(DENIED);
    await expect(client.tombstoneStream(`$$${stream}`, admin)).rejects.toMatchObject(DENIED);
  });

  test('an ACL controls reads, writes, deletes and metadata', async () => {
    const nobody = ['somebody-else'];
    const stream = await filled({
      readRoles: ['ops'],
      writeRoles: nobody,
      deleteRoles: nobody,
      metaReadRoles: nobody,
      metaWriteRoles: nobody,
    });
    expect(await read(stream, ops)).toHaveLength(2);
    await expect(client.appendToStream(stream, event(), ops)).rejects.toMatchObject(DENIED);
    await expect(client.deleteStream(stream, ops)).rejects.toMatchObject(DENIED);
    await expect(client.tombstoneStream(stream, ops)).rejects.toMatchObject(DENIED);
    await expect(client.getStreamMetadata(stream, ops)).rejects.toMatchObject(DENIED);
    await expect(client.setStreamMetadata(stream, {}, ops)).rejects.toMatchObject(DENIED);
    await client.appendToStream(stream, event(), admin);
  });

  test('a role is a user’s name, a group, or $all', async () => {
    for (const role of ['ops', '$ops', '$all'])
      expect(await read(await filled({ readRoles: [role] }), ops)).toHaveLength(2);
    await expect(read(await filled({ readRoles: ['$admins'] }), ops)).rejects.toMatchObject(DENIED);
  });

  test('a missing role list falls back to $settings, then to the defaults', async () => {
    const stream = await filled({ writeRoles: ['ops'] });
    expect(await read(stream, ops)).toHaveLength(2);
    const { jsonEvent } = await import('@eventstore/db-client');
    const settings = (data: object) =>
      client.appendToStream(
        '$settings',
        jsonEvent({ type: 'update-default-acl', data: data as never }),
        admin,
      );
    await settings({ $userStreamAcl: { $r: '$admins' } });
    await expect(read(stream, ops)).rejects.toMatchObject(DENIED);
    await client.appendToStream(stream, event(), ops);
    await settings({ $userStreamAcl: { $r: '$all' } });
    expect(await read(stream, ops)).toHaveLength(3);
  });

  test('a soft delete removes the ACL', async () => {
    const stream = await filled({ readRoles: ['$admins'] });
    await client.deleteStream(stream, admin);
    await client.appendToStream(stream, event(), ops);
    expect(await read(stream, ops)).toHaveLength(1);
  });

  test('a live subscription outlives the right to read its stream', async () => {
    const stream = await filled();
    const subscription = client.subscribeToStream(stream, { fromRevision: START, ...ops });
    const recorder = new Recorder().follow(subscription);
    await recorder.until('caughtUp');
    await client.setStreamMetadata(stream, { acl: { readRoles: ['$admins'] } }, admin);
    await expect(read(stream, ops)).rejects.toMatchObject(DENIED);
    await client.appendToStream(stream, event(), admin);
    await recorder.until('event', 3);
    await subscription.unsubscribe();
  });

  test('a subscription without the right to read is denied', async () => {
    const recorder = new Recorder().follow(client.subscribeToAll(ops));
    await recorder.until('error');
    expect(recorder.error).toMatchObject(DENIED);
  });

  test('operators manage groups; readers of the stream consume them', async () => {
    const stream = await filled({ readRoles: ['$admins'] });
    const settings = persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START });
    await expect(
      client.createPersistentSubscriptionToStream(stream, 'group', settings),
    ).rejects.toMatchObject(DENIED);
    await client.createPersistentSubscriptionToStream(stream, 'group', settings, ops);
    const refused = new Recorder().follow(
      client.subscribeToPersistentSubscriptionToStream(stream, 'group', ops),
    );
    await refused.until('error');
    expect(refused.error).toMatchObject(DENIED);
    const admitted = client.subscribeToPersistentSubscriptionToStream(stream, 'group', admin);
    const recorder = new Recorder().follow(admitted);
    await recorder.until('event', 2);
    const { connections } = await client.getPersistentSubscriptionToStreamInfo(stream, 'group', admin);
    expect(connections[0]?.username).toBe('admin');
    await admitted.unsubscribe();
  });
});
