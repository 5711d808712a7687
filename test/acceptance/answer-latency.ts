import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { BridgeSystem } from './bridge-system.ts';
import { percentiles } from './inquiry-events.ts';
import { calmServices, ended, openAll, withServices } from './many-inquiries.ts';
import type { Report } from './report.ts';

/** Time from the last answer of an inquiry, as its service sends it, to the context that shows the inquiry closed. */
export async function measureAnswers(
  system: BridgeSystem,
  sessionIds: readonly string[],
  report: Report,
): Promise<void> {
  const warming = sessionIds.slice(0, 5);
  const measured = sessionIds.slice(5);
  const redis = new Redis(system.env['REDIS_URL'] ?? '');
  const seen = new Map<string, number>();
  const stop = new AbortController();
  const watching = watch(redis, measured, seen, stop.signal);
  await withServices(system, calmServices, async (services) => {
    const lastSent = new Map<string, number>();
    for (const service of services) {
      service.onSent = (sessionId, at) => lastSent.set(sessionId, Math.max(at, lastSent.get(sessionId) ?? 0));
    }
    await warmUp(system, warming);
    for (const sessionId of measured) {
      await openAll(system, [sessionId], 10_000);
      await sleep(20);
    }
    await sleep(1_500);
    stop.abort();
    await watching;
    const times = measured.flatMap((id) => {
      const [sent, shown] = [lastSent.get(id), seen.get(id)];
      return sent === undefined || shown === undefined ? [] : [shown - sent];
    });
    const [p50, p99] = percentiles(times);
    report.equal('inquiries whose context shows the answer', times.length, measured.length);
    report.note(`from the last answer to the context: p50 ${p50} ms, p99 ${p99} ms`);
  });
  redis.disconnect();
  await ended(system, [], 1_000);
}

/** A circuit that what came before has opened closes again with the first answers. */
async function warmUp(system: BridgeSystem, sessionIds: readonly string[]): Promise<void> {
  await sleep(6_000);
  for (const sessionId of sessionIds) {
    await openAll(system, [sessionId], 10_000);
    await sleep(300);
  }
}

/** Looks at the contexts all the time, and notes when each shows a closed inquiry first. */
async function watch(
  redis: Redis,
  sessionIds: readonly string[],
  seen: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const before = new Map<string, string | null>();
  while (!signal.aborted) {
    const waiting = sessionIds.filter((id) => !seen.has(id));
    const pipeline = redis.pipeline();
    for (const id of waiting) pipeline.hget(`ctx:{${id}}`, 'inquiries');
    const replies = (await pipeline.exec()) ?? [];
    const now = performance.timeOrigin + performance.now();
    for (const [index, id] of waiting.entries()) {
      const text = (replies[index]?.[1] ?? null) as string | null;
      const known = before.get(id);
      if (known !== undefined && known !== text && text?.startsWith('{"open":[]') === true) seen.set(id, now);
      if (known === undefined || text !== known) before.set(id, text);
    }
    await sleep(1);
  }
}
