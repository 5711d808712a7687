import { eventTypeFilter, EventStoreDBClient, START } from '@eventstore/db-client';
import type { InquiryEvent } from '#domain';
import { waitUntil } from '#platform';
import type { Latency } from '../../../tools/shared/statistics.ts';
import { latencyOf } from '../../../tools/shared/statistics.ts';

/** An event of an inquiry and the time when the store wrote it (milliseconds). */
export interface StoredEvent {
  readonly event: InquiryEvent;
  readonly created: number;
}

export type EventsByInquiry = ReadonlyMap<string, readonly StoredEvent[]>;

interface FollowOptions {
  /** Whether the events are all that are waited for; by default what the store has now. */
  readonly areComplete?: (events: EventsByInquiry) => boolean;
  readonly timeoutMs?: number;
}

/** The events of all inquiries in the store, by inquiry, once they are complete. Follows them until then. */
export async function inquiryEvents(
  eventStoreUrl: string,
  { areComplete = () => true, timeoutMs = 180_000 }: FollowOptions = {},
): Promise<EventsByInquiry> {
  const client = EventStoreDBClient.connectionString(eventStoreUrl);
  const byInquiry = new Map<string, StoredEvent[]>();
  const filter = eventTypeFilter({ prefixes: ['Inquiry'] });
  const subscription = client.subscribeToAll({ fromPosition: START, filter });
  const failed = new AbortController();
  let hasCaughtUp = false;
  subscription.on('caughtUp', () => (hasCaughtUp = true));
  subscription.on('error', (error) => failed.abort(error));
  subscription.on('end', () => failed.abort(new Error('The subscription ended.')));
  subscription.on('data', ({ event }) => {
    if (event === undefined) return;
    const inquiry = { type: event.type, data: event.data } as unknown as InquiryEvent;
    const { inquiry_id } = inquiry.data;
    const list = byInquiry.get(inquiry_id) ?? [];
    list.push({ event: inquiry, created: event.created.getTime() });
    byInquiry.set(inquiry_id, list);
  });
  try {
    const what = 'the events of inquiries';
    const isDone = (): boolean => hasCaughtUp && areComplete(byInquiry);
    await waitUntil(isDone, { what, timeoutMs, everyMs: 200, signal: failed.signal });
  } finally {
    await subscription.unsubscribe().catch(() => undefined);
    await client.dispose();
  }
  return byInquiry;
}

/** The endings of a set of inquiries. */
export interface Closings {
  readonly opened: number;
  /** Inquiries with exactly one InquiryClosed. */
  readonly closedOnce: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Milliseconds after the deadline, for those that reached it. */
  readonly lateness: Latency;
  /** The latest closing, in milliseconds after its deadline. */
  readonly latestMs: number;
}

export function closingsOf(ids: readonly string[], events: EventsByInquiry): Closings {
  const closings = ids.map((id) => (events.get(id) ?? []).filter(isClosing));
  const lateness = ids.map(
    (id, index) => (closings[index]?.[0]?.created ?? Infinity) - deadlineOf(events.get(id) ?? []),
  );
  const outcomes: Record<string, number> = {};
  for (const { event } of closings.flat()) {
    if (event.type === 'InquiryClosed')
      outcomes[event.data.outcome] = (outcomes[event.data.outcome] ?? 0) + 1;
  }
  return {
    opened: ids.length,
    closedOnce: closings.filter(({ length }) => length === 1).length,
    outcomes,
    lateness: latencyOf(lateness.filter((ms) => ms >= 0)),
    latestMs: Math.max(...lateness),
  };
}

export function isClosing({ event }: StoredEvent): boolean {
  return event.type === 'InquiryClosed';
}

function deadlineOf(events: readonly StoredEvent[]): number {
  const opened = events.find(({ event }) => event.type === 'InquiryOpened')?.event;
  return opened?.type === 'InquiryOpened' ? Date.parse(opened.data.deadline) : Number.NaN;
}
