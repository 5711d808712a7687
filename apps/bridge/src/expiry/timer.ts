import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { CommandExecutor } from '#sessions';
import { CommandRejectedError } from '#sessions';
import { inParallel } from '#platform';
import type { Counter, Logger } from '#platform';
import { isUnavailable } from '../unavailable.ts';

export interface ExpiryOptions {
  readonly commands: Pick<CommandExecutor, 'execute'>;
  /** Ids of sessions whose time seems to be over, the longest over first. */
  readonly due: (now: string, limit: number) => Promise<readonly string[]>;
  readonly intervalMs: number;
  readonly logger: Logger;
  readonly expired: Counter;
}

/** Sessions looked at in one round, and how many of them at a time. */
const perRound = 200;
const atOnce = 8;
/** How long a session that was looked at is left alone: the table that says it is due may be behind. */
const restMs = 30_000;

/**
 * Expires idle sessions. The time stands in the sessions themselves: the table only says where to look, the session's
 * own state decides, so several timers at once, or one that starts anew, expire each session once.
 */
export class ExpiryTimer {
  private readonly seen = new LRUCache<string, true>({ max: 5_000, ttl: restMs });
  private away = false;

  constructor(private readonly options: ExpiryOptions) {}

  /** Goes on until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const full = await this.round(signal);
      const { intervalMs } = this.options;
      if (!full) await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Expires what is due; true when there may be more. */
  async round(signal?: AbortSignal): Promise<boolean> {
    const { due, logger } = this.options;
    try {
      const now = new Date().toISOString();
      const found = await due(now, perRound + this.seen.size);
      const ids = found.filter((id) => !this.seen.has(id)).slice(0, perRound);
      await inParallel(ids, atOnce, (id) => this.expire(id, now), signal);
      if (this.away) logger.info('expiry goes on');
      this.away = false;
      return ids.length === perRound;
    } catch (err) {
      if (!this.away) logger.warn({ err }, 'expiry waits');
      this.away = isUnavailable(err);
      return false;
    }
  }

  private async expire(sessionId: string, now: string): Promise<void> {
    const { commands, expired } = this.options;
    this.seen.set(sessionId, true);
    try {
      const result = await commands.execute({
        sessionId,
        commands: [{ type: 'ExpireSession', now }],
        actor: { role: 'system', id: 'expiry' },
        commandIds: [],
        body: {},
      });
      if (result.events.length > 0) expired.inc();
    } catch (error) {
      if (error instanceof CommandRejectedError) return;
      if (isUnavailable(error)) {
        this.seen.delete(sessionId);
        throw error;
      }
      // One session's trouble holds up no other: it has its turn again after a while.
      this.options.logger.error({ err: error, session_id: sessionId }, 'session cannot expire');
    }
  }
}
