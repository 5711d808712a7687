import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import { Pool } from 'pg';
import type { RecordedEvent } from '#domain';
import { EventStore, subscribeToSessions } from '#sessions';
import { kafkaOf } from '../../tools/shared/kafka.ts';
import type { System } from './system.ts';

/** A system with what a proof of the bridge needs to look into it. */
export interface BridgeSystem extends System {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly store: EventStore;
  readonly pool: Pool;
  readonly groupId: string;
}

/** Opens the engines of a system for as long as `fn` runs. */
export async function lookInto<T>(
  system: System,
  groupId: string,
  fn: (system: BridgeSystem) => Promise<T>,
): Promise<T> {
  const { KAFKA_BROKERS, EVENTSTORE_URL = '', DATABASE_URL } = system.env;
  const kafka = kafkaOf('turnstream-proof', KAFKA_BROKERS);
  const admin = kafka.admin();
  const store = new EventStore(EVENTSTORE_URL);
  const pool = new Pool({ connectionString: DATABASE_URL, max: 4 });
  pool.on('error', () => undefined);
  await admin.connect();
  try {
    return await fn({ ...system, kafka, admin, store, pool, groupId });
  } finally {
    await Promise.all([admin.disconnect(), store.dispose(), pool.end()]);
  }
}

/** Another bridge process beside the system's own. */
export async function startBridge({
  env,
  groupId,
}: BridgeSystem): Promise<{ kill(signal: NodeJS.Signals): Promise<void> }> {
  const port = await freePort();
  const more = { PORT: String(port), KAFKA_GROUP: groupId, LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, ['dist/apps/bridge/main.js'], {
    env: { ...process.env, ...env, ...more },
    stdio: 'ignore',
  });
  const end = (): boolean => child.kill('SIGKILL');
  process.once('exit', end);
  await until('the second bridge has its share of the slots', 30_000, async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
    if (answer?.ok !== true) return false;
    const { details } = (await answer.json()) as { details?: { bridge?: { slots?: readonly number[] } } };
    return (details?.bridge?.slots?.length ?? 0) > 0;
  });
  return {
    kill: async (signal) => {
      process.off('exit', end);
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

/** Waits until something holds; fails with what was waited for. */
export async function until(
  what: string,
  ms: number,
  holds: () => Promise<boolean>,
  everyMs = 100,
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited ${ms / 1_000} s in vain until ${what}.`);
    await sleep(everyMs);
  }
}

/** Messages that a consumer group has not yet committed. A client of its own: an old one may not find Kafka again. */
export async function lagOf(kafka: Kafka, groupId: string, topics: readonly string[]): Promise<bigint> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
    let lag = 0n;
    for (const { topic, partitions } of committed) {
      for (const { partition, high, low } of await admin.fetchTopicOffsets(topic)) {
        const offset = BigInt(partitions.find((item) => item.partition === partition)?.offset ?? -1);
        lag += BigInt(high) - (offset < 0n ? BigInt(low) : offset);
      }
    }
    return lag;
  } finally {
    await admin.disconnect();
  }
}

/** All events of sessions that the store holds, in its order; of these types only, if some are given. */
export async function allEvents(
  store: EventStore,
  types?: readonly string[],
): Promise<{ session_id: string; event: RecordedEvent }[]> {
  const stop = new AbortController();
  const events: { session_id: string; event: RecordedEvent }[] = [];
  const which = types ? { types } : { prefixes: ['session-'] };
  for await (const delivery of subscribeToSessions(store, {
    ...which,
    after: 'start',
    signal: stop.signal,
  })) {
    if (delivery.kind === 'event') events.push({ session_id: delivery.session_id, event: delivery.event });
    if (delivery.kind === 'caught_up') stop.abort();
  }
  return events;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
