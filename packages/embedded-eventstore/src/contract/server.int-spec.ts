import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import gossip from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossipMessages, { type ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import operations from '@eventstore/db-client/generated/operations_grpc_pb.js';
import projections from '@eventstore/db-client/generated/projections_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import { newStream, event, events, isOwnStore, openTestStore, type TestStore } from './harness.ts';
import { batch, empty, proposed, RawClient, streamIdentifier, targetOf } from './raw-client.ts';

const UNIMPLEMENTED = 12;

const codeOf = (call: (done: (error: ServiceError | null) => void) => void) =>
  new Promise((resolve) => call((error) => resolve(error?.code)));

describe('the server', () => {
  let store: TestStore;
  let raw: RawClient;
  beforeAll(async () => {
    store = await openTestStore();
    raw = new RawClient(store.url);
  });
  afterAll(async () => {
    raw.close();
    await store.stop();
  });

  const target = () => targetOf(store.url);

  if (isOwnStore)
    test('reports its version and the supported methods with their features (our own store only)', async () => {
      const client = new features.ServerFeaturesClient(target(), credentials.createInsecure());
      const supported = await new Promise<SupportedMethods>((resolve, reject) => {
        client.getSupportedMethods(empty(), (error, methods) => (error ? reject(error) : resolve(methods)));
      });
      client.close();
      const all = new Map(
        supported
          .getMethodsList()
          .map((method) => [
            `${method.getServiceName()}/${method.getMethodName()}`.toLowerCase(),
            method.getFeaturesList(),
          ]),
      );
      const persistent = 'event_store.client.persistent_subscriptions.persistentsubscriptions';
      expect(supported.getEventStoreServerVersion()).toMatch(/^24\.10\./);
      expect(all.get('event_store.client.streams.streams/read')).toEqual(['position', 'events']);
      expect(all.get('event_store.client.streams.streams/batchappend')).toEqual(['deadline_duration']);
      for (const method of ['create', 'update', 'delete', 'read', 'getinfo', 'list', 'replayparked']) {
        expect(all.get(`${persistent}/${method}`)).toEqual(['stream', 'all']);
      }
      expect([...all.keys()].some((name) => /projections|users|operations/.test(name))).toBe(false);
    });

  test('gossips one member, which is alive and the leader', async () => {
    const client = new gossip.GossipClient(target(), credentials.createInsecure());
    const info = await new Promise<ClusterInfo>((resolve, reject) => {
      client.read(empty(), (error, response) => (error ? reject(error) : resolve(response)));
    });
    client.close();
    const [member] = info.getMembersList();
    expect(info.getMembersList()).toHaveLength(1);
    expect(member?.getIsAlive()).toBe(true);
    expect(member?.getState()).toBe(gossipMessages.MemberInfo.VNodeState.LEADER);
    expect(member?.getHttpEndPoint()?.getPort()).toBe(Number(target().split(':')[1]));
  });

  if (isOwnStore)
    test('answers UNIMPLEMENTED for services that it does not have (our own store only)', async () => {
      const ofProjections = new projections.ProjectionsClient(target(), credentials.createInsecure());
      const ofOperations = new operations.OperationsClient(target(), credentials.createInsecure());
      expect(await codeOf((done) => ofProjections.restartSubsystem(empty(), done))).toBe(UNIMPLEMENTED);
      expect(await codeOf((done) => ofOperations.mergeIndexes(empty(), done))).toBe(UNIMPLEMENTED);
      ofProjections.close();
      ofOperations.close();
    });

  test('serves requests that require a leader', async () => {
    const options = { requiresLeader: true };
    const stream = newStream();
    await expect(store.client.appendToStream(stream, event(), options)).resolves.toMatchObject({
      success: true,
    });
  });

  test('answers Timeout to 30,000 events with a deadline of 1 ms', async () => {
    const attempt = store.client.appendToStream(newStream(), events(30_000), { deadline: 1 });
    await expect(attempt).rejects.toMatchObject({ type: 'deadline-exceeded' });
  });

  test('times out an unfinished append after 2,000 ms, also with a later deadline', async () => {
    const correlation = crypto.randomUUID();
    const call = raw.stub.batchAppend(new Metadata());
    const answer = new Promise<string | undefined>((resolve) => {
      call.on('data', (response) => resolve(response.getError()?.getDetails()?.getTypeName()));
    });
    const started = performance.now();
    call.write(
      batch({
        correlation,
        stream: newStream(),
        deadline: Date.now() + 60_000,
        events: [proposed({ type: 'Tested', contentType: 'application/json' })],
        final: false,
      }),
    );
    expect(await answer).toBe('event_store.client.Timeout');
    expect(performance.now() - started).toBeGreaterThan(1_900);
    call.end();
  });

  test('reports the versions of a refused delete in trailers', async () => {
    const stream = newStream();
    await store.client.appendToStream(stream, events(3));
    const request = new messages.DeleteReq();
    const options = new messages.DeleteReq.Options();
    options.setStreamIdentifier(streamIdentifier(stream));
    options.setRevision('7');
    request.setOptions(options);
    const trailers = await new Promise((resolve) => {
      raw.stub.delete(request, (error) => resolve(error?.metadata.getMap()));
    });
    expect(trailers).toMatchObject({
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': '7',
      'actual-version': '2',
    });
  });

  test.each(['delete', 'tombstone'] as const)(
    'says that the actual version is -1 when it refuses the %s of a missing stream',
    async (operation) => {
      const options = new messages.DeleteReq.Options();
      options.setStreamIdentifier(streamIdentifier(newStream()));
      options.setRevision('7');
      const error = await new Promise<ServiceError | null>((resolve) => {
        const done = (reason: ServiceError | null): void => resolve(reason);
        if (operation === 'delete') raw.stub.delete(new messages.DeleteReq().setOptions(options), done);
        else raw.stub.tombstone(new messages.TombstoneReq().setOptions(options), done);
      });
      expect(error?.details).toMatch(/Actual version: -1$/);
    },
  );
});
