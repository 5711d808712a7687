import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { Logger } from '#platform';
import { Config, InjectLogger, isRedisReady, onRedisBack } from '#platform';
import { AgentCommands } from '../common/agent-commands.ts';
import { BackgroundWork } from '../common/background-work.ts';
import { GracePeriod } from '../common/grace-period.ts';
import { LostDetaches } from '../common/lost-detaches.ts';
import { Recovery, sweepMs } from './recovery.ts';
import { Registry } from './registry.ts';
import { WaitingSessions } from './waiting-sessions.ts';

const moveMs = 250;
const detachMs = 50;
/** Sessions moved per call of the registry. */
const movedAtOnce = 200;

/**
 * Moves the sessions of instances with expired leases, and repairs the registry. Every node does so; the registry's
 * scripts arbitrate.
 */
@Injectable()
export class RegistryMaintenance implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly work: BackgroundWork;
  /**
   * While Redis was unavailable, or this process was suspended, no lease was renewed: live instances get half a lease
   * to renew theirs.
   */
  private readonly grace: GracePeriod;

  constructor(
    private readonly redis: Redis,
    private readonly registry: Registry,
    private readonly recovery: Recovery,
    private readonly waiting: WaitingSessions,
    private readonly commands: AgentCommands,
    private readonly lostDetaches: LostDetaches,
    private readonly config: Config,
    @InjectLogger() logger: Logger,
  ) {
    this.work = new BackgroundWork(logger);
    this.grace = new GracePeriod(moveMs, config.agentLeaseMs / 2);
    onRedisBack(redis, () => this.grace.begin());
  }

  onApplicationBootstrap(): void {
    this.work.every(moveMs, () => this.moveSessions());
    this.work.every(detachMs, () => this.lostDetaches.append());
    const { unansweredHandoffS } = this.config;
    if (unansweredHandoffS > 0)
      this.work.every(moveMs, () => this.requestHandoffs(unansweredHandoffS * 1_000));
    this.work.every(sweepMs, () => this.recovery.sweep());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.work.stop();
  }

  private async moveSessions(): Promise<void> {
    const hasGrace = this.grace.lasts();
    // While a master of a cluster is missing, leases may have expired that no node could renew.
    if (hasGrace || !isRedisReady(this.redis)) return;
    const { complete, waiting, failures } = await this.registry.moveSessions(movedAtOnce);
    // No instance takes these sessions: the stream has to record it, so that it refuses later commands of the former
    // owner.
    this.lostDetaches.add(waiting, 'lease_expired');
    if (!complete) await this.recovery.run();
    if (failures[0]) throw failures[0];
  }

  private async requestHandoffs(afterMs: number): Promise<void> {
    for (const item of await this.waiting.unanswered(Date.now() - afterMs, movedAtOnce)) {
      const epoch = (await this.registry.session(item.session_id, item.pool))?.epoch ?? 0;
      if (await this.commands.requestHandoff(item.session_id, `waiting:${epoch}`))
        await this.waiting.answered(item);
      else await this.waiting.postpone(item);
    }
  }
}
