import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { isActiveIn } from '#domain';
import { inParallel } from '#platform';
import { PartnerErasedError } from '#privacy';
import { ownedSessions } from '#read-models';
import { EventStore, readSession, UnprojectableEventError } from '#sessions';
import { Registry } from './registry.ts';

/** Sessions compared with the registry at a time. */
const pageSize = 500;
const readAtOnce = 8;
/** The last session of the previous page, on whichever node; none: the next page is the first. */
const cursorKey = 'agents:compared';

/**
 * Finds sessions that came from another cell, or stay after a move that was aborted, while they had an agent or waited for one: the
 * registry does not know them. Compares the table with the registry, a page at a time.
 */
@Injectable()
export class MissingSessions {
  constructor(
    private readonly redis: Redis,
    private readonly pool: Pool,
    private readonly store: EventStore,
    private readonly registry: Registry,
  ) {}

  /** Registers the missing sessions of the next page. Without cells there are none. */
  async registerSome(): Promise<void> {
    if (this.store.cell === undefined) return;
    const page = await ownedSessions(this.pool, await this.redis.get(cursorKey), pageSize);
    const pools = [...Map.groupBy(page, ({ agent_pool }) => agent_pool)];
    const ids = pools.map(([pool, rows]) => [pool, rows.map(({ session_id }) => session_id)] as const);
    await inParallel(await this.registry.missing(new Map(ids)), readAtOnce, (id) => this.register(id));
    const last = page.length === pageSize ? page.at(-1)?.session_id : undefined;
    await (last === undefined ? this.redis.del(cursorKey) : this.redis.set(cursorKey, last));
  }

  /** The stream decides, since the table may lag behind. */
  private async register(sessionId: string): Promise<void> {
    try {
      const { session, agent, identity } = (await readSession(this.store, sessionId))?.state ?? {};
      if (session?.home?.moved_by === undefined || !isActiveIn(this.store.cell, session)) return;
      if (!agent?.pool || (await this.getsNoKey(identity?.partner_id))) return;
      await this.registry.recover(sessionId, agent.instance, agent.epoch, agent.pool);
    } catch (error) {
      if (!(error instanceof UnprojectableEventError)) throw error;
    }
  }

  /** Whether a partner is erased: a takeover of the session would be refused, and the session be missing again. */
  private async getsNoKey(partnerId: string | undefined): Promise<boolean> {
    if (partnerId === undefined) return false;
    try {
      await this.store.codec.keyOf(partnerId);
      return false;
    } catch (error) {
      if (error instanceof PartnerErasedError) return true;
      throw error;
    }
  }
}
