import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { binaryEvent, START, type EventStoreDBClient } from '@eventstore/db-client';
import { collect, events, newStream, openTestStore, Recorder, type TestStore } from './harness.ts';

const link = (text: string) => binaryEvent({ type: '$>', data: Buffer.from(text) });

describe('links', () => {
  let store: TestStore;
  let client: EventStoreDBClient;
  const target = newStream('tar@get');
  beforeAll(async () => {
    store = await openTestStore();
    client = store.client;
    await client.appendToStream(target, events(3));
  });
  afterAll(() => store.stop());

  const linked = async (...texts: string[]) => {
    const stream = newStream('links');
    await client.appendToStream(stream, texts.map(link));
    return stream;
  };
  const resolved = (stream: string) => collect(client.readStream(stream, { resolveLinkTos: true }));

  test('are resolved on request, split at the first @', async () => {
    const stream = await linked(`2@${target}`);
    const [found] = await resolved(stream);
    expect(found?.event).toMatchObject({ streamId: target, revision: 2n, data: { n: 2 } });
    expect(found?.link).toMatchObject({ streamId: stream, revision: 0n, type: '$>' });
  });

  test('are plain events without resolveLinks', async () => {
    const [found] = await collect(client.readStream(await linked(`2@${target}`)));
    expect(found?.event?.type).toBe('$>');
    expect(found?.link).toBeUndefined();
  });

  test('to a missing event have no event', async () => {
    const found = await resolved(await linked(`99@${target}`, `0@${newStream()}`));
    for (const item of found) {
      expect(item.event).toBeUndefined();
      expect(item.link?.type).toBe('$>');
    }
    expect(found).toHaveLength(2);
  });

  test('with an invalid revision are plain events', async () => {
    const found = await resolved(await linked(`x@${target}`, 'no at sign'));
    for (const item of found) {
      expect(item.event?.type).toBe('$>');
      expect(item.link).toBeUndefined();
    }
    expect(found).toHaveLength(2);
  });

  test('are followed once', async () => {
    const first = await linked(`1@${target}`);
    const [found] = await resolved(await linked(`0@${first}`));
    expect(found?.event).toMatchObject({ streamId: first, type: '$>' });
  });

  test('to truncated and deleted events have no event', async () => {
    const stream = newStream();
    await client.appendToStream(stream, events(3));
    const links = await linked(`0@${stream}`, `2@${stream}`);
    await client.setStreamMetadata(stream, { truncateBefore: 1 });
    expect((await resolved(links)).map(({ event }) => event?.revision)).toEqual([undefined, 2n]);
    await client.deleteStream(stream);
    expect((await resolved(links)).map(({ event }) => event?.revision)).toEqual([undefined, undefined]);
  });

  test('keep their own position in $all', async () => {
    const stream = await linked(`2@${target}`, `0@${target}`);
    const all = await collect(client.readAll({ resolveLinkTos: true }));
    const found = all.filter(({ link: each }) => each?.streamId === stream);
    expect(found.map(({ event }) => event?.revision)).toEqual([2n, 0n]);
    for (const { link: each, commitPosition } of found) expect(commitPosition).toBe(each?.position.commit);
  });

  test('leave their target its own position', async () => {
    const [original] = await collect(client.readStream(target, { fromRevision: 2n }));
    const stream = await linked(`2@${target}`);
    const [found] = await resolved(stream);
    expect(found?.event?.position).toEqual(original?.event?.position);
    const all = await collect(client.readAll({ resolveLinkTos: true }));
    const inAll = all.find(({ link: each }) => each?.streamId === stream);
    expect(inAll?.event?.position).toEqual(original?.event?.position);
  });

  test('are resolved in subscriptions', async () => {
    const stream = await linked(`2@${target}`);
    const subscription = client.subscribeToStream(stream, { fromRevision: START, resolveLinkTos: true });
    const recorder = new Recorder().follow(subscription);
    await recorder.until('caughtUp');
    await client.appendToStream(stream, [link(`1@${target}`), link(`77@${target}`)]);
    await recorder.until('event', 3);
    expect(recorder.events.map(({ event }) => event?.revision)).toEqual([2n, 1n, undefined]);
    expect(recorder.events.map(({ link: each }) => each?.revision)).toEqual([0n, 1n, 2n]);
    await subscription.unsubscribe();
  });
});
