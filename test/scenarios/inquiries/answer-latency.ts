import { Redis } from 'ioredis';
import { sleep, waitUntil } from '#platform';
import type { Latency } from '../../../tools/shared/statistics.ts';
import { latencyOf } from '../../../tools/shared/statistics.ts';
import type { ConnectedSystem } from '../clients.ts';
import { fastServices, openInquiries, withSampleServices } from './lifecycle.ts';

/** A circuit that earlier scenarios opened lets a request through after this time. */
const circuitOpenMs = 6_000;

/**
 * From the last answer of an inquiry, as its service sends it, to the context that shows the closed inquiry; in ms.
 */
export async function measureAnswers(
  system: ConnectedSystem,
  sessionIds: readonly string[],
): Promise<Latency> {
  const [warming, measured] = [sessionIds.slice(0, 5), sessionIds.slice(5)];
  const redis = new Redis(system.env['REDIS_URL'] ?? '');
  const stop = new AbortController();
  const contexts = new ContextWatch(redis, measured);
  const watching = contexts.run(stop.signal);
  try {
    return await withSampleServices(system, fastServices, async (services) => {
      const lastSent = new Map<string, number>();
      for (const service of services)
        service.onSent = (id, at) => lastSent.set(id, Math.max(at, lastSent.get(id) ?? 0));
      await warmUp(system, warming);
      for (const sessionId of measured) {
        await openInquiries(system, [sessionId], 10_000);
        await sleep(20);
      }
      const areShown = (): boolean => contexts.closedAt.size === measured.length;
      await waitUntil(areShown, { what: 'every context to show its answer' });
      return latencyOf(measured.map((id) => (contexts.closedAt.get(id) ?? NaN) - (lastSent.get(id) ?? NaN)));
    });
  } finally {
    stop.abort();
    await watching;
    redis.disconnect();
  }
}

/** An open circuit closes with the first answers. */
async function warmUp(system: ConnectedSystem, sessionIds: readonly string[]): Promise<void> {
  await sleep(circuitOpenMs);
  for (const sessionId of sessionIds) {
    await openInquiries(system, [sessionId], 10_000);
    await sleep(300);
  }
}

/** Polls the contexts, and records when each first shows its inquiry closed. */
class ContextWatch {
  readonly closedAt = new Map<string, number>();
  private readonly before = new Map<string, string | null>();

  constructor(
    private readonly redis: Redis,
    private readonly sessionIds: readonly string[],
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await sleep(1, signal);
    }
  }

  private async look(): Promise<void> {
    const waiting = this.sessionIds.filter((id) => !this.closedAt.has(id));
    const pipeline = this.redis.pipeline();
    for (const id of waiting) pipeline.hget(`ctx:{${id}}`, 'inquiries');
    const replies = (await pipeline.exec()) ?? [];
    const now = performance.timeOrigin + performance.now();
    for (const [index, id] of waiting.entries()) {
      const text = (replies[index]?.[1] ?? null) as string | null;
      const known = this.before.get(id);
      const changed = known !== undefined && known !== text;
      if (changed && text?.startsWith('{"open":[]') === true) this.closedAt.set(id, now);
      this.before.set(id, text);
    }
  }
}
