import { describe, expect, test } from '@jest/globals';
import {
  EventStoreDBClient,
  NO_STREAM,
  START,
  streamNameFilter,
  type AllStreamResolvedEvent,
} from '@eventstore/db-client';
import { collect, event, events, Recorder, waitUntil } from '../contract/harness.ts';
import { setCluster, startEventStore, type LikeAServer } from '../index.ts';
import { withClient } from '../acceptance/processes.ts';
import { withDirectory } from './stores.ts';

interface Running {
  readonly dir: string;
  readonly url: string;
  readonly port: number;
  readonly client: EventStoreDBClient;
  readonly stop: () => Promise<void>;
}

/** Longer than any test runs, in milliseconds. */
const NEVER = 600_000;

/** Runs `use` with a store that behaves like a server. */
const withServer = (
  likeAServer: Partial<LikeAServer>,
  use: (running: Running) => Promise<void>,
): Promise<void> =>
  withDirectory(async (dir) => {
    const store = await startEventStore({ dir, likeAServer });
    const { connectionString: url, port } = store;
    try {
      await withClient(url, (client) => use({ dir, url, port, client, stop: () => store.stop() }));
    } finally {
      await store.stop();
    }
  });

const appendAtLeader = (client: EventStoreDBClient) =>
  client.appendToStream('stream', event(), { requiresLeader: true });

/** Two appends at the same revision, one of which loses. */
const conflict = async (client: EventStoreDBClient) => {
  const race = events(2).map((each) =>
    client.appendToStream('stream', each, { expectedRevision: NO_STREAM }),
  );
  const winner = Promise.any(race);
  const loser = Promise.all(race);
  await expect(loser).rejects.toMatchObject({ type: 'wrong-expected-version', actualVersion: 0n });
  // It is rejected when the client is disposed of first.
  winner.catch(() => undefined);
  return { winner };
};

const checkpointsFromStart = async (client: EventStoreDBClient) => {
  const recorder = new Recorder<AllStreamResolvedEvent>();
  const { checkpointReached } = recorder;
  const subscription = client.subscribeToAll({
    fromPosition: START,
    filter: streamNameFilter({ prefixes: ['stream'], checkpointReached }),
  });
  recorder.follow(subscription);
  await recorder.until('caughtUp');
  await subscription.unsubscribe();
  return recorder;
};

describe('a store like a server', () => {
  test('reports a conflict with an event that a read does not return yet', () =>
    withServer({ indexLagMs: NEVER }, async ({ client }) => {
      await conflict(client);
      await expect(collect(client.readStream('stream'))).rejects.toMatchObject({ type: 'stream-not-found' });
      expect((await collect(client.readAll())).filter(({ event: item }) => item?.type === 'Tested')).toEqual(
        [],
      );
    }));

  test('returns the event of a conflict after a while', () =>
    withServer({ indexLagMs: 50 }, async ({ client }) => {
      await conflict(client);
      const read = () => collect(client.readStream('stream')).catch(() => []);
      await waitUntil('the event', async () => (await read()).length > 0);
      expect(await read()).toHaveLength(1);
    }));

  test('answers an append when reads and subscriptions return its events', () =>
    withServer({ indexLagMs: 50 }, async ({ client }) => {
      const recorder = new Recorder().follow(client.subscribeToStream('stream'));
      await recorder.until('caughtUp');
      const { winner } = await conflict(client);
      await winner;
      expect(await collect(client.readStream('stream'))).toHaveLength(1);
      for (let n = 1; n < 20; n++) {
        await client.appendToStream('stream', event(n));
        expect(await collect(client.readStream('stream'))).toHaveLength(n + 1);
      }
      await recorder.until('event', 20);
    }));

  test('answers the winner of a conflict before it stops', () =>
    withServer({ indexLagMs: NEVER }, async ({ client, stop }) => {
      const { winner } = await conflict(client);
      await stop();
      await expect(winner).resolves.toMatchObject({ nextExpectedRevision: 0n });
    }));

  test.each([
    ['BatchAppend', {}, 'deadline-exceeded'],
    ['Append', { credentials: { username: 'any', password: 'any' } }, 'timeout'],
  ])('answers Timeout to an append by %s that repeats one in flight', (_name, options, type) =>
    withServer({ repeatTimeoutMs: 100 }, async ({ client }) => {
      const given = event();
      const send = () => client.appendToStream('stream', given, { ...options, expectedRevision: NO_STREAM });
      const outcomes = await Promise.allSettled([send(), send(), send(), send(), send(), send()]);
      const [original, ...others] = outcomes.flatMap((outcome) =>
        outcome.status === 'fulfilled' ? [outcome.value] : [],
      );
      const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      expect(errors.length).toBeGreaterThan(0);
      expect(errors).toEqual(errors.map(() => expect.objectContaining({ type })));
      expect([await send(), ...others]).toEqual([original, ...others.map(() => original)]);
    }),
  );

  test('refuses calls while it is not ready', () =>
    withServer({}, async ({ dir, client, port }) => {
      await client.appendToStream('stream', event());
      setCluster(dir, { members: [`127.0.0.1:${port}`], leader: null });
      await expect(client.appendToStream('stream', event())).rejects.toMatchObject({
        type: 'unknown',
        message: 'Could not recognize Server Is Not Ready',
      });
      await expect(collect(client.readStream('stream'))).rejects.toMatchObject({ type: 'unavailable' });
      setCluster(dir, undefined);
      await client.appendToStream('stream', event());
      expect(await collect(client.readStream('stream'))).toHaveLength(2);
    }));

  test('leads clients to the leader that its gossip names', () =>
    withServer({}, async ({ dir, port }) => {
      const members = [`127.0.0.1:${port}`, `localhost:${port}`];
      const [first = '', second = ''] = members;
      setCluster(dir, { members, leader: first });
      await withClient(`esdb://${members.join(',')}?tls=false`, async (client) => {
        await appendAtLeader(client);
        await appendAtLeader(client);
      });
      setCluster(dir, { members, leader: second });
      await withClient(`esdb+discover://${first}?tls=false`, appendAtLeader);
      await withClient(`esdb://${first}?tls=false`, async (client) => {
        await expect(appendAtLeader(client)).rejects.toMatchObject({
          type: 'not-leader',
          leader: { address: 'localhost', port },
        });
        // The client reconnects to the leader that the error names.
        await appendAtLeader(client);
      });
    }));

  test('sends a checkpoint at 2^64 - 1 to a filtered subscription from the start of an empty log', () =>
    withServer({}, async ({ client }) => {
      const { log, checkpoints } = await checkpointsFromStart(client);
      expect(log).toEqual(['confirmation', 'checkpoint', 'caughtUp']);
      expect(checkpoints).toEqual([2n ** 64n - 1n]);
    }));

  test('sends a checkpoint at the place of the next event when 31 were left, and then that event', () =>
    withServer({}, async ({ client }) => {
      const first = await client.appendToStream('other', event());
      await client.appendToStream('stream', events(31));
      const places: { commit: bigint; prepare: bigint }[] = [];
      const checkpointReached = (_subscription: unknown, place: { commit: bigint; prepare: bigint }): void =>
        void places.push(place);
      const recorder = new Recorder<AllStreamResolvedEvent>();
      const { position: fromPosition } = first;
      if (fromPosition === undefined) throw new Error('The position is missing');
      const subscription = client.subscribeToAll({
        fromPosition,
        filter: streamNameFilter({ prefixes: ['stream'], checkpointReached }),
      });
      recorder.follow(subscription);
      await recorder.until('caughtUp');
      const { position } = await client.appendToStream('stream', event());
      await recorder.until('event', 32);
      expect(places[0]).toEqual({ commit: position?.commit, prepare: 0n });
      await subscription.unsubscribe();
    }));

  test('sends real checkpoints once the log has events', () =>
    withServer({}, async ({ client }) => {
      const { position } = await client.appendToStream('other', event());
      const { checkpoints } = await checkpointsFromStart(client);
      expect(checkpoints).toEqual([position?.commit]);
    }));
});
