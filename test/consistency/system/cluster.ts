import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { withBackingServices } from '#launcher';
import { sleep } from '#platform';
import { ownKeys } from '../../../tools/launcher/keys.ts';
import { freePorts } from '../../../tools/shared/free-ports.ts';
import { separateBackingServices } from '../../scenarios/separate-backing-services.ts';
import type { Node } from '../common/history.ts';
import type { AppName } from './apps.ts';
import { App } from './apps.ts';
import { Connections } from './connections.ts';
import { OwnEventStore } from './event-store.ts';
import { Escrow } from './escrow.ts';
import type { ManagedProcess } from './managed-process.ts';

export interface ClusterOptions {
  /** Processes of each app; more of them can join later. */
  readonly sizes: Readonly<Record<AppName, number>>;
  /** The folder with `dist/apps`. */
  readonly root: string;
  /** The folder of the processes' logs. */
  readonly logs: string;
  /** Whether the apps reach Kafka through proxies, like the other backing services. */
  readonly kafkaProxied?: boolean;
  /** Signals a shared backing service; by default none may be signalled. */
  readonly signalService?: (name: string, signal: NodeJS.Signals) => void;
}

/** An api node as seen by clients. */
export interface ApiNode {
  readonly name: string;
  readonly url: string;
  /** The current process of the node. */
  current(): Node;
}

export const agentLeaseMs = 2_000;
/** How long to wait for clients to switch to another node. */
const drainMs = 500;

/** The processes of one run: event store, apps, and a proxy for every connection between them. */
export class Cluster {
  readonly apps: App[] = [];
  readonly connections = new Connections();
  partitions = 4;
  /** Api nodes that clients must not use. */
  private readonly drained = new Set<App>();
  private readonly urls = new Map<string, string>();
  private readonly kafkaGroup = `consistency-${randomUUID()}`;
  readonly escrow: Escrow;
  /** The variables of the keys: all personal data is encrypted. */
  private readonly keys: Readonly<Record<string, string>>;

  constructor(
    readonly services: Readonly<Record<string, string>>,
    readonly store: OwnEventStore,
    private readonly dir: string,
    private readonly options: ClusterOptions,
  ) {
    this.keys = ownKeys(dir, {});
    this.escrow = new Escrow(this.keys);
  }

  /** Starts the processes and waits until each is ready. */
  async start(): Promise<void> {
    const sizes = Object.entries(this.options.sizes) as [AppName, number][];
    for (const app of sizes.flatMap(([name, size]) => Array.from({ length: size }, () => name)))
      await this.create(app);
    await Promise.all(this.apps.map(({ process }) => process.start()));
  }

  get apiNodes(): ApiNode[] {
    const nodes = this.running('api').filter((node) => !this.drained.has(node));
    return nodes.map(({ name, process }) => ({
      name,
      url: this.urls.get(name) ?? '',
      current: () => ({ name, incarnation: process.incarnation }),
    }));
  }

  /** The processes that can be killed or stopped, event store included. */
  get processes(): ManagedProcess[] {
    return [
      this.store.process,
      ...this.apps.map(({ process }) => process).filter(({ isRunning }) => isRunning),
    ];
  }

  get signalService(): ClusterOptions['signalService'] {
    return this.options.signalService;
  }

  running(app: AppName): App[] {
    return this.apps.filter((one) => one.app === app && one.process.isRunning);
  }

  /** Adds a process of an app without starting it. */
  async create(app: AppName): Promise<App> {
    const { services, connections, dir, options } = this;
    const number = this.apps.filter((one) => one.app === app).length + 1;
    const env = (): Record<string, string> => ({
      ...this.keys,
      PARTITIONS: String(this.partitions),
      KAFKA_GROUP: this.kafkaGroup,
      AGENT_LEASE_MS: String(agentLeaseMs),
      SHUTDOWN_GRACE_MS: '5000',
    });
    const [port = 0] = await freePorts(1);
    const { root, logs, kafkaProxied = false } = options;
    const apps = { root, logs, dir, services, connections, kafkaProxied, env };
    const created = await App.create(app, number, port, apps);
    if (app === 'api')
      this.urls.set(created.name, await connections.add(`clients>${created.name}`, created.address));
    this.apps.push(created);
    return created;
  }

  /**
   * Replaces the code of a process as in a rollout: clients use other nodes from before it stops until it is ready.
   */
  async rollOut(app: App, root: string): Promise<void> {
    this.drained.add(app);
    await sleep(drainMs);
    await app.replace(root);
    this.drained.delete(app);
  }

  /** Redis loses all data: all databases if it belongs to this run, otherwise the database of this run. */
  async flushRedis(): Promise<void> {
    const redis = new Redis(this.services['REDIS_URL'] ?? '', { maxRetriesPerRequest: 1 });
    redis.on('error', () => undefined);
    try {
      await (this.options.signalService ? redis.flushall() : redis.flushdb());
    } finally {
      redis.disconnect();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.apps.map(({ process }) => process.stop()));
    await this.connections.close();
  }
}

/** Runs a cluster with fresh data while `work` runs. Backing services named by the environment are shared. */
export async function withCluster<T>(
  options: ClusterOptions,
  work: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-consistency-'));
  const restore = await separateBackingServices();
  const store = new OwnEventStore(dir, options.logs, (await freePorts(1))[0] ?? 0);
  try {
    await store.process.start();
    process.env['EVENTSTORE_URL'] = store.url;
    return await withBackingServices(async ({ env }) => {
      const cluster = new Cluster(env, store, dir, options);
      try {
        await cluster.start();
        return await work(cluster);
      } finally {
        await cluster.stop();
      }
    });
  } finally {
    delete process.env['EVENTSTORE_URL'];
    await restore();
    await store.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
