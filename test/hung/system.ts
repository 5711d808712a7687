import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent } from '@turnstream/sdk';
import { connectAgent, Turnstream } from '@turnstream/sdk';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { waitUntil } from '#platform';
import { EventStore } from '#sessions';
import { kafkaOf } from '../../tools/shared/kafka.ts';
import type { App } from '../consistency/system/apps.ts';
import type { Cluster } from '../consistency/system/cluster.ts';
import { withCluster } from '../consistency/system/cluster.ts';

/** A conversation and its order. */
export interface Subject {
  readonly session_id: string;
  readonly order_id: string;
}

/** One process of each app behind proxies, an agent that owns a session, and clients that bypass the proxies. */
export interface HungSystem {
  readonly cluster: Cluster;
  readonly apps: readonly App[];
  readonly url: string;
  /** The conversation that the agent owns. */
  readonly owned: Subject;
  /** Another conversation. */
  readonly other: Subject;
  /** The revisions that the agent has handled. */
  readonly handled: ReadonlySet<number>;
  readonly store: EventStore;
  readonly pool: Pool;
  readonly redis: Redis;
  /** Sends a message of the order system to Kafka; resolves to its id. */
  publish(subject: Subject): Promise<string>;
}

/**
 * Runs a system whose backing services can be hung while `work` runs.
 * @param root the folder with `dist/apps`
 */
export async function withHungSystem<T>(
  work: (system: HungSystem) => Promise<T>,
  root = process.cwd(),
): Promise<T> {
  const logs = process.env['HUNG_LOGS'] ?? mkdtempSync(join(tmpdir(), 'turnstream-hung-'));
  const sizes = { api: 1, projector: 1, bridge: 1 };
  try {
    return await withCluster({ sizes, root, logs, kafkaProxied: true }, (cluster) =>
      connected(cluster, work),
    );
  } finally {
    if (process.env['HUNG_LOGS'] === undefined) rmSync(logs, { recursive: true, force: true });
  }
}

async function connected<T>(cluster: Cluster, work: (system: HungSystem) => Promise<T>): Promise<T> {
  const { KAFKA_BROKERS, EVENTSTORE_URL = '', DATABASE_URL, REDIS_URL = '' } = cluster.services;
  const url = cluster.apiNodes[0]?.url ?? '';
  const store = new EventStore(EVENTSTORE_URL);
  const pool = new Pool({ connectionString: DATABASE_URL, max: 2 });
  pool.on('error', () => undefined);
  const redis = new Redis(REDIS_URL);
  const producer = kafkaOf('turnstream-hung', KAFKA_BROKERS).producer();
  const turnstream = new Turnstream({ url, agentId: 'hung' });
  let agent: Agent | undefined;
  try {
    await producer.connect();
    const [owned, other] = [await startSubject(turnstream), await startSubject(turnstream)];
    const handled = new Set<number>();
    agent = await connectAgent({
      url,
      pool: `hung-${randomUUID()}`,
      drainOnSigterm: false,
      // Also called for its session when it comes back by a takeover.
      onUpdate: ({ revision }) => void handled.add(revision),
    });
    await agent.attach(owned.session_id);
    const publish = async ({ order_id }: Subject): Promise<string> => {
      const event = orderUpdated(order_id);
      const messages = [{ key: order_id, value: JSON.stringify(event) }];
      await producer.send({ topic: 'orders.events', messages });
      return `${event.source}/${event.id}`;
    };
    const apps = [...cluster.running('api'), ...cluster.running('projector'), ...cluster.running('bridge')];
    await waitUntil(() => hasRows(pool, [owned, other]), { what: 'the rows' });
    return await work({ cluster, apps, url, owned, other, handled, store, pool, redis, publish });
  } finally {
    await agent?.close({ drain: false });
    redis.disconnect();
    await Promise.all([turnstream.close(), producer.disconnect(), store.dispose(), pool.end()]);
  }
}

async function startSubject(turnstream: Turnstream): Promise<Subject> {
  const order_id = `HUNG-${randomUUID()}`;
  const session = await turnstream.startSession({ partner_id: `P-${order_id}`, channel: 'whatsapp' });
  const entities = { extracted_entities: { order_id } };
  await session.recordTurn({ sender: 'user', message_text: `Where is ${order_id}?`, ...entities });
  return { session_id: session.id, order_id };
}

async function hasRows(pool: Pool, subjects: readonly Subject[]): Promise<boolean> {
  const { rows } = await pool.query<{ count: number }>(
    'SELECT count(DISTINCT session_id)::int AS count FROM reference_index WHERE session_id = ANY ($1)',
    [subjects.map(({ session_id }) => session_id)],
  );
  return rows[0]?.count === subjects.length;
}

function orderUpdated(order_id: string) {
  const data = { order_id, status: 'out_for_delivery' };
  return { specversion: '1.0', id: randomUUID(), source: '/hung', type: 'orders.order_updated.v1', data };
}
