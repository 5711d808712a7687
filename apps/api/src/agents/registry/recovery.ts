import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { ownedSessions, overSessions } from '#read-models';
import type { Logger } from '#platform';
import { Config, InjectLogger } from '#platform';
import { Registry } from './registry.ts';

const pageSize = 500;
/** Milliseconds between two sweeps of the sessions that wait. */
export const sweepMs = 5_000;
const sweptPerPool = 200;

/** Fills the registry from the tables after it was lost, and removes sessions that are over but still listed as waiting. */
@Injectable()
export class Recovery {
  private lostSince: number | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly pool: Pool,
    private readonly config: Config,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Waiting sessions that ended elsewhere, as those that expired, go out of the registry. One node does it. */
  async sweep(): Promise<void> {
    const { registry } = this;
    if (!(await registry.claim('sweep', sweepMs))) return;
    const waiting = await registry.someWaiting(sweptPerPool);
    if (waiting.length === 0) return;
    for (const sessionId of await overSessions(this.pool, waiting)) registry.forgetWaiting(sessionId);
  }

  /** Waits until live instances have reconnected, then takes in the sessions of the others. One node does it. */
  async run(): Promise<void> {
    const { registry } = this;
    const { agentLeaseMs } = this.config;
    const now = Date.now();
    this.lostSince ??= now;
    if (now - this.lostSince < 1.5 * agentLeaseMs) return;
    if (!(await registry.claim('recovery', 10 * agentLeaseMs))) return;
    this.lostSince = undefined;
    let found = 0;
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof ownedSessions>> = await ownedSessions(this.pool, after, pageSize);
      for (const { session_id, agent_instance, agent_epoch, agent_pool } of page) {
        if (await registry.recover(session_id, agent_instance, agent_epoch, agent_pool)) found += 1;
      }
      after = page.length === pageSize ? (page.at(-1)?.session_id ?? null) : null;
    } while (after !== null);
    await registry.markComplete();
    this.logger.info({ sessions: found }, 'the agents’ registry is complete again');
  }
}
