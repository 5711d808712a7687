import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { ApiNode } from '../common/api-node.ts';
import * as scripts from './scripts.ts';

/** An instance as its connection makes it known. */
export interface Member {
  readonly instance: string;
  readonly pool: string;
  readonly capacity: number;
  /** Names the connection: an instance that connects once more supersedes the one before. */
  readonly conn: string;
  /** Grows with each of its connections. */
  readonly attempt: number;
}

/** A session and the epoch of its owner, as the registry has it. */
export interface OwnedSession {
  readonly session_id: string;
  readonly epoch: number;
}

/** A session that waits for an instance, and who had it. */
interface Waiting extends OwnedSession {
  readonly instance: string;
}

interface InstanceView {
  readonly instance: string;
  readonly pool: string;
  readonly node: string;
  readonly capacity: number;
  readonly sessions: number;
  readonly draining: boolean;
  readonly since: string;
  /** Milliseconds; below 0: over, its sessions are about to move. */
  readonly lease_ms: number;
}

interface SessionView {
  readonly instance: string | null;
  readonly epoch: number;
  readonly pool: string;
  readonly node: string | null;
}

const marker = 'agents:complete';

/**
 * Who is connected where and owns which session: a cache of the streams in Redis, which may be lost. The scripts
 * arbitrate between nodes; the stream has the last word.
 */
@Injectable()
export class Registry {
  /** The names under which the client knows the scripts. */
  private readonly defined = new Map<string, string>();

  constructor(
    private readonly redis: Redis,
    private readonly node: ApiNode,
  ) {}

  /**
   * Makes an instance known, in place of an older connection of it; resolves to the sessions it owns, or to the attempt
   * of a newer connection of it.
   */
  async register(
    { instance, pool, capacity, conn, attempt }: Member,
    leaseMs: number,
  ): Promise<OwnedSession[] | number> {
    const args = [instance, pool, this.node.name, conn, capacity, leaseMs, attempt];
    const flat = await this.run(scripts.registerScript, args);
    return typeof flat === 'number' ? flat : pairs(flat as string[]);
  }

  /** Renews leases. For each: how many sessions the instance owns; -1: not known; -2: superseded. */
  async renew(leases: readonly { member: Member; leftMs: number }[]): Promise<number[]> {
    const args = leases.flatMap(({ member, leftMs }) => [member.instance, member.conn, leftMs]);
    return (await this.run(scripts.renewScript, args)) as number[];
  }

  /** The sessions that an instance owns. */
  async owned(instance: string): Promise<OwnedSession[]> {
    const sessions = await this.redis.smembers(`agents:held:${instance}`);
    const pipeline = this.redis.pipeline();
    for (const session of sessions) pipeline.hget(`agents:session:${session}`, 'epoch');
    const epochs = await pipeline.exec();
    return sessions.map((session_id, index) => ({ session_id, epoch: Number(epochs?.[index]?.[1] ?? 0) }));
  }

  /** Makes an instance the owner. 'replaced': another is, or is about to be; 'unknown': the instance is not registered. */
  async attach(
    sessionId: string,
    { instance, pool, conn }: Member,
    epoch: number,
  ): Promise<'owner' | 'replaced' | 'unknown'> {
    const code = await this.run(scripts.attachScript, [sessionId, instance, conn, epoch, pool]);
    if (code === 1) return 'owner';
    return code === 0 ? 'replaced' : 'unknown';
  }

  /** Forgets the session if that instance owns it, at that epoch or an older one. */
  async detach(sessionId: string, instance: string, epoch: number): Promise<void> {
    await this.run(scripts.detachScript, [sessionId, instance, epoch]);
  }

  /** A session that waits for an instance is over. Not awaited: what is missed is found with the next sweep. */
  forgetWaiting(sessionId: string): void {
    this.detach(sessionId, '', Number.MAX_SAFE_INTEGER).catch(() => undefined);
  }

  /** Gives sessions of an instance to others; `left`: how many it still owns. */
  async drain({ instance, conn }: Member, limit: number): Promise<{ left: number; waiting: Waiting[] }> {
    const [left, ...rest] = (await this.run(scripts.drainScript, [instance, conn, limit])) as [
      number,
      ...string[],
    ];
    return { left, waiting: triples(rest) };
  }

  /** Forgets an instance without sessions. */
  async leave({ instance, conn }: Member): Promise<void> {
    await this.run(scripts.leaveScript, [instance, conn]);
  }

  /** Moves up to `limit` sessions whose owner is gone, or that wait. `complete` is false when the registry was lost. */
  async moveSessions(limit: number): Promise<{ complete: boolean; waiting: Waiting[] }> {
    const [complete, ...rest] = (await this.run(scripts.moveScript, [limit])) as [number, ...string[]];
    return { complete: complete === 1, waiting: triples(rest) };
  }

  /** Takes in a session whose owner, if any, is not connected. */
  async recover(sessionId: string, instance: string | null, epoch: number, pool: string): Promise<boolean> {
    return (await this.run(scripts.recoverScript, [sessionId, instance ?? '', epoch, pool])) === 1;
  }

  /** Lets one node at a time do something, for a while. */
  async claim(task: string, forMs: number): Promise<boolean> {
    return (await this.redis.set(`agents:task:${task}`, this.node.name, 'PX', forMs, 'NX')) === 'OK';
  }

  /** Nothing is missing from the registry any more. */
  async markComplete(): Promise<void> {
    await this.redis.set(marker, this.node.name);
  }

  /** Sessions that wait since before a time (ms) and for which no handoff was asked yet. */
  async unanswered(before: number, limit: number): Promise<string[]> {
    return this.redis.zrangebyscore('agents:unanswered', '-inf', String(before), 'LIMIT', 0, limit);
  }

  /** A handoff was requested. */
  async answered(sessionId: string): Promise<void> {
    await this.redis.zrem('agents:unanswered', sessionId);
  }

  /** No handoff can be requested now: the session waits as long again. */
  async postpone(sessionId: string): Promise<void> {
    await this.redis.zadd('agents:unanswered', 'XX', Date.now(), sessionId);
  }

  /** The instances that are connected, of one pool or of all. */
  async instances(pool: string | undefined, limit: number): Promise<InstanceView[]> {
    const leases = await this.redis.zrange('agents:lease', '0', '-1', 'WITHSCORES');
    const now = Date.now();
    const pipeline = this.redis.pipeline();
    for (let at = 0; at < leases.length; at += 2) {
      pipeline.hgetall(`agents:instance:${leases[at]}`).scard(`agents:held:${leases[at]}`);
    }
    const replies = (await pipeline.exec()) ?? [];
    const views: InstanceView[] = [];
    for (let at = 0; at < leases.length; at += 2) {
      const about = replies[at]?.[1] as Record<string, string>;
      if (about['pool'] === undefined || (pool !== undefined && about['pool'] !== pool)) continue;
      views.push({
        instance: leases[at] ?? '',
        pool: about['pool'],
        node: about['node'] ?? '',
        capacity: Number(about['capacity']),
        sessions: Number(replies[at + 1]?.[1]),
        draining: about['draining'] === '1',
        since: new Date(Number(about['since'])).toISOString(),
        lease_ms: Number(leases[at + 1]) - now,
      });
      if (views.length === limit) break;
    }
    return views;
  }

  /** How many sessions of each pool wait for an instance. */
  async waiting(): Promise<{ pool: string; sessions: number }[]> {
    const pools = await this.redis.smembers('agents:pools');
    return Promise.all(
      pools.map(async (pool) => ({ pool, sessions: await this.redis.zcard(`agents:waiting:${pool}`) })),
    );
  }

  /** Some of the sessions that wait for an instance, of each pool another few each time. */
  async someWaiting(perPool: number): Promise<string[]> {
    const pools = await this.redis.smembers('agents:pools');
    const some = await Promise.all(
      pools.map((pool) => this.redis.zrandmember(`agents:waiting:${pool}`, perPool)),
    );
    return some.flatMap((sessions) => sessions ?? []);
  }

  /** The owner of a session; undefined when the registry does not know the session. */
  async session(sessionId: string): Promise<SessionView | undefined> {
    const [instance, epoch, pool] = await this.redis.hmget(
      `agents:session:${sessionId}`,
      'instance',
      'epoch',
      'pool',
    );
    if (typeof instance !== 'string' || typeof pool !== 'string') return undefined;
    const node = instance === '' ? null : await this.redis.hget(`agents:instance:${instance}`, 'node');
    return { instance: instance || null, epoch: Number(epoch), pool, node };
  }

  private async run(script: string, args: (string | number)[]): Promise<unknown> {
    let name = this.defined.get(script);
    if (name === undefined) {
      name = `turnstreamAgents${this.defined.size}`;
      this.redis.defineCommand(name, { numberOfKeys: 0, lua: script });
      this.defined.set(script, name);
    }
    const replies = await this.redis.pipeline([[name, ...args]]).exec();
    const [error, value] = replies?.[0] ?? [new Error('Redis did not answer.'), undefined];
    if (error) throw error;
    return value;
  }
}

function pairs(flat: readonly string[]): OwnedSession[] {
  return flat.flatMap((session_id, at) =>
    at % 2 === 0 ? [{ session_id, epoch: Number(flat[at + 1]) }] : [],
  );
}

function triples(flat: readonly string[]): Waiting[] {
  return flat.flatMap((session_id, at) =>
    at % 3 === 0 ? [{ session_id, instance: flat[at + 1] ?? '', epoch: Number(flat[at + 2]) }] : [],
  );
}
