import { later } from '../kernel/time.ts';

/** How far ahead of our clock a system's time may be; a later time is not used. */
const clockAheadMs = 24 * 3_600_000;

/** When something happened. Without an event id, the system gave no time, and it is the time of recording. */
export interface SourceTime {
  readonly at: string;
  readonly event_id: string | null;
}

/** A system's statement at a time: the known fact until a newer one arrives. */
export interface Fact extends SourceTime {
  readonly value: string;
  readonly system: string;
}

/** The time given by a system (ISO 8601); the time of recording if it gives none or an impossible one. */
export function sourceTime(said: string | null | undefined, recordedAt: string, eventId: string): SourceTime {
  const time = Date.parse(said ?? '');
  if (Number.isNaN(time) || time > Date.parse(recordedAt) + clockAheadMs)
    return { at: recordedAt, event_id: null };
  return { at: new Date(time).toISOString(), event_id: eventId };
}

/**
 * Orders two times by their systems' clocks. For equal times the greater event id is the later one (a longer id is
 * greater, so that counters keep increasing), which gives the same result in any order of arrival.
 */
export function compareTimes(one: SourceTime, other: SourceTime): number {
  const [id, otherId] = [one.event_id ?? '', other.event_id ?? ''];
  const difference = Date.parse(one.at) - Date.parse(other.at) || id.length - otherId.length;
  return difference || (id < otherId ? -1 : Number(id > otherId));
}

/** Whether the latest record replaces the known one: by their systems' clocks; by ours if neither gave a time. */
export function replaces(latest: SourceTime, known: SourceTime): boolean {
  const inSequence = latest.event_id === null && known.event_id === null;
  return inSequence || compareTimes(latest, known) > 0;
}

/** The known fact after another fact. */
export function newest(known: Fact | null, fact: Fact | null): Fact | null {
  if (known === null || fact === null) return known ?? fact;
  return replaces(fact, known) ? { ...fact, at: later(known.at, fact.at) } : known;
}
