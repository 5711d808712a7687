import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { incomingTopics } from '#messaging';
import { inParallel } from '#platform';
import type { BridgeSystem } from './bridge-system.ts';
import type { Subject } from './incoming-messages.ts';
import { planMessages } from './incoming-messages.ts';
import { caughtUp, publish } from './incoming.ts';
import type { Report } from './report.ts';

/** Messages a second through the bridge into the streams, beside what Kafka and the event store do by themselves. */
export async function measureSpeed(
  system: BridgeSystem,
  subjects: readonly Subject[],
  count: number,
  report: Report,
): Promise<void> {
  const plan = planMessages(randomUUID().slice(0, 8), subjects, count);
  // The bridge holds still while the messages are written, so that only its own work is measured.
  system.supervisor.signal('bridge', 'SIGSTOP');
  await publish(system, plan);
  const began = performance.now();
  system.supervisor.signal('bridge', 'SIGCONT');
  await caughtUp(system);
  const bridge = rate(count, began);
  const raw = await rawConsumption(system, count);
  const appends = await rawAppends(system, Math.min(count, 20_000));
  report.note(`bridge: ${bridge} messages/s from Kafka into the streams, ${count} messages`);
  report.note(`raw kafkajs consumption: ${raw} messages/s; raw appends, 96 in flight: ${appends} events/s`);
  const share = Math.round((100 * bridge) / appends);
  report.note(`the bridge is at ${share} % of raw appends`);
}

function rate(count: number, began: number): number {
  return Math.round((1_000 * count) / (performance.now() - began));
}

async function rawConsumption({ kafka }: BridgeSystem, count: number): Promise<number> {
  const consumer = kafka.consumer({ groupId: `raw-${randomUUID()}`, maxWaitTimeInMs: 500 });
  await consumer.connect();
  await consumer.subscribe({ topics: [...incomingTopics], fromBeginning: true });
  let seen = 0;
  let began = 0;
  const speed = await new Promise<number>((resolve) => {
    void consumer.run({
      partitionsConsumedConcurrently: 8,
      eachBatch: async ({ batch }) => {
        if (seen === 0) began = performance.now();
        seen += batch.messages.length;
        if (seen >= count) resolve(rate(seen, began));
        await sleep(0);
      },
    });
  });
  await consumer.disconnect();
  return speed;
}

async function rawAppends({ env }: BridgeSystem, count: number): Promise<number> {
  const client = EventStoreDBClient.connectionString(env['EVENTSTORE_URL'] ?? '');
  const data = { order_id: 'ORD1', status: 'step 1', tracking_id: 'T-1', note: 'x'.repeat(300) };
  const indexes = Array.from({ length: count }, (_, index) => index);
  const began = performance.now();
  await inParallel(indexes, 96, async (index) => {
    await client.appendToStream(`raw-${index % 2_000}`, [jsonEvent({ type: 'Raw', data, metadata: data })]);
  });
  const speed = rate(count, began);
  await client.dispose();
  return speed;
}
