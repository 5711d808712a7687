import { randomUUID } from 'node:crypto';
import { Turnstream } from '@turnstream/sdk';
import type { Session } from '@turnstream/sdk';
import { contextOf } from '#domain';
import { createLogger, createRedis, redisReady, sleep, waitUntil } from '#platform';
import { ContextStore } from '#read-models';
import { readEvents, readSession } from '#sessions';
import { authorization } from '../../../tools/shared/token.ts';
import { Instance } from '../agents/instance.ts';
import { recordUpdate } from '../agents/updates.ts';
import type { ConnectedSystem } from '../clients.ts';
import { clientOptions, withClients } from '../clients.ts';
import type { RedisCluster } from '../redis-nodes.ts';
import { withRedisCluster } from '../redis-nodes.ts';
import { withOwnSystem } from '../system.ts';

export interface MastersKilledSize {
  readonly instances: number;
  readonly sessions: number;
  /** How many masters are killed, one after the other. */
  readonly rounds: number;
}

export interface MastersKilled {
  /** Commands that were acknowledged. */
  readonly acknowledged: number;
  /** `session/revision` of acknowledged commands that are missing in the streams. */
  readonly lost: readonly string[];
  /** Sessions whose context never matches the fold of the stream. */
  readonly wrongContexts: readonly string[];
  /** Sessions with another owner, or a new epoch of the same one. */
  readonly moved: readonly string[];
  /** `session/revision` of updates that no instance received, or that one received more than once. */
  readonly undelivered: readonly string[];
  readonly deliveredTwice: readonly string[];
  /** From the kill until another master had its slots, in milliseconds. */
  readonly slowestFailoverMs: number;
}

/** A whole system on its own Redis Cluster while `work` runs. */
export function withClusteredSystem<T>(
  work: (system: ConnectedSystem, cluster: RedisCluster) => Promise<T>,
): Promise<T> {
  return withRedisCluster((cluster) =>
    withOwnSystem((own) => withClients(own, (system) => work(system, cluster)), {
      REDIS_URL: cluster.url,
      AGENT_LEASE_MS: '5000',
    }),
  );
}

/** Kills masters of a cluster with -9 while all sessions receive updates; each comes back as a replica. */
export async function killMasters(
  system: ConnectedSystem,
  cluster: RedisCluster,
  size: MastersKilledSize,
  onProgress: (text: string) => void = () => undefined,
): Promise<MastersKilled> {
  const run = new Run(system, cluster);
  try {
    return await run.run(size, onProgress);
  } finally {
    await run.close();
  }
}

/** How long the load of each session continues after a failover (ms). */
const afterMs = 2_000;
const pauseMs = 100;

class Run {
  private readonly pool = `pool-${randomUUID().slice(0, 8)}`;
  private readonly instances: Instance[] = [];
  private readonly clients: readonly Turnstream[];
  private readonly ids: string[] = [];
  /** The revisions of acknowledged updates of each session. */
  private readonly acknowledged = new Map<string, number[]>();
  private readonly stopping = new AbortController();
  private slowestFailoverMs = 0;

  constructor(
    private readonly system: ConnectedSystem,
    private readonly cluster: RedisCluster,
  ) {
    this.clients = system.apis.map((url) => new Turnstream({ ...clientOptions, url }));
  }

  async run(
    { instances, sessions, rounds }: MastersKilledSize,
    onProgress: (text: string) => void,
  ): Promise<MastersKilled> {
    for (let n = 0; n < instances; n += 1)
      this.instances.push(await Instance.start(this.system.apis, this.pool));
    for (let n = 0; n < sessions; n += 1) {
      const { id } = await this.client(n).startSession({
        partner_id: `P-${randomUUID()}`,
        channel: 'whatsapp',
      });
      this.ids.push(id);
      await this.instances[n % instances]?.attach(id);
    }
    const before = await this.owners();
    const load = Promise.all(this.ids.map((id, n) => this.update(id, this.client(n).session(id))));
    for (let round = 0; round < rounds; round += 1) {
      const key = round === 0 ? `agents:{${this.pool}}` : `ctx:{${this.ids[round % sessions]}}`;
      await this.failOver(key);
      onProgress(`${round + 1} masters killed`);
    }
    this.stopping.abort();
    await load;
    const delivery = await this.delivery();
    const after = await this.owners();
    return {
      acknowledged: [...this.acknowledged.values()].flat().length,
      lost: await this.lost(),
      wrongContexts: await this.wrongContexts(),
      moved: this.ids.filter((id) => before.get(id) !== after.get(id)),
      ...delivery,
      slowestFailoverMs: this.slowestFailoverMs,
    };
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.instances.map((instance) => instance.kill()));
    await Promise.all(this.clients.map((client) => client.close()));
  }

  private client(n: number): Turnstream {
    return this.clients[n % this.clients.length] as Turnstream;
  }

  private async update(id: string, session: Session): Promise<void> {
    const revisions: number[] = [];
    this.acknowledged.set(id, revisions);
    while (!this.stopping.signal.aborted) {
      revisions.push((await recordUpdate(session)).revision);
      await sleep(pauseMs, this.stopping.signal);
    }
  }

  private async failOver(key: string): Promise<void> {
    const port = await this.cluster.replaceableMasterOf(key);
    const begun = performance.now();
    await this.cluster.kill(port);
    const isReplaced = async (): Promise<boolean> => (await this.cluster.masterOf(key)) !== port;
    await waitUntil(isReplaced, { what: 'another master', everyMs: 50 });
    this.slowestFailoverMs = Math.max(this.slowestFailoverMs, performance.now() - begun);
    await sleep(afterMs);
    await this.cluster.restart(port);
  }

  /** Instance and epoch of each session. */
  private async owners(): Promise<ReadonlyMap<string, string>> {
    const pairs = this.ids.map(async (id) => {
      const url = `${this.system.apis[0]}/v1/sessions/${id}/agent`;
      const answer = await fetch(url, { headers: authorization() });
      const { instance, epoch } = (await answer.json()) as { instance: string | null; epoch: number };
      return [id, `${instance} ${epoch}`] as const;
    });
    return new Map(await Promise.all(pairs));
  }

  private async lost(): Promise<string[]> {
    const lost: string[] = [];
    for (const [id, revisions] of this.acknowledged) {
      const events = await Array.fromAsync(readEvents(this.system.store, id));
      const found = new Set(
        events.filter(({ type }) => type === 'ExternalUpdateRecorded').map(({ revision }) => revision),
      );
      lost.push(
        ...revisions.filter((revision) => !found.has(revision)).map((revision) => `${id}/${revision}`),
      );
    }
    return lost;
  }

  /** Contexts that stay wrong are a result of the scenario, not an error. */
  private async wrongContexts(): Promise<string[]> {
    const redis = createRedis(this.cluster.url, { logger: createLogger('scenario', 'silent') });
    try {
      await redisReady(redis);
      const contexts = new ContextStore(redis);
      const isRight = async (id: string): Promise<boolean> => {
        const session = await readSession(this.system.store, id);
        return (await contexts.document(id))?.body === (session && JSON.stringify(contextOf(session)));
      };
      const areRight = async (): Promise<boolean> =>
        (await Promise.all(this.ids.map(isRight))).every(Boolean);
      await waitUntil(areRight, { what: 'the contexts', everyMs: 200 }).catch(() => undefined);
      const checked = await Promise.all(this.ids.map(async (id) => ((await isRight(id)) ? [] : [id])));
      return checked.flat();
    } finally {
      redis.disconnect();
    }
  }

  private async delivery(): Promise<Pick<MastersKilled, 'undelivered' | 'deliveredTwice'>> {
    const wanted = [...this.acknowledged].flatMap(([id, revisions]) => revisions.map((at) => `${id}/${at}`));
    const handled = (): string[] =>
      this.instances.flatMap((instance) =>
        instance.handled.map(({ session_id, revision }) => `${session_id}/${revision}`),
      );
    const missing = (): string[] => {
      const found = new Set(handled());
      return wanted.filter((place) => !found.has(place));
    };
    await waitUntil(() => missing().length === 0, { what: 'every update' }).catch(() => undefined);
    const counts = Map.groupBy(handled(), (place) => place);
    const twice = [...counts].filter(([, places]) => places.length > 1).map(([place]) => place);
    return { undelivered: missing(), deliveredTwice: twice };
  }
}
