import { join } from 'node:path';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { spawnEventStore, withClient } from './processes.ts';
import { exactly, measured, type Measurement } from './report.ts';
import { sampleEvent } from './workloads.ts';

interface LiveSize {
  readonly subscriptions: number;
  readonly events: number;
}

/** Many live subscriptions to one stream with 16 writers. */
export const runLive = async (dir: string, size: LiveSize): Promise<Measurement[]> => {
  const store = await spawnEventStore(join(dir, 'live'));
  try {
    return await withClient(store.url, async (client) => {
      const counters = Array.from({ length: size.subscriptions }, () => follow(client, size.events));
      await Promise.all(counters.map(({ caughtUp }) => caughtUp));
      const started = performance.now();
      let left = size.events;
      const writer = async (): Promise<void> => {
        while (left-- > 0) await client.appendToStream('live', sampleEvent());
      };
      await Promise.all(Array.from({ length: 16 }, writer));
      const complete = await Promise.all(counters.map(({ done }) => done));
      const seconds = (performance.now() - started) / 1000;
      return [
        exactly(
          `live subscriptions that got all ${size.events} events, in order`,
          complete.filter(Boolean).length,
          size.subscriptions,
        ),
        measured('events delivered/s', ((size.events * size.subscriptions) / seconds).toFixed(0)),
      ];
    });
  } finally {
    await store.kill('SIGTERM');
  }
};

const follow = (client: EventStoreDBClient, events: number) => {
  const subscription = client.subscribeToStream('live');
  const caughtUp = new Promise<void>((resolve) => void subscription.once('caughtUp', () => resolve()));
  const done = new Promise<boolean>((resolve) => {
    let next = 0n;
    subscription.on('data', ({ event }) => {
      if (event?.revision !== next) resolve(false);
      next++;
      if (next === BigInt(events)) resolve(true);
    });
    subscription.on('error', () => resolve(false));
    setTimeout(() => resolve(false), 120_000).unref();
  });
  return { caughtUp, done };
};
