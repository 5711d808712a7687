import type { SampleService, Sent } from '../../../tools/services/sample-service.ts';
import type { ConnectedSystem } from '../clients.ts';
import type { Closings, EventsByInquiry } from './events.ts';
import { closingsOf, inquiryEvents } from './events.ts';
import type { Behaviours } from './lifecycle.ts';
import { openInquiries, waitUntilClosed, withSampleServices } from './lifecycle.ts';

const troubledServices: Behaviours = {
  orders: { latencyMs: 400, failureRate: 0.05, duplicates: 0.1, silence: 0.1, late: 0.1, lateMs: 1_000 },
  logistics: { latencyMs: 900, failureRate: 0.1, duplicates: 0.1, silence: 0.15, late: 0.1, lateMs: 700 },
};

export interface TroubledInquiries {
  /** Milliseconds until every inquiry was opened. */
  readonly openingMs: number;
  readonly closings: Closings;
  /** Replies that the services sent, by kind. */
  readonly sent: Sent;
  /** Requests that do not match their schema. */
  readonly invalidRequests: readonly string[];
  readonly replies: number;
  readonly unrecordedReplies: readonly string[];
  readonly repliesRecordedTwice: readonly string[];
  readonly lateReplies: number;
  /** Late answers that are not recorded as corrections. */
  readonly uncorrectedReplies: readonly string[];
}

/** Many concurrent inquiries to services that are slow, silent, duplicating and late. */
export function inquireTroubledServices(
  system: ConnectedSystem,
  sessionIds: readonly string[],
  timeoutMs: number,
): Promise<TroubledInquiries> {
  return withSampleServices(system, troubledServices, async (services) => {
    const start = performance.now();
    const ids = await openInquiries(system, sessionIds, timeoutMs);
    const openingMs = performance.now() - start;
    await waitUntilClosed(system, ids);
    await Promise.all(services.map((service) => service.settled()));
    const events = await waitUntilRecorded(system, services);
    const recorded = recordedReplies(events);
    const corrected = correctedReplies(events);
    const late = services.flatMap(({ lateIds }) => lateIds);
    return {
      openingMs,
      closings: closingsOf(ids, events),
      sent: total(services),
      invalidRequests: services.flatMap(({ invalidRequests }) => invalidRequests),
      replies: recorded.size,
      unrecordedReplies: unrecorded(services, recorded),
      repliesRecordedTwice: [...recorded].flatMap(([id, times]) => (times > 1 ? [id] : [])),
      lateReplies: late.length,
      uncorrectedReplies: late.filter((id) => !corrected.has(id)),
    };
  });
}

/** Waits for every reply; missing ones are a result of the scenario, not an error. */
async function waitUntilRecorded(
  { env }: ConnectedSystem,
  services: readonly SampleService[],
): Promise<EventsByInquiry> {
  const url = env['EVENTSTORE_URL'] ?? '';
  const areComplete = (events: EventsByInquiry): boolean =>
    unrecorded(services, recordedReplies(events)).length === 0;
  return inquiryEvents(url, { areComplete }).catch(() => inquiryEvents(url));
}

function unrecorded(
  services: readonly SampleService[],
  recorded: ReadonlyMap<string, number>,
): readonly string[] {
  return services.flatMap(({ replyIds }) => replyIds).filter((id) => !recorded.has(id));
}

function total(services: readonly SampleService[]): Sent {
  const sum = (name: keyof Sent): number => services.reduce((count, { sent }) => count + sent[name], 0);
  return {
    replies: sum('replies'),
    duplicates: sum('duplicates'),
    late: sum('late'),
    failures: sum('failures'),
    silent: sum('silent'),
  };
}

/** How often each reply is recorded. */
function recordedReplies(events: EventsByInquiry): Map<string, number> {
  const times = new Map<string, number>();
  for (const { event } of [...events.values()].flat()) {
    const id = 'reply_id' in event.data ? event.data.reply_id : null;
    if (id !== null) times.set(id, (times.get(id) ?? 0) + 1);
  }
  return times;
}

function correctedReplies(events: EventsByInquiry): Set<string> {
  const all = [...events.values()].flat().map(({ event }) => event);
  return new Set(
    all.flatMap((event) =>
      event.type === 'InquiryCorrected' && event.data.reply_id ? [event.data.reply_id] : [],
    ),
  );
}
