import { later } from '../kernel/time.ts';

/** How far ahead of ours a system's clock may be before it is not believed. */
const clockAheadMs = 24 * 3_600_000;

/** When something happened. Without an event id its system did not say, and it is the time at which it was recorded. */
export interface SourceTime {
  readonly at: string;
  readonly event_id: string | null;
}

/** What a system says of something at a time: the fact that is known until a newer one comes. */
export interface Fact extends SourceTime {
  readonly value: string;
  readonly system: string;
}

/** The time that a system gives (ISO 8601), unless it gives none or one that cannot be. */
export function sourceTime(said: string | null | undefined, recordedAt: string, eventId: string): SourceTime {
  const time = Date.parse(said ?? '');
  if (Number.isNaN(time) || time > Date.parse(recordedAt) + clockAheadMs)
    return { at: recordedAt, event_id: null };
  return { at: new Date(time).toISOString(), event_id: eventId };
}

/**
 * The order of two times by their systems' clocks. Of equal times the greater event id is the later one (a longer id is
 * greater, so that counters count on), which gives the same result in any order of arrival.
 */
export function compareTimes(one: SourceTime, other: SourceTime): number {
  const [id, otherId] = [one.event_id ?? '', other.event_id ?? ''];
  const difference = Date.parse(one.at) - Date.parse(other.at) || id.length - otherId.length;
  return difference || (id < otherId ? -1 : Number(id > otherId));
}

/** Whether what was recorded last replaces what is known: by their systems' clocks; by ours where neither gave a time. */
export function replaces(latest: SourceTime, known: SourceTime): boolean {
  const inSequence = latest.event_id === null && known.event_id === null;
  return inSequence || compareTimes(latest, known) > 0;
}

/** What is known after one more fact. */
export function newest(known: Fact | null, fact: Fact | null): Fact | null {
  if (known === null || fact === null) return known ?? fact;
  return replaces(fact, known) ? { ...fact, at: later(known.at, fact.at) } : known;
}
