import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { jsonEvent, persistentSubscriptionToStreamSettingsFromDefaults, START } from '@eventstore/db-client';
import { collect, events, waitUntil, Recorder } from '../contract/harness.ts';
import { runCrash } from '../acceptance/crash.ts';
import { runCommand, withClient, withEventStore } from '../acceptance/processes.ts';
import { withDirectory } from './stores.ts';

describe('the process', () => {
  test('exits with 0 after SIGTERM and ends open subscriptions with CANCELLED', async () => {
    await withDirectory((dir) =>
      withEventStore(dir, async (server) => {
        await withClient(server.url, async (client) => {
          await client.appendToStream('stream', events(3));
          const recorders = Array.from({ length: 10 }, () => new Recorder().follow(client.subscribeToAll()));
          await Promise.all(recorders.map((recorder) => recorder.until('caughtUp')));
          await server.kill('SIGTERM');
          expect(server.child.exitCode).toBe(0);
          for (const { error } of recorders) expect(error).toMatchObject({ type: 'cancelled' });
        });
      }),
    );
  });

  test('keeps all acknowledged events after SIGKILL under many writers', async () => {
    await withDirectory(async (dir) => {
      const measurements = await runCrash(dir, 3);
      expect(measurements.filter(({ ok }) => !ok)).toEqual([]);
    });
  });

  test('reads the maximum append size from EVENTSTORE_MAX_APPEND_SIZE', async () => {
    await withDirectory((dir) =>
      withEventStore(
        dir,
        async (server) => {
          await withClient(server.url, async (client) => {
            const event = jsonEvent({ type: 'Big', data: { text: 'x'.repeat(1_000) } });
            await expect(client.appendToStream('stream', event)).rejects.toMatchObject({
              maxAppendSize: 1_000,
            });
            await client.appendToStream('stream', events(1));
          });
          await server.kill('SIGTERM');
        },
        { EVENTSTORE_MAX_APPEND_SIZE: '1000' },
      ),
    );
  });

  test('is found by gossip discovery', async () => {
    await withDirectory((dir) =>
      withEventStore(dir, async (server) => {
        const discover = `esdb+discover://127.0.0.1:${server.port}?tls=false`;
        await withClient(discover, async (client) => {
          await client.appendToStream('stream', events(2));
          expect(await collect(client.readStream('stream'))).toHaveLength(2);
        });
        await server.kill('SIGTERM');
      }),
    );
  });

  test('keeps persistent subscriptions, checkpoints and parked messages after SIGKILL', async () => {
    await withDirectory(async (dir) => {
      const settings = persistentSubscriptionToStreamSettingsFromDefaults({
        startFrom: START,
        checkPointUpperBound: 1,
        checkPointLowerBound: 1,
      });
      await withEventStore(dir, (server) =>
        withClient(server.url, async (client) => {
          await client.appendToStream('stream', events(5));
          await client.createPersistentSubscriptionToStream('stream', 'group', settings);
          const subscription = client.subscribeToPersistentSubscriptionToStream('stream', 'group');
          subscription.on('data', (resolved) => {
            const parks = resolved.event?.revision === 1n;
            void (parks ? subscription.nack('park', '', resolved) : subscription.ack(resolved));
          });
          await waitUntil('a checkpoint', async () => {
            const { stats } = await client.getPersistentSubscriptionToStreamInfo('stream', 'group');
            return stats.lastCheckpointedEventRevision === 4n && stats.parkedMessageCount === 1n;
          });
        }),
      );
      await withEventStore(dir, (server) =>
        withClient(server.url, async (client) => {
          await client.appendToStream('stream', events(1));
          const subscription = client.subscribeToPersistentSubscriptionToStream('stream', 'group');
          const recorder = new Recorder().follow(subscription);
          subscription.on('data', (resolved) => void subscription.ack(resolved));
          await recorder.until('event');
          await client.replayParkedMessagesToStream('stream', 'group');
          await recorder.until('event', 2);
          expect(recorder.events.map(({ event }) => event?.revision)).toEqual([5n, 1n]);
          await subscription.unsubscribe();
        }),
      );
    });
  });

  test('prints errors in one line and exits', async () => {
    await withDirectory((dir) =>
      withEventStore(join(dir, 'a'), async (server) => {
        const taken = runCommand('--port', String(server.port), '--data', join(dir, 'b'));
        expect(taken).toMatchObject({ code: 1 });
        expect(taken.output).toBe(
          `event-store: Port ${server.port} is in use: stop the process that listens on it, or choose another --port\n`,
        );
        const locked = runCommand('--port', '0', '--data', join(dir, 'a'));
        expect(locked).toMatchObject({ code: 1 });
        expect(locked.output).toMatch(/^event-store: Another process is using .*\n$/);
        const unusable = runCommand('--port', '0', '--data', '/proc/x');
        expect(unusable).toMatchObject({ code: 1 });
        expect(unusable.output).toMatch(/^event-store: Cannot use the directory \/proc\/x: .*\n$/);
        expect(runCommand('--port', '0')).toMatchObject({ code: 2 });
        expect(runCommand('--port', 'x', '--data', dir)).toMatchObject({ code: 2 });
        expect(runCommand('--data', dir, '--mode', 'half')).toMatchObject({ code: 2 });
        await server.kill('SIGTERM');
      }),
    );
  });

  test('has the commands scavenge, verify and backup', async () => {
    await withDirectory(async (dir) => {
      const data = join(dir, 'data');
      const copy = join(dir, 'copy');
      await withEventStore(data, async (server) => {
        await withClient(server.url, (client) => client.appendToStream('stream', events(10)));
        expect(runCommand('backup', '--data', data, '--to', copy)).toMatchObject({ code: 0 });
        expect(runCommand('scavenge', '--data', data)).toMatchObject({ code: 1 });
      });
      expect(runCommand('scavenge', '--data', data)).toMatchObject({ code: 0 });
      expect(runCommand('verify', '--data', data).output).toMatch(/no faults/);
      expect(runCommand('verify', '--data', copy).output).toMatch(/checked 1\d events.*no faults/);
    });
  });
});
