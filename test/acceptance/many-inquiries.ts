import { setTimeout as sleep } from 'node:timers/promises';
import { Turnstream } from '@turnstream/sdk';
import { inquirySources } from '#domain';
import { inParallel } from '#platform';
import { sampleAnswers } from '../../tools/services/answers.ts';
import { generated } from '../../tools/services/orders.ts';
import type { Behaviour } from '../../tools/services/sample-service.ts';
import { SampleService, wellBehaved } from '../../tools/services/sample-service.ts';
import type { BridgeSystem } from './bridge-system.ts';
import { until } from './bridge-system.ts';
import type { Stored } from './inquiry-events.ts';
import { checkEnds, inquiryEvents } from './inquiry-events.ts';
import type { Report } from './report.ts';

export const troubled: Readonly<Record<string, Behaviour>> = {
  orders: { latencyMs: 400, failureRate: 0.05, duplicates: 0.1, silence: 0.1, late: 0.1, lateMs: 1_000 },
  logistics: { latencyMs: 900, failureRate: 0.1, duplicates: 0.1, silence: 0.15, late: 0.1, lateMs: 700 },
};
const calm: Readonly<Record<string, Behaviour>> = {
  orders: { ...wellBehaved, latencyMs: 50 },
  logistics: wellBehaved,
};

/** Runs sample services for as long as `fn` runs. */
export async function withServices<T>(
  { kafka }: BridgeSystem,
  behaviours: Readonly<Record<string, Behaviour>>,
  fn: (services: readonly SampleService[]) => Promise<T>,
): Promise<T> {
  const answers = sampleAnswers(generated(1_000));
  const services = inquirySources.flatMap((source) => {
    const [behaviour, answer] = [behaviours[source], answers[source]];
    return behaviour && answer ? [new SampleService({ kafka, source, answer, behaviour })] : [];
  });
  await Promise.all(services.map((service) => service.start()));
  try {
    return await fn(services);
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
}

/** Opens an inquiry in each of the sessions; their ids. */
export async function openAll(
  { apis }: BridgeSystem,
  sessionIds: readonly string[],
  timeout_ms: number,
): Promise<string[]> {
  const turnstream = new Turnstream({ url: apis[0] ?? '', agentId: 'proof' });
  const ids: string[] = [];
  const indexes = sessionIds.map((_, index) => index);
  await inParallel(indexes, 64, async (index) => {
    const order_id = `ORD${1_000 + (index % 1_000)}`;
    const inquiry = { kind: 'order_status', subject: { order_id }, timeout_ms } as const;
    ids.push((await turnstream.session(sessionIds[index] ?? '').openInquiry(inquiry)).inquiry_id);
  });
  await turnstream.close();
  return ids;
}

/** Waits until the inquiries are over; what the store has of all inquiries then. */
export async function ended(
  { env }: BridgeSystem,
  ids: readonly string[],
  ms: number,
): Promise<Map<string, Stored[]>> {
  let all = new Map<string, Stored[]>();
  const isOver = (id: string): boolean =>
    (all.get(id) ?? []).some(({ event }) => event.type === 'InquiryClosed');
  await until(
    'every inquiry is closed',
    ms,
    async () => {
      all = await inquiryEvents(env['EVENTSTORE_URL'] ?? '');
      return ids.every(isOver);
    },
    500,
  );
  return all;
}

/** Many inquiries at once over services that are slow, dead, duplicating and late. */
export async function proveManyInquiries(
  system: BridgeSystem,
  sessionIds: readonly string[],
  { timeoutMs, promisedMs }: { timeoutMs: number; promisedMs?: number },
  report: Report,
): Promise<void> {
  await withServices(system, troubled, async (services) => {
    const began = performance.now();
    const ids = await openAll(system, sessionIds, timeoutMs);
    report.note(`${ids.length} inquiries opened within ${Math.round(performance.now() - began)} ms`);
    await sleep(timeoutMs);
    await Promise.all(services.map((service) => service.settled()));
    await ended(system, ids, 60_000);
    const replies = services.flatMap((service) => service.replyIds);
    let all = new Map<string, Stored[]>();
    await until(
      'every reply is recorded',
      30_000,
      async () => {
        all = await inquiryEvents(system.env['EVENTSTORE_URL'] ?? '');
        return recorded(all).size >= replies.length;
      },
      500,
    ).catch(() => undefined);
    checkEnds(ids, all, report, promisedMs);
    checkReplies(services, all, report);
  });
}

function checkReplies(
  services: readonly SampleService[],
  all: ReadonlyMap<string, readonly Stored[]>,
  report: Report,
): void {
  const sum = (name: keyof SampleService['sent']): number =>
    services.reduce((total, { sent }) => total + sent[name], 0);
  report.note(
    `${sum('silent')} requests left alone, ${sum('failures')} failures, ${sum('duplicates')} duplicates`,
  );
  const faults = services.flatMap((service) => service.faults);
  report.equal('requests that are not as described', faults.length, 0);
  const times = recorded(all);
  const replies = services.flatMap((service) => service.replyIds);
  report.equal('replies that are recorded', replies.filter((id) => times.has(id)).length, replies.length);
  report.equal('replies that are recorded twice', [...times.values()].filter((count) => count > 1).length, 0);
  const late = services.flatMap((service) => service.lateIds);
  const corrected = correctedIds(all);
  report.equal(
    'late answers recorded as corrections',
    late.filter((id) => corrected.has(id)).length,
    late.length,
  );
}

function recorded(all: ReadonlyMap<string, readonly Stored[]>): Map<string, number> {
  const times = new Map<string, number>();
  for (const { event } of [...all.values()].flat()) {
    const id = 'reply_id' in event.data ? event.data.reply_id : null;
    if (id !== null) times.set(id, (times.get(id) ?? 0) + 1);
  }
  return times;
}

function correctedIds(all: ReadonlyMap<string, readonly Stored[]>): Set<string> {
  const corrected = [...all.values()].flat().map(({ event }) => event);
  return new Set(
    corrected.flatMap((event) =>
      event.type === 'InquiryCorrected' && event.data.reply_id ? [event.data.reply_id] : [],
    ),
  );
}

export { calm as calmServices };
