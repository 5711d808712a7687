import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { elsewhere } from '#domain';
import { ownedSessions } from '#read-models';
import { EventStore, readSession, UnprojectableEventError } from '#sessions';
import { Registry } from './registry.ts';

/** Sessions compared with the registry at a time. */
const pageSize = 500;

/**
 * Finds sessions that have an agent, or wait for one, but that the registry lacks: they have come from another cell, or stay after
 * an aborted move. Compares the table with the registry, a page at a time.
 */
@Injectable()
export class MissingSessions {
  /** The last session of the previous page; null: the next page is the first. */
  private after: string | null = null;

  constructor(
    private readonly pool: Pool,
    private readonly store: EventStore,
    private readonly registry: Registry,
  ) {}

  /** Registers the missing sessions of the next page. */
  async registerSome(): Promise<void> {
    const page = await ownedSessions(this.pool, this.after, pageSize);
    this.after = page.length === pageSize ? (page.at(-1)?.session_id ?? null) : null;
    for (const [pool, rows] of Map.groupBy(page, ({ agent_pool }) => agent_pool))
      for (const id of await this.registry.unknown(
        pool,
        rows.map(({ session_id }) => session_id),
      ))
        await this.register(id);
  }

  /** The stream decides, since the table may lag behind. */
  private async register(sessionId: string): Promise<void> {
    try {
      const { session, agent } = (await readSession(this.store, sessionId))?.state ?? {};
      if (session?.status !== 'active' || elsewhere(session.home, this.store.cell) !== undefined) return;
      if (agent === undefined || agent.pool === null) return;
      await this.registry.recover(sessionId, agent.instance, agent.epoch, agent.pool);
    } catch (error) {
      if (!(error instanceof UnprojectableEventError)) throw error;
    }
  }
}
