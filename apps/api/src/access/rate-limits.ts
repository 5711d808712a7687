import { hash } from 'node:crypto';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Redis } from 'ioredis';
import { ProblemError, RedisBreaker, repeat } from '#platform';
import type { Caller } from '#privacy';
import { AccessConfig } from '#privacy';

/** How often the nodes share their counts, in milliseconds. */
const shareMs = 250;

interface Count {
  /** Requests of the window on all nodes, as far as this node knows. */
  total: number;
  /** Requests of this node that it has not sent to Redis yet. */
  unshared: number;
}

/**
 * Limits the requests of each subject per time window. Each node counts in memory, so that no request waits for
 * Redis, where the nodes add up their counts. While Redis does not answer, each node counts alone.
 */
@Injectable()
export class RateLimits implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private window = 0;
  private counts = new Map<string, Count>();
  private readonly stopping = new AbortController();
  private readonly policy: string;

  constructor(
    private readonly config: AccessConfig,
    private readonly redis: Redis,
    private readonly breaker: RedisBreaker,
  ) {
    const { requests, windowS } = config.rate;
    this.policy = `"subject";q=${requests};w=${windowS}`;
  }

  onApplicationBootstrap(): void {
    if (this.config.issuer === undefined) return;
    const { signal } = this.stopping;
    void repeat(() => this.share(), { everyMs: shareMs, signal, onError: () => undefined });
  }

  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  /** Counts a request, sets the rate limit headers of its answer, and returns why it is refused if nothing is left. */
  refusal({ subject }: Caller, reply: Pick<FastifyReply, 'raw'>): ProblemError | undefined {
    const { requests, windowS } = this.config.rate;
    const now = Date.now();
    const left = requests - this.count(subject, now);
    const resetS = Math.ceil(windowS - ((now / 1_000) % windowS));
    // Set on the raw answer, so that event streams have them too.
    reply.raw.setHeader('ratelimit-policy', this.policy);
    reply.raw.setHeader('ratelimit', `"subject";r=${Math.max(0, left)};t=${resetS}`);
    if (left >= 0) return undefined;
    const detail = `The subject of the token has sent more than ${requests} requests in ${windowS} s.`;
    return new ProblemError('rate_limited', detail, { retry_after_s: resetS });
  }

  private count(subject: string, now: number): number {
    const window = Math.floor(now / 1_000 / this.config.rate.windowS);
    if (window !== this.window) this.counts = new Map();
    this.window = window;
    const count = this.counts.get(subject) ?? { total: 0, unshared: 0 };
    this.counts.set(subject, count);
    count.unshared += 1;
    return ++count.total;
  }

  private async share(): Promise<void> {
    const changed = [...this.counts].filter(([, { unshared }]) => unshared > 0);
    if (changed.length > 0) await this.breaker.run(() => this.send(changed));
  }

  /**
   * Without an answer it is unknown whether Redis has added a count, or will, so it is not sent again. An answer counts, however late.
   * @throws the first error of a command, which tells the breaker that Redis did not answer
   */
  private async send(changed: readonly (readonly [string, Count])[]): Promise<void> {
    const { window, config } = this;
    const pipeline = this.redis.pipeline();
    const sent = changed.map(([subject, count]) => {
      const key = `rate:${window}:${hash('sha256', subject, 'base64url').slice(0, 22)}`;
      const { unshared } = count;
      pipeline.incrby(key, unshared).expire(key, 2 * config.rate.windowS);
      count.unshared = 0;
      return { count, unshared };
    });
    const answers = await pipeline.exec();
    for (const [index, { count, unshared }] of sent.entries()) {
      const [error, total] = answers?.[2 * index] ?? [];
      if (error && wasNotExecuted(error)) count.unshared += unshared;
      if (typeof total === 'number') count.total = Math.max(count.total, total + count.unshared);
    }
    const failed = answers?.find(([error]) => error !== null);
    if (failed?.[0]) throw failed[0];
  }
}

/** Redis has refused the command, or the client has not sent it. */
function wasNotExecuted({ name, message }: Error): boolean {
  return name === 'ReplyError' || message.endsWith('enableOfflineQueue options is false');
}
