import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { ApiNode } from '../common/api-node.ts';
import { Pools } from './pools.ts';
import { keyOf, ScriptRunner } from './script-runner.ts';
import * as scripts from './scripts.ts';

/** An instance as registered by its connection. */
export interface Member {
  readonly instance: string;
  readonly pool: string;
  readonly capacity: number;
  /** Names the connection: a later connection of the instance supersedes this one. */
  readonly conn: string;
  /** Grows with each of its connections. */
  readonly attempt: number;
}

/** A session and its owner's epoch, as the registry has them. */
export interface OwnedSession {
  readonly session_id: string;
  readonly epoch: number;
}

/** A waiting session and its former owner. */
export interface WaitingSession extends OwnedSession {
  readonly instance: string;
}

interface MovedSessions {
  /** False when a part of the registry was lost. */
  complete: boolean;
  /** The sessions that wait from now on. */
  readonly waiting: WaitingSession[];
  /** Errors of individual pools. */
  readonly failures: Error[];
}

interface SessionView {
  readonly instance: string | null;
  readonly epoch: number;
  readonly pool: string;
  readonly node: string | null;
}

/**
 * The result of registering a session's owner. 'replaced': another instance owns it, or is about to; 'unknown': the
 * instance is not registered. If the instance drains, the session was 'given' to another one, or is 'waiting' for
 * one.
 */
export type RegisteredOwner = 'owner' | 'replaced' | 'unknown' | 'given' | 'waiting';
const registeredOwners = new Map<unknown, RegisteredOwner>([
  [0, 'replaced'],
  [1, 'owner'],
  [2, 'given'],
  [3, 'waiting'],
]);

/** How long the registry remembers the pool of an instance (ms). */
const poolOfMs = 86_400_000;
const poolOf = (instance: string): string => `agents:pool-of:${instance}`;
/** The leases of nodes that predate the split of the registry by pool. */
const earlierLeases = 'agents:lease';

/**
 * Which instance is connected where and owns which session: a cache of the streams in Redis, which may be lost,
 * completely or in part. The scripts arbitrate between nodes; the stream is authoritative.
 */
@Injectable()
export class Registry {
  private readonly scripts: ScriptRunner;
  private readonly pools: Pools;

  constructor(
    private readonly redis: Redis,
    private readonly node: ApiNode,
  ) {
    this.scripts = new ScriptRunner(redis);
    this.pools = new Pools(redis);
  }

  async poolNames(): Promise<string[]> {
    return (await this.pools.list()).pools;
  }

  /**
   * Registers an instance, replacing an older connection of it; resolves to the sessions that it owns, or to the
   * attempt of a newer connection.
   */
  async register(member: Member, leaseMs: number, draining: boolean): Promise<OwnedSession[] | number> {
    const { instance, pool, capacity, conn, attempt } = member;
    const moved = await this.leaveEarlierPool(member);
    if (typeof moved === 'number') return moved;
    const isNew = await this.pools.add(pool);
    const args = [
      instance,
      this.node.name,
      conn,
      capacity,
      leaseMs,
      attempt,
      Number(draining),
      Number(isNew),
    ];
    const owned = await this.scripts.run(scripts.registerScript, pool, args);
    if (typeof owned === 'number') return owned;
    // The instance is registered. These keys may be on masters that its pool does not need.
    await Promise.allSettled([
      this.redis.set(poolOf(instance), pool, 'PX', poolOfMs),
      // Nodes that predate the split must not consider the instance gone.
      this.redis.zrem(earlierLeases, instance),
    ]);
    return [...moved, ...pairs(owned)];
  }

  /** Renews leases. Returns for each how many sessions the instance owns; -1: not known; -2: superseded. */
  async renew(leases: readonly { member: Member; leftMs: number }[]): Promise<number[]> {
    const byPool = [...Map.groupBy(leases, ({ member }) => member.pool)];
    const counts = new Map<string, number>();
    await Promise.all(
      byPool.map(async ([pool, ofPool]) => {
        const args = ofPool.flatMap(({ member, leftMs }) => [member.instance, member.conn, leftMs]);
        const reply = (await this.scripts.run(scripts.renewScript, pool, args)) as number[];
        for (const [index, { member }] of ofPool.entries()) counts.set(member.conn, reply[index] ?? -1);
      }),
    );
    return leases.map(({ member }) => counts.get(member.conn) ?? -1);
  }

  /** The sessions that an instance owns. */
  async owned({ instance, pool }: Member): Promise<OwnedSession[]> {
    return pairs(await this.scripts.run(scripts.ownedScript, pool, [instance]));
  }

  /** Makes an instance the owner of a session. */
  async attach(sessionId: string, { instance, pool, conn }: Member, epoch: number): Promise<RegisteredOwner> {
    const code = await this.scripts.run(scripts.attachScript, pool, [sessionId, instance, conn, epoch]);
    return registeredOwners.get(code) ?? 'unknown';
  }

  /** Removes a session of a pool if that instance owns it, at that epoch or an older one. */
  async detach(sessionId: string, pool: string, instance: string, epoch: number): Promise<void> {
    await this.scripts.run(scripts.detachScript, pool, [sessionId, instance, epoch]);
  }

  /** A waiting session has ended. Not awaited: the next sweep corrects a failure. */
  forgetWaiting(sessionId: string, pool: string): void {
    this.detach(sessionId, pool, '', Number.MAX_SAFE_INTEGER).catch(() => undefined);
  }

  /** Gives sessions of an instance to others; `left`: how many it still owns. */
  async drain(
    { instance, pool, conn }: Member,
    limit: number,
  ): Promise<{ left: number; waiting: WaitingSession[] }> {
    const reply = await this.scripts.run(scripts.drainScript, pool, [instance, conn, limit]);
    const [left, ...rest] = reply as [number, ...string[]];
    return { left, waiting: triples(rest) };
  }

  /** Removes an instance without sessions. */
  async leave({ instance, pool, conn }: Member): Promise<void> {
    await this.scripts.run(scripts.leaveScript, pool, [instance, conn]);
  }

  /** Moves in each pool up to `limit` sessions that wait or whose owner is gone. */
  async moveSessions(limit: number): Promise<MovedSessions> {
    const { pools, complete } = await this.pools.list();
    const replies = await this.scripts.runAll(pools.map((pool) => [scripts.moveScript, pool, [limit]]));
    const result: MovedSessions = { complete, waiting: [], failures: [] };
    const inUse: string[] = [];
    for (const [index, reply] of replies.entries()) {
      const pool = pools[index] ?? '';
      if ('error' in reply) {
        result.failures.push(reply.error);
        inUse.push(pool);
        continue;
      }
      const [isComplete, isIdle, ...rest] = reply.value as [number, number, ...string[]];
      if (isIdle === 0) inUse.push(pool);
      if (isComplete === 0) result.complete = false;
      result.waiting.push(...triples(rest));
    }
    await this.pools.keep(inUse);
    return result;
  }

  /** Removes the pools that were not used for a while. */
  async dropIdlePools(): Promise<void> {
    for (const pool of await this.pools.idle())
      if ((await this.scripts.run(scripts.dropScript, pool, [])) === 1) await this.pools.remove(pool);
  }

  /**
   * Restores a session that the registry lost, unless its owner is connected; resolves to whether it goes to another
   * instance.
   */
  async recover(sessionId: string, instance: string | null, epoch: number, pool: string): Promise<boolean> {
    const isNew = Number(await this.pools.add(pool));
    const args = [sessionId, instance ?? '', epoch, isNew];
    return (await this.scripts.run(scripts.recoverScript, pool, args)) === 1;
  }

  /** Begins the recovery of the list of pools; resolves to the pools known so far. */
  async beginRecovery(): Promise<string[]> {
    await this.pools.beginMark();
    return (await this.pools.list()).pools;
  }

  /** Begins the recovery of a pool. */
  async beginRecoveryOf(pool: string): Promise<void> {
    await this.scripts.run(scripts.beginMarkScript, pool, []);
  }

  /** Ends the recovery: the registry is complete, except for keys lost since it began. */
  async endRecovery(): Promise<void> {
    const { pools } = await this.pools.list();
    await this.scripts.runAll(pools.map((pool) => [scripts.endMarkScript, pool, []]));
    await this.pools.endMark();
  }

  /** Whether nodes that predate the split of the registry by pool still renew leases. */
  async hasEarlierNodes(): Promise<boolean> {
    return (await this.redis.zcount(earlierLeases, Date.now(), '+inf')) > 0;
  }

  /** Claims a task for one node, for a limited time. */
  async claim(task: string, forMs: number): Promise<boolean> {
    return (await this.redis.set(`agents:task:${task}`, this.node.name, 'PX', forMs, 'NX')) === 'OK';
  }

  /** Ends this node's claim; resolves to whether it was still valid. */
  async endClaim(task: string): Promise<boolean> {
    if ((await this.redis.get(`agents:task:${task}`)) !== this.node.name) return false;
    return (await this.redis.del(`agents:task:${task}`)) === 1;
  }

  /** Those of the sessions of pools that the registry does not know; none while a part of the registry is lost. */
  async missing(sessions: ReadonlyMap<string, readonly string[]>): Promise<string[]> {
    const { pools, complete } = await this.pools.list();
    if (!complete) return [];
    const known = new Set(pools);
    const asked = [...sessions].filter(([pool]) => known.has(pool));
    const unknown = [...sessions].filter(([pool]) => !known.has(pool)).flatMap(([, ids]) => ids);
    const replies = await this.scripts.runAll(asked.map(([pool, ids]) => [scripts.missingScript, pool, ids]));
    const found = replies.flatMap((reply) => {
      if ('error' in reply) throw reply.error;
      return reply.value as string[];
    });
    return [...unknown, ...found];
  }

  /** The owner of a session of a pool; undefined when the registry does not know the session. */
  async session(sessionId: string, pool: string): Promise<SessionView | undefined> {
    const entry = await this.redis.hget(`${keyOf(pool)}:sessions`, sessionId);
    if (entry === null) return undefined;
    const [epoch, instance = ''] = entry.split(' ');
    const node =
      instance === '' ? null : await this.redis.hget(`${keyOf(pool)}:instance:${instance}`, 'node');
    return { instance: instance || null, epoch: Number(epoch), pool, node };
  }

  /** An instance that joins another pool leaves its previous pool; resolves as `register`. */
  private async leaveEarlierPool({ instance, pool, attempt }: Member): Promise<OwnedSession[] | number> {
    const before = await this.redis.get(poolOf(instance)).catch(() => null);
    if (before === null || before === pool) return [];
    const owned = await this.scripts.run(scripts.abandonScript, before, [instance, attempt]);
    return typeof owned === 'number' ? owned : pairs(owned);
  }
}

function pairs(flat: unknown): OwnedSession[] {
  const values = flat as readonly string[];
  return values.flatMap((session_id, at) =>
    at % 2 === 0 ? [{ session_id, epoch: Number(values[at + 1]) }] : [],
  );
}

function triples(flat: readonly string[]): WaitingSession[] {
  return flat.flatMap((session_id, at) =>
    at % 3 === 0 ? [{ session_id, instance: flat[at + 1] ?? '', epoch: Number(flat[at + 2]) }] : [],
  );
}
