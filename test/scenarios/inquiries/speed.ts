import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { loadDeclarations } from '#declarations';
import { inParallel, withTimeout } from '#platform';
import type { ConnectedSystem } from '../clients.ts';
import { publish, waitUntilCommitted } from './incoming.ts';
import type { Subject } from './messages.ts';
import { planMessages } from './messages.ts';

/** Messages or events per second. */
interface BridgeSpeed {
  readonly bridge: number;
  readonly rawConsumption: number;
  readonly rawAppends: number;
}

/** Messages through the bridge into the streams, beside Kafka and the event store alone. */
export async function measureBridgeSpeed(
  system: ConnectedSystem,
  subjects: readonly Subject[],
  count: number,
): Promise<BridgeSpeed> {
  const plan = planMessages(randomUUID().slice(0, 8), subjects, count);
  // The bridge is suspended while the messages are written, so that only its own work is measured.
  system.signal('bridge', 'SIGSTOP');
  try {
    await publish(system, plan);
  } finally {
    system.signal('bridge', 'SIGCONT');
  }
  const start = performance.now();
  await waitUntilCommitted(system);
  const bridge = perSecond(count, start);
  return {
    bridge,
    rawConsumption: await rawConsumption(system, count),
    rawAppends: await rawAppends(system, Math.min(count, 20_000)),
  };
}

function perSecond(count: number, start: number): number {
  return Math.round((1_000 * count) / (performance.now() - start));
}

async function rawConsumption({ kafka }: ConnectedSystem, count: number): Promise<number> {
  const consumer = kafka.consumer({ groupId: `raw-${randomUUID()}`, maxWaitTimeInMs: 500 });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...loadDeclarations({}).names.incoming], fromBeginning: true });
    let [seen, start] = [0, 0];
    const consumed = new Promise<number>((resolve, reject) => {
      const running = consumer.run({
        partitionsConsumedConcurrently: 8,
        eachBatch: async ({ batch }) => {
          if (seen === 0) start = performance.now();
          seen += batch.messages.length;
          if (seen >= count) resolve(perSecond(seen, start));
        },
      });
      running.catch(reject);
    });
    return await withTimeout(consumed, 300_000, () => new Error('Timed out consuming the messages.'));
  } finally {
    await consumer.disconnect();
  }
}

async function rawAppends({ env }: ConnectedSystem, count: number): Promise<number> {
  const client = EventStoreDBClient.connectionString(env['EVENTSTORE_URL'] ?? '');
  const data = { order_id: 'ORD1', status: 'step 1', tracking_id: 'T-1', note: 'x'.repeat(300) };
  try {
    const start = performance.now();
    await inParallel(Array(count).keys(), 96, async (index) => {
      await client.appendToStream(`raw-${index % 2_000}`, [jsonEvent({ type: 'Raw', data, metadata: data })]);
    });
    return perSecond(count, start);
  } finally {
    await client.dispose();
  }
}
