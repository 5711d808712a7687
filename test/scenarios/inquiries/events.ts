import { eventTypeFilter, EventStoreDBClient, START } from '@eventstore/db-client';
import type { InquiryEvent } from '#domain';
import { withTimeout } from '#platform';
import type { Latency } from '../../../tools/shared/statistics.ts';
import { latencyOf } from '../../../tools/shared/statistics.ts';

/** An event of an inquiry and the time when the store wrote it (milliseconds). */
export interface StoredEvent {
  readonly event: InquiryEvent;
  readonly created: number;
}

export type EventsByInquiry = ReadonlyMap<string, readonly StoredEvent[]>;

/** The events of all inquiries in the store, by inquiry. */
export async function inquiryEvents(eventStoreUrl: string): Promise<EventsByInquiry> {
  const client = EventStoreDBClient.connectionString(eventStoreUrl);
  const byInquiry = new Map<string, StoredEvent[]>();
  const filter = eventTypeFilter({ prefixes: ['Inquiry'] });
  const subscription = client.subscribeToAll({ fromPosition: START, filter });
  const caughtUp = new Promise<void>((resolve, reject) => {
    subscription.on('caughtUp', () => resolve());
    subscription.on('error', reject);
    subscription.on('data', ({ event }) => {
      if (event === undefined) return;
      const inquiry = { type: event.type, data: event.data } as unknown as InquiryEvent;
      const { inquiry_id } = inquiry.data;
      const list = byInquiry.get(inquiry_id) ?? [];
      list.push({ event: inquiry, created: event.created.getTime() });
      byInquiry.set(inquiry_id, list);
    });
  });
  try {
    await withTimeout(caughtUp, 180_000, () => new Error('Timed out reading the events of inquiries.'));
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
