import { wellBehaved } from '../../tools/services/sample-service.ts';
import type { BridgeSystem } from './bridge-system.ts';
import type { Stored } from './inquiry-events.ts';
import { ended, openAll, withServices } from './many-inquiries.ts';
import type { Report } from './report.ts';

/** Long enough that an answer which comes much earlier cannot be due to the deadline. */
const patientMs = 20_000;

/** A dead source opens its circuit: from then on its part is given up at once, and the answer is partial early. */
export async function proveCircuit(
  system: BridgeSystem,
  sessionIds: readonly string[],
  report: Report,
): Promise<void> {
  const behaviours = { orders: { ...wellBehaved, latencyMs: 50 }, logistics: { ...wellBehaved, silence: 1 } };
  await withServices(system, behaviours, async () => {
    const waited = await openAll(system, sessionIds, 1_000);
    await ended(system, waited, 30_000);
    const ids = await openAll(system, sessionIds.slice(0, 10), patientMs);
    const all = await ended(system, ids, patientMs * 2);
    const early = ids.filter((id) => refused(all.get(id) ?? []) && closedBeforeDeadline(all.get(id) ?? []));
    report.figure(
      'of 10 answers given early without the dead source',
      early.length,
      '>= 5',
      early.length >= 5,
    );
  });
}

function refused(events: readonly Stored[]): boolean {
  return events.some(({ event }) => event.type === 'InquiryFailed' && event.data.reason === 'circuit_open');
}

function closedBeforeDeadline(events: readonly Stored[]): boolean {
  return events.some(({ event }) => event.type === 'InquiryClosed' && event.data.cause === 'settled');
}
