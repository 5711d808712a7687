import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { isActiveIn } from '#domain';
import { ownedSessions, overSessions } from '#read-models';
import type { Logger } from '#platform';
import { Config, InjectLogger } from '#platform';
import { EventStore, readSession, UnprojectableEventError } from '#sessions';
import { MissingSessions } from './missing-sessions.ts';
import { Registry } from './registry.ts';
import { WaitingSessions } from './waiting-sessions.ts';

const pageSize = 500;
/** Milliseconds between two sweeps of the waiting sessions. */
export const sweepMs = 5_000;
const sweptPerPool = 200;
/** Streams read in a sweep: the others wait for a later one. */
const mostReads = 50;
const task = 'recovery';
/** Since when the registry has been incomplete (ms). */
const lostKey = 'agents:lost';
/** After this many leases without a query, the entry belongs to an earlier loss. */
const keptLeases = 3;
/** How long the registry has been incomplete (ms); -1: from now on. ARGV: how long the entry is kept (ms) */
const lostScript = `#!lua flags=allow-oom
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local since = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], since or now, 'PX', ARGV[1])
return since and now - since or -1
`;

/**
 * Restores lost parts of the registry from the tables, and removes sessions that are listed as waiting, although they
 * have ended or left the cell.
 */
@Injectable()
export class Recovery {
  constructor(
    private readonly redis: Redis,
    private readonly registry: Registry,
    private readonly waiting: WaitingSessions,
    private readonly missing: MissingSessions,
    private readonly pool: Pool,
    private readonly store: EventStore,
    private readonly config: Config,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * Removes waiting sessions from the registry that ended in another process, for example by expiry, or moved to
   * another cell, and registers those that came from one. One node does it.
   */
  async sweep(): Promise<void> {
    const { registry } = this;
    if (!(await registry.claim('sweep', sweepMs))) return;
    await registry.dropIdlePools();
    await this.missing.registerSome();
    const waiting = new Map((await this.waiting.some(sweptPerPool)).map((item) => [item.session_id, item]));
    if (waiting.size === 0) return;
    const over = await overSessions(this.pool, [...waiting.keys()]);
    let reads = 0;
    for (const { session_id, pool } of fromAnywhere([...waiting.values()])) {
      const isOver = over.get(session_id) ?? (reads++ < mostReads && (await this.isGone(session_id)));
      if (isOver) registry.forgetWaiting(session_id, pool);
    }
  }

  /** Whether a session without a row is over or has left the cell. If not, its row is only late. */
  private async isGone(sessionId: string): Promise<boolean> {
    try {
      const session = (await readSession(this.store, sessionId))?.state.session;
      return session === undefined || !isActiveIn(this.store.cell, session);
    } catch (error) {
      if (error instanceof UnprojectableEventError) return false;
      throw error;
    }
  }

  /** Waits until live instances have reconnected, then restores the sessions of the others. One node does it. */
  async run(): Promise<void> {
    const { registry } = this;
    const { agentLeaseMs } = this.config;
    if ((await this.lostForMs()) < 1.5 * agentLeaseMs || (await registry.hasEarlierNodes())) return;
    if (!(await registry.claim(task, 10 * agentLeaseMs))) return;
    const pools = new Set<string>();
    const beginPool = async (pool: string): Promise<void> => {
      if (!pools.has(pool)) await registry.beginRecoveryOf(pool);
      pools.add(pool);
    };
    for (const pool of await registry.beginRecovery()) await beginPool(pool);
    let found = 0;
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof ownedSessions>> = await ownedSessions(this.pool, after, pageSize);
      for (const { session_id, agent_instance, agent_epoch, agent_pool } of page) {
        await beginPool(agent_pool);
        if (await registry.recover(session_id, agent_instance, agent_epoch, agent_pool)) found += 1;
      }
      after = page.length === pageSize ? (page.at(-1)?.session_id ?? null) : null;
    } while (after !== null);
    // If the claim is gone, the registry was lost again meanwhile.
    if (!(await registry.endClaim(task))) return;
    await registry.endRecovery();
    await this.redis.del(lostKey);
    this.logger.info({ sessions: found }, 'the agents’ registry is complete again');
  }

  /**
   * How long the registry has been incomplete, by the clock of the key's own master. The entry is part of the
   * registry and lost with it.
   */
  private async lostForMs(): Promise<number> {
    const keptMs = keptLeases * this.config.agentLeaseMs;
    const lostMs = Number(await this.redis.eval(lostScript, 1, lostKey, keptMs));
    if (lostMs < 0) this.logger.warn('a part of the agents’ registry is lost');
    return lostMs;
  }
}

/** The items from a random one on, so that none is always beyond a limit. */
function fromAnywhere<T>(items: readonly T[]): readonly T[] {
  const start = Math.floor(Math.random() * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}
