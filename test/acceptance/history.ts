import { tamperedEvents } from '../scenarios/history/tampered-events.ts';
import type { Report } from './report.ts';

/** Changes a byte in each of 1,000 stored events: each is found and named, and no other. */
export async function runHistory(report: Report): Promise<void> {
  report.begin('One byte changed in each of 1,000 of 20,000 stored events, encrypted, signed');
  const { before, cpuUs, missed, falselyNamed } = await tamperedEvents({
    sessions: 800,
    eventsEach: 25,
    changed: 1_000,
  });
  report.equal('events verified before', before.events, 20_000);
  report.none('changed events that were not named', missed);
  report.none('events that were named and not changed', falselyNamed);
  report.note(`${Math.round(cpuUs)} µs of CPU an event to verify all, with the embedded store's part`);
}
