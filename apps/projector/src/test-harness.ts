import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Session, SessionCommand } from '#domain';
import { contextOf } from '#domain';
import type { SessionCachePort } from '#sessions';
import { CommandExecutor, EventStore, readSession } from '#sessions';
import { createLogger, createRedis, Metrics, redisReady } from '#platform';
import { ContextProjection, ContextStore, RowsStore } from '#read-models';
import { PartitionLeaseStore } from '#partitions';
import {
  createDatabase,
  cuttable,
  emptyRedis,
  engine,
  rowsPool,
  startSession,
  turn,
} from '../../../libs/read-models/src/test-support.ts';
import { ProjectorMetrics } from './metrics.ts';
import { Projector } from './projector.ts';
import type { PartitionDependencies } from './partition-processor.ts';

export { rowsPool, startSession, turn };

const logger = createLogger('projector-spec', 'silent');

type Cuttable = Awaited<ReturnType<typeof cuttable>>;

export interface Instance {
  readonly projector: Projector;
  readonly slots: PartitionLeaseStore;
  readonly deps: PartitionDependencies;
  stop(): Promise<void>;
}

/** Engines of one spec: a database of its own, a Redis database of its own, the shared event store. */
export class World {
  private readonly kept = new Map<string, Session>();
  private readonly running: Instance[] = [];

  private constructor(
    readonly store: EventStore,
    readonly redis: Redis,
    readonly database: Awaited<ReturnType<typeof createDatabase>>,
    readonly redisWay: Cuttable,
    readonly postgresWay: Cuttable,
  ) {}

  static async create(redisDatabase: number): Promise<World> {
    const redis = await emptyRedis(redisDatabase);
    const database = await createDatabase();
    const address = new URL(engine('REDIS_URL'));
    address.pathname = `/${redisDatabase}`;
    const ways = await Promise.all([cuttable(address.toString()), cuttable(database.url)]);
    return new World(new EventStore(engine('EVENTSTORE_URL')), redis, database, ...ways);
  }

  get pool(): Pool {
    return this.database.pool;
  }

  async end(): Promise<void> {
    await this.stopAll();
    this.redisWay.cut();
    this.postgresWay.cut();
    await Promise.all([this.redis.quit(), this.database.drop(), this.store.dispose()]);
  }

  /** Empty read models again, with the slots at the end of the store. */
  async reset(): Promise<void> {
    await this.stopAll();
    await this.redis.flushdb();
    await this.pool.query(
      'TRUNCATE conversation_session, conversation_turn, projection_slot, projection_instance, projection_failure',
    );
    await this.slots('nobody').ensure(4);
    await this.pool.query('UPDATE projection_slot SET position = $1', [await this.store.head()]);
  }

  slots(name: string, pool = this.pool): PartitionLeaseStore {
    return new PartitionLeaseStore(pool, name, 3_000);
  }

  /** A projector with connections of its own. */
  async start(name = 'a'): Promise<Instance> {
    const instance = await this.instance(name);
    instance.projector.start();
    return instance;
  }

  /** The same, not started. */
  async instance(name: string): Promise<Instance> {
    const redis = createRedis(this.redisWay.url, { logger });
    await redisReady(redis);
    const pool = rowsPool(this.postgresWay.url);
    const contexts = new ContextStore(redis, { ttlSeconds: 3_600 });
    const metrics: ProjectorMetrics = new ProjectorMetrics(new Metrics('spec'), () => projector.status());
    const projection = new ContextProjection(this.store, contexts, {
      onRefold: () => metrics.refolds.inc(),
      onFailure: () => metrics.unfoldable.inc(),
    });
    const rows = new RowsStore(pool);
    const deps = { store: this.store, contexts, projection, rows, metrics, logger, owner: name };
    const slots = this.slots(name, pool);
    const projector = new Projector(deps, { slots, partitionCount: 4, heartbeatMs: 150 });
    redis.on('close', () => projector.redisLost());
    redis.on('ready', () => projector.redisBack());
    let stopping: Promise<void> | undefined;
    const end = async (): Promise<void> => {
      await projector.stop();
      redis.disconnect();
      await pool.end();
    };
    const instance = { projector, slots, deps, stop: () => (stopping ??= end()) };
    this.running.push(instance);
    return instance;
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.running.splice(0).map((instance) => instance.stop()));
  }

  /** Appends what commands decide. */
  async send(sessionId: string, ...commands: SessionCommand[]): Promise<void> {
    const id = randomUUID();
    const sessionCache: SessionCachePort = {
      load: async () => this.kept.get(sessionId),
      remember: (session) => void this.kept.set(sessionId, session),
      findCommand: async () => ({ revision: Number.MAX_SAFE_INTEGER }),
      restore: async () => undefined,
    };
    const actor = { role: 'agent', id: 'spec' } as const;
    await new CommandExecutor(this.store, sessionCache).execute({
      sessionId,
      commands,
      actor,
      commandIds: [id],
      body: { id },
    });
  }

  /** Appends an event as no program of ours would. */
  async append(sessionId: string, type: string, data: object): Promise<void> {
    const revision = (await readSession(this.store, sessionId))?.revision ?? -1;
    const event = { contentType: 'application/json', id: randomUUID(), type, data, metadata: {} } as const;
    await this.store.append(`session-${sessionId}`, [event as never], revision);
    this.kept.delete(sessionId);
  }

  async sessions(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => randomUUID());
    await Promise.all(ids.map((id) => this.send(id, startSession)));
    return ids;
  }

  /** Waits until rows and context of these sessions are what their streams say; how many they are. */
  async settled(ids: readonly string[]): Promise<number> {
    for (const id of ids) {
      await this.contextSettled(id);
      await this.rowsSettled(id);
    }
    return ids.length;
  }

  async contextSettled(id: string): Promise<void> {
    const contexts = new ContextStore(this.redis, { ttlSeconds: 60 });
    const session = await readSession(this.store, id);
    const wanted = session && JSON.stringify(contextOf(session));
    await until(async () => (await contexts.document(id))?.body === wanted, `context of ${id}`);
  }

  async rowsSettled(id: string): Promise<void> {
    const session = await readSession(this.store, id);
    const turns = session?.state.session.turn_count ?? 0;
    await until(async () => {
      const { rows } = await this.pool.query<{ revision: number; turns: number }>(
        `SELECT revision::int, (SELECT count(*)::int FROM conversation_turn WHERE session_id = $1) AS turns
         FROM conversation_session WHERE session_id = $1`,
        [id],
      );
      return rows[0]?.revision === session?.revision && rows[0]?.turns === turns;
    }, `rows of ${id}`);
  }

  /** All rows of these sessions. */
  async rows(ids: readonly string[]): Promise<unknown> {
    const { rows: sessions } = await this.pool.query(
      'SELECT * FROM conversation_session WHERE session_id = ANY ($1) ORDER BY session_id',
      [ids],
    );
    const { rows: turns } = await this.pool.query(
      'SELECT * FROM conversation_turn WHERE session_id = ANY ($1) ORDER BY session_id, revision',
      [ids],
    );
    return { sessions, turns };
  }
}

export async function until(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    if (await condition()) return;
    await sleep(20);
  }
  throw new Error(`Never came: ${what}`);
}
