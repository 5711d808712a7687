import { eventTypeFilter, EventStoreDBClient, START } from '@eventstore/db-client';
import type { InquiryEvent } from '#domain';
import type { Report } from './report.ts';

/** An event of an inquiry and when the store wrote it (milliseconds). */
export interface Stored {
  readonly event: InquiryEvent;
  readonly created: number;
}

/** The events of all inquiries in the store, by inquiry. */
export async function inquiryEvents(eventStoreUrl: string): Promise<Map<string, Stored[]>> {
  const client = EventStoreDBClient.connectionString(eventStoreUrl);
  const byInquiry = new Map<string, Stored[]>();
  const filter = eventTypeFilter({ prefixes: ['Inquiry'] });
  const subscription = client.subscribeToAll({ fromPosition: START, filter });
  await new Promise<void>((resolve, reject) => {
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
  await subscription.unsubscribe();
  await client.dispose();
  return byInquiry;
}

/** Each inquiry has exactly one end; says how long after the deadline the latest came. */
export function checkEnds(
  ids: readonly string[],
  all: ReadonlyMap<string, readonly Stored[]>,
  report: Report,
  promisedMs?: number,
): void {
  const ends = ids.map((id) => (all.get(id) ?? []).filter(({ event }) => event.type === 'InquiryClosed'));
  report.equal(
    'inquiries with exactly one InquiryClosed',
    ends.filter((list) => list.length === 1).length,
    ids.length,
  );
  const lateness = ids.map(
    (id, index) => (ends[index]?.[0]?.created ?? Infinity) - deadlineOf(all.get(id) ?? []),
  );
  const latest = Math.max(...lateness);
  const [median, p99] = percentiles(lateness.filter((ms) => ms >= 0));
  report.note(`those that reached the deadline ended after it by p50 ${median} ms, p99 ${p99} ms`);
  const what = 'latest end after its deadline, in ms';
  if (promisedMs !== undefined) report.figure(what, latest, `<= ${promisedMs}`, latest <= promisedMs);
  else report.note(`${what}: ${latest}`);
  report.note(outcomes(ends.flat()));
}

function outcomes(ends: readonly Stored[]): string {
  const counts: Record<string, number> = {};
  for (const { event } of ends) {
    const name = event.type === 'InquiryClosed' ? event.data.outcome : event.type;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function deadlineOf(events: readonly Stored[]): number {
  const opened = events.find(({ event }) => event.type === 'InquiryOpened')?.event;
  return opened?.type === 'InquiryOpened' ? Date.parse(opened.data.deadline) : Number.NaN;
}

/** The median and the 99th percentile, rounded. */
export function percentiles(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  return [at(0.5), at(0.99)];
}
