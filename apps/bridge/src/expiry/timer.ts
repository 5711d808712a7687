import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Logger } from '#platform';
import { Config, InjectLogger, inParallel, isUnavailable, sleep } from '#platform';
import { CommandExecutor, CommandRejectedError } from '#sessions';
import { BridgeMetrics } from '../common/metrics.ts';
import { OutboundPartitions } from '../outbound/partitions.ts';
import type { DueSessions } from './due-sessions.ts';
import { DUE_SESSIONS } from './due-sessions.ts';

/** Sessions examined in one round, and how many concurrently. */
const perRound = 200;
const atOnce = 8;
/** How long an examined session is skipped (ms): the table that lists it as due may lag behind. */
const restMs = 30_000;

/**
 * Expires the idle sessions of the partitions that this instance owns. The table only says where to look; the
 * session's own state decides. So two timers over one session, or a restarted one, expire it once.
 */
@Injectable()
export class ExpiryTimer {
  private readonly examined = new LRUCache<string, true>({ max: 5_000, ttl: restMs });
  private unavailable = false;

  constructor(
    @Inject(DUE_SESSIONS) private readonly due: DueSessions,
    @Inject(OutboundPartitions) private readonly partitions: Pick<OutboundPartitions, 'prefixes'>,
    @Inject(CommandExecutor) private readonly commands: Pick<CommandExecutor, 'execute'>,
    @Inject(Config) private readonly config: Pick<Config, 'expiryIntervalMs'>,
    private readonly metrics: BridgeMetrics,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Runs until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const full = await this.round(signal);
      if (!full) await sleep(this.config.expiryIntervalMs, signal);
    }
  }

  /** Expires due sessions; true when there may be more. */
  async round(signal?: AbortSignal): Promise<boolean> {
    try {
      const now = new Date().toISOString();
      const { prefixes } = this.partitions;
      if (prefixes.length === 0) return false;
      const found = await this.due(now, perRound + this.examined.size, prefixes);
      const ids = found.filter((id) => !this.examined.has(id)).slice(0, perRound);
      await inParallel(ids, atOnce, (id) => this.expire(id, now), signal);
      if (this.unavailable) this.logger.info('expiry resumed');
      this.unavailable = false;
      return ids.length === perRound;
    } catch (err) {
      if (!this.unavailable) this.logger.warn({ err }, 'expiry interrupted');
      this.unavailable = isUnavailable(err);
      return false;
    }
  }

  private async expire(sessionId: string, now: string): Promise<void> {
    this.examined.set(sessionId, true);
    try {
      const { events } = await this.commands.execute({
        sessionId,
        commands: [{ type: 'ExpireSession', now }],
        actor: { role: 'system', id: 'expiry' },
        commandIds: [],
        body: {},
      });
      if (events.length > 0) this.metrics.expired.inc();
    } catch (err) {
      if (err instanceof CommandRejectedError) return;
      if (isUnavailable(err)) {
        this.examined.delete(sessionId);
        throw err;
      }
      // A session that cannot expire does not delay the others: it is retried later.
      this.logger.error({ err, session_id: sessionId }, 'session cannot expire');
    }
  }
}
