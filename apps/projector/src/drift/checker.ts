import { randomInt } from 'node:crypto';
import type { DriftResult, DriftSources, SessionCheck } from '#read-models';
import {
  checkSession,
  countDrift,
  healingRequests,
  isDriftListed,
  recordDrift,
  sampleContext,
  sampleRow,
  withdrawHealing,
} from '#read-models';
import { repeat, sleep } from '#platform';
import type { Logger } from '#platform';
import { streamMatches } from '#sessions';
import type { PartitionSupervisor } from '../partition/supervisor.ts';
import type { DriftConfig } from './config.ts';
import type { DriftMetrics } from './metrics.ts';

interface DriftCheckerOptions {
  readonly sources: DriftSources;
  readonly config: DriftConfig;
  readonly metrics: DriftMetrics;
  readonly logger: Logger;
  /** How often it looks for sessions that an operator wants to heal (ms). */
  readonly healEveryMs: number;
  /** The partitions that this instance owns. */
  readonly partitions: () => readonly PartitionSupervisor[];
}

const longestPauseMs = 60_000;

/**
 * Checks one session at a time, at random, of the owned partitions that have caught up. It alternates between
 * sessions with a row and sessions with a context.
 */
export class DriftChecker {
  private looksAtContexts = false;

  constructor(private readonly options: DriftCheckerOptions) {}

  /** Runs until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { healEveryMs: everyMs, logger } = this.options;
    const onError = (err: unknown): void => logger.warn({ err }, 'requests to heal sessions not read');
    await Promise.all([
      this.sampling(signal),
      repeat(() => this.healRequested(), { everyMs, signal, onError }),
    ]);
  }

  /** Heals the requested sessions of this instance's partitions. */
  private async healRequested(): Promise<void> {
    const { pool } = this.options.sources;
    for (const id of await healingRequests(pool)) {
      if (this.ownerOf(id) === undefined) continue;
      await this.heal(id);
      await withdrawHealing(pool, id);
    }
  }

  private async sampling(signal: AbortSignal): Promise<void> {
    const { perMinute, percent } = this.options.config;
    if (perMinute === 0) return;
    let pauseMs = 60_000 / perMinute;
    while (!signal.aborted) {
      await sleep(pauseMs, signal);
      if (signal.aborted) return;
      const begun = performance.now();
      const result = await this.checkOne(signal);
      const workedMs = result === 'different' ? 0 : performance.now() - begun;
      pauseMs = Math.max(60_000 / perMinute, Math.min(longestPauseMs, (workedMs * 100) / percent));
    }
  }

  private async checkOne(signal: AbortSignal): Promise<DriftResult | undefined> {
    const { metrics, logger, sources, config } = this.options;
    try {
      const id = await this.sample();
      if (id === undefined) return undefined;
      const check = await this.check(id, signal);
      // A partition that restarts meanwhile may write the missing data itself.
      if (check.result === 'different' && !this.ownerOf(id)?.isLive) return undefined;
      metrics.checked(check);
      await this.record(check);
      if (check.result === 'different' && config.heal === 'automatic') await this.heal(id);
      metrics.listed = await countDrift(sources.pool);
      return check.result;
    } catch (err) {
      metrics.failed();
      logger.warn({ err }, 'session not compared with its stream');
      return undefined;
    }
  }

  private async record(check: SessionCheck): Promise<void> {
    const { sources, logger } = this.options;
    const { session_id, result, differences } = check;
    if (result === 'different') logger.error({ session_id, differences }, 'session differs from its stream');
    if (result === 'different' || (await isDriftListed(sources.pool, session_id)))
      await recordDrift(sources.pool, check);
  }

  /** Never rejects. */
  private async heal(id: string): Promise<void> {
    const { metrics, logger, sources } = this.options;
    try {
      await this.ownerOf(id)?.heal(id);
      const after = await this.check(id);
      await recordDrift(sources.pool, after);
      metrics.healed.inc({ result: after.result === 'different' ? 'failed' : 'healed' });
      metrics.listed = await countDrift(sources.pool);
      logger.info({ session_id: id, result: after.result }, 'session rewritten from its stream');
    } catch (err) {
      metrics.healed.inc({ result: 'failed' });
      logger.warn({ err, session_id: id }, 'session not healed');
    }
  }

  private async check(id: string, signal?: AbortSignal): Promise<SessionCheck> {
    const { sources, config } = this.options;
    const { mostEvents, confirmMs } = config;
    return checkSession(sources, id, { mostEvents, confirmMs, ...(signal && { signal }) });
  }

  private async sample(): Promise<string | undefined> {
    const { sources, partitions } = this.options;
    const live = partitions().filter(({ isLive }) => isLive);
    if (live.length === 0) return undefined;
    this.looksAtContexts = !this.looksAtContexts;
    if (this.looksAtContexts) {
      const prefixes = live.flatMap(({ lease }) => lease.prefixes);
      return sampleContext(sources.contexts.redis, prefixes);
    }
    const partition = live[randomInt(live.length)];
    return partition && sampleRow(sources.pool, partition.lease.prefixes);
  }

  private ownerOf(id: string): PartitionSupervisor | undefined {
    return this.options.partitions().find(({ lease }) => streamMatches(id, lease.prefixes));
  }
}
