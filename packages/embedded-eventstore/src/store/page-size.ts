import type { EventRecord } from './records.ts';

/** Approximate size of a page in bytes: pages of large events have fewer events. */
export const PAGE_BYTES = 2 * 1024 * 1024;

const bytesOf = (events: readonly EventRecord[]): number =>
  events.reduce((sum, { data, meta }) => sum + data.length + meta.length, 0);

/** Whether a page with fewer events than requested ended early because they are large. */
export const isCut = (events: readonly EventRecord[]): boolean => bytesOf(events) > PAGE_BYTES;

/** The number of events of the next page, after one of `limit`; it adapts to the size of the events. */
export const nextLimit = (limit: number, max: number, events: readonly EventRecord[]): number => {
  const bytes = bytesOf(events);
  if (bytes > PAGE_BYTES) return Math.max(1, Math.floor(limit / 4));
  return bytes * 2 < PAGE_BYTES ? Math.min(max, limit * 2) : limit;
};
