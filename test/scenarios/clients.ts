import { randomUUID } from 'node:crypto';
import type { TurnstreamOptions } from '@turnstream/sdk';
import { Turnstream } from '@turnstream/sdk';
import type { Admin, Kafka } from 'kafkajs';
import { Pool } from 'pg';
import type { RecordedEvent } from '#domain';
import type { EventStore } from '#sessions';
import { subscribeToSessions } from '#sessions';
import { kafkaOf } from '../../tools/shared/kafka.ts';
import { openStore } from './open-store.ts';
import type { System } from './system.ts';

/** A system with clients for its first api node and for its backing services. */
export interface ConnectedSystem extends System {
  readonly turnstream: Turnstream;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly store: EventStore;
  readonly pool: Pool;
  /** Distinguishes this system's orders and partners from others on a shared Kafka. */
  readonly run: string;
}

/** Connects to a system while `work` runs. */
export async function withClients<T>(
  system: System,
  work: (connected: ConnectedSystem) => Promise<T>,
): Promise<T> {
  const { KAFKA_BROKERS, DATABASE_URL } = system.env;
  const kafka = kafkaOf('turnstream-scenario', KAFKA_BROKERS);
  const admin = kafka.admin();
  const { store, close } = openStore({ ...process.env, ...system.env });
  const pool = new Pool({ connectionString: DATABASE_URL, max: 4 });
  pool.on('error', () => undefined);
  const run = randomUUID().slice(0, 8);
  try {
    await admin.connect();
    return await withTurnstream({ url: system.apis[0] }, (turnstream) =>
      work({ ...system, turnstream, kafka, admin, store, pool, run }),
    );
  } finally {
    await Promise.all([admin.disconnect(), close(), pool.end()]);
  }
}

/** Generous limits: on a slow machine a scenario takes longer, but does not fail. */
export const clientOptions = { agentId: 'scenario', timeoutMs: 60_000, retryForMs: 120_000 } as const;

/** An SDK client while `work` runs. */
export async function withTurnstream<T>(
  options: TurnstreamOptions,
  work: (turnstream: Turnstream) => Promise<T>,
): Promise<T> {
  const turnstream = new Turnstream({ ...clientOptions, ...options });
  try {
    return await work(turnstream);
  } finally {
    await turnstream.close();
  }
}

/** All events of sessions in the store, in order; optionally only of these types. */
export async function allEvents(
  store: EventStore,
  types?: readonly string[],
): Promise<{ session_id: string; event: RecordedEvent }[]> {
  const stop = new AbortController();
  const events: { session_id: string; event: RecordedEvent }[] = [];
  const which = types ? { types } : { prefixes: ['session-'] };
  const deliveries = subscribeToSessions(store, { ...which, after: 'start', signal: stop.signal });
  for await (const delivery of deliveries) {
    if (delivery.kind === 'event') events.push({ session_id: delivery.session_id, event: delivery.event });
    if (delivery.kind === 'caught_up') stop.abort();
  }
  return events;
}
