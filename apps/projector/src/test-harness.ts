import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEventStore, type EventStore as EmbeddedStore } from '@turnstream/embedded-eventstore';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Session, SessionCommand } from '#domain';
import { contextOf } from '#domain';
import { PartitionLeaseStore } from '#partitions';
import type { DataKeys } from '#privacy';
import { createLogger, createRedis, HealthChecks, Metrics, redisReady, waitUntil } from '#platform';
import {
  connectionSettings,
  ContextProjection,
  ContextStore,
  listSetAside,
  RowsStore,
  SessionMemory,
} from '#read-models';
import type { SetAside } from '#read-models';
import type { SessionCachePort } from '#sessions';
import { CommandExecutor, EventCodec, EventStore, readSession, sessionStream } from '#sessions';
import type { TcpProxy } from '../../../libs/platform/src/testing/tcp-proxy.ts';
import { tcpProxy } from '../../../libs/platform/src/testing/tcp-proxy.ts';
import type { TestDatabase } from '../../../libs/read-models/src/test-support.ts';
import {
  createDatabase,
  emptyRedis,
  redisUrlOf,
  rowsPool,
  serviceUrl,
  startSession,
  turn,
} from '../../../libs/read-models/src/test-support.ts';
import { PartitionDependencies } from './common/dependencies.ts';
import { ProjectorMetrics } from './common/metrics.ts';
import { DriftMetrics } from './drift/metrics.ts';
import { Projector } from './projector.ts';
import type { Instance, InstanceOptions } from './test-instance.ts';
import { noDriftCheck } from './test-instance.ts';

export type { Instance };
export { rowsPool, startSession, turn };

const logger = createLogger('projector-test', 'silent');

let connections = 0;

/**
 * The backing services of one spec: its own database, Redis database and event store, since a projector sees every
 * session of its store. Programs that the spec starts use that store, too.
 */
export class ProjectorHarness {
  private readonly sessionCache = new Map<string, Session>();
  private readonly running: Instance[] = [];

  private constructor(
    private readonly embedded: EmbeddedStore,
    private readonly dir: string,
    readonly store: EventStore,
    readonly redis: Redis,
    readonly database: TestDatabase,
    readonly redisProxy: TcpProxy,
    readonly postgresProxy: TcpProxy,
  ) {}

  /** @param keys seals the events that the spec appends; without them events stay plain */
  static async create(keys?: DataKeys): Promise<ProjectorHarness> {
    const redis = await emptyRedis();
    const database = await createDatabase();
    const proxies = await Promise.all([tcpProxy(redisUrlOf(redis)), tcpProxy(database.url)]);
    const dir = await mkdtemp(join(tmpdir(), 'turnstream-projector-'));
    const embedded = await startEventStore({ dir });
    process.env['EVENTSTORE_URL'] = embedded.connectionString;
    const store = new EventStore(embedded.connectionString, new EventCodec(undefined, keys));
    return new ProjectorHarness(embedded, dir, store, redis, database, ...proxies);
  }

  get pool(): Pool {
    return this.database.pool;
  }

  async end(): Promise<void> {
    await this.stopAll();
    await Promise.all([this.redisProxy.cut(), this.postgresProxy.cut()]);
    await Promise.all([this.redis.quit(), this.database.drop(), this.store.dispose()]);
    await this.embedded.stop();
    await rm(this.dir, { recursive: true });
  }

  /** Empty read models, with the partitions at the end of the store. */
  async reset(): Promise<void> {
    await this.stopAll();
    await Promise.all([this.redisProxy.restore(), this.postgresProxy.restore()]);
    await this.redis.flushdb();
    await this.pool.query(
      `TRUNCATE conversation_session, conversation_turn, projection_slot, projection_instance, session_partitions,
         set_aside_session, projection_drift`,
    );
    await this.leases('nobody').ensure(4);
    await this.pool.query('UPDATE projection_slot SET position = $1', [await this.store.head()]);
  }

  leases(name: string, pool = this.pool, leaseMs = 3_000): PartitionLeaseStore {
    return new PartitionLeaseStore(pool, name, leaseMs);
  }

  async start(options: InstanceOptions = {}): Promise<Instance> {
    const instance = await this.instance(options);
    await instance.projector.onApplicationBootstrap();
    return instance;
  }

  /** The same, without starting it. */
  async instance({
    name = 'a',
    setAsidePerMinute = 100,
    stalledAfterS = 60,
    codec,
    role,
    keys,
    textSearch = 'off',
    drift,
    leaseMs = 3_000,
    queueBytes = 2 ** 23,
  }: InstanceOptions = {}): Promise<Instance> {
    const redis = createRedis(this.redisProxy.url, { logger });
    await redisReady(redis);
    const settings = role === undefined ? connectionSettings : `${connectionSettings}; SET ROLE ${role}`;
    const pool = rowsPool(this.postgresProxy.url, settings);
    // Clients with equal options share one connection in this process, which has 100 streams.
    connections += 1;
    const address = `${serviceUrl('EVENTSTORE_URL')}&keepAliveInterval=${10_000 + connections}`;
    const store = new EventStore(address, codec);
    const metrics = new Metrics('test');
    const rebuilt: string[] = [];
    const projectorMetrics = new ProjectorMetrics(metrics);
    const contexts = new ContextStore(redis, {}, undefined, undefined, keys);
    const leases = this.leases(name, pool, leaseMs);
    const deps = new PartitionDependencies(
      store,
      contexts,
      new ContextProjection(store, contexts, {
        sessions: new SessionMemory(2 ** 24),
        onRebuild: (id) => rebuilt.push(id),
      }),
      new RowsStore(pool, { keys, textSearch }),
      pool,
      leases,
      projectorMetrics,
      {
        instance: name,
        partitions: 4,
        leaseMs,
        heartbeatMs: 150,
        setAsidePerMinute,
        stalledAfterS,
        queueBytes,
      },
      logger,
      { scope: textSearch },
      keys,
    );
    const health = new HealthChecks({ cacheMs: 0 });
    const driftConfig = { ...noDriftCheck, ...drift };
    const projector = new Projector(deps, redis, health, driftConfig, new DriftMetrics(metrics));
    let stopping: Promise<void> | undefined;
    const end = async (): Promise<void> => {
      await projector.beforeApplicationShutdown();
      redis.disconnect();
      await Promise.all([pool.end(), store.dispose()]);
    };
    const instance = { projector, leases, deps, health, metrics, rebuilt, stop: () => (stopping ??= end()) };
    this.running.push(instance);
    return instance;
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.running.splice(0).map((instance) => instance.stop()));
  }

  /** Decides commands and appends their events. */
  async send(sessionId: string, ...commands: SessionCommand[]): Promise<void> {
    const id = randomUUID();
    const sessionCache: SessionCachePort = {
      load: async () => this.sessionCache.get(sessionId),
      remember: (session) => void this.sessionCache.set(sessionId, session),
      forget: async () => void this.sessionCache.delete(sessionId),
      findCommand: async () => ({ revision: Number.MAX_SAFE_INTEGER }),
    };
    const actor = { role: 'agent', id: 'test' } as const;
    await new CommandExecutor(this.store, sessionCache).execute({
      sessionId,
      commands,
      actor,
      commandIds: [id],
      body: { id },
    });
  }

  /** Drops the cached session on which the next commands would be decided. */
  forget(sessionId: string): void {
    this.sessionCache.delete(sessionId);
  }

  /** Appends an event that Turnstream would never write; returns its revision. */
  async append(sessionId: string, type: string, data: object, metadata: object = {}): Promise<number> {
    const last = await this.store.readLast(sessionStream(sessionId));
    const revision = last === undefined ? -1 : Number(last.revision);
    const event = new EventCodec().encode({ event_id: randomUUID(), type, data, metadata });
    await this.store.append(sessionStream(sessionId), [event], revision);
    this.sessionCache.delete(sessionId);
    return revision + 1;
  }

  /** Appends many events at once that Turnstream would never write. */
  async appendMany(sessionId: string, count: number): Promise<void> {
    const last = await this.store.readLast(sessionStream(sessionId));
    const data = { flag: 'many', value: true };
    const events = Array.from({ length: count }, () =>
      new EventCodec().encode({ event_id: randomUUID(), type: 'FlagRaised', data, metadata: {} }),
    );
    await this.store.append(sessionStream(sessionId), events, Number(last?.revision ?? -1));
    this.sessionCache.delete(sessionId);
  }

  async sessions(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => randomUUID());
    await Promise.all(ids.map((id) => this.send(id, startSession)));
    return ids;
  }

  /** Waits until rows and context of these sessions match their streams; resolves to their number. */
  async settled(ids: readonly string[]): Promise<number> {
    for (const id of ids) {
      await this.contextSettled(id);
      await this.rowsSettled(id);
    }
    return ids.length;
  }

  /** An append without an answer may still be recorded, so the stream is read each time. */
  async contextSettled(id: string): Promise<void> {
    const contexts = new ContextStore(this.redis);
    const isWanted = async (): Promise<boolean> => {
      const session = await readSession(this.store, id);
      return (await contexts.document(id))?.body === (session && JSON.stringify(contextOf(session)));
    };
    await waitUntil(isWanted, { what: `the context of ${id}` });
  }

  async rowsSettled(id: string): Promise<void> {
    const isWanted = async (): Promise<boolean> => {
      const session = await readSession(this.store, id);
      const { rows } = await this.pool.query<{ revision: number; turns: number }>(
        `SELECT revision::int, (SELECT count(*)::int FROM conversation_turn WHERE session_id = $1) AS turns
         FROM conversation_session WHERE session_id = $1`,
        [id],
      );
      return (
        rows[0]?.revision === session?.revision && rows[0]?.turns === (session?.state.session.turn_count ?? 0)
      );
    };
    await waitUntil(isWanted, { what: `the rows of ${id}` });
  }

  /** Waits until a session is set aside. */
  async setAside(id: string): Promise<SetAside> {
    let found: SetAside | undefined;
    await waitUntil(
      async () => {
        found = (await listSetAside(this.pool)).find(({ session_id }) => session_id === id);
        return found !== undefined;
      },
      { what: `session ${id} to be set aside` },
    );
    if (found === undefined) throw new Error('not set aside');
    return found;
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
