import { withClients } from '../scenarios/clients.ts';
import { changePartitions } from '../scenarios/scale/partitions.ts';
import { withOwnSystem } from '../scenarios/system.ts';
import type { Report } from './report.ts';

/**
 * `npm run prove -- scale partitions`: the number of partitions changes while the system runs, and a projector is
 * killed.
 */
export async function runPartitions(report: Report, isQuick: boolean): Promise<void> {
  const { sessions, numbers } = isQuick
    ? { sessions: 20, numbers: [16, 4] }
    : { sessions: 500, numbers: [256, 16, 128, 4, 64, 8, 256, 4] };
  report.begin(`Partitions from 4 to ${numbers.join(', ')} while ${sessions} sessions talk`);
  const onProgress = (text: string): void => report.note(text);
  const run = await withOwnSystem((own) =>
    withClients(own, (system) => changePartitions(system, { sessions, numbers, onProgress })),
  );
  report.atLeast('turns', run.turns, sessions);
  report.none('sessions whose turns are not there once each', run.notOnce);
  report.none('sessions whose rows or context differ from their streams', run.different);
  report.none(`events that were not published, of ${run.published.expected}`, run.published.missing);
  report.none('events published out of order', run.published.outOfOrder);
  report.none('shares that differ by more than one', run.uneven);
  report.note(`seconds of each change: ${run.seconds.map((seconds) => seconds.toFixed(1)).join(', ')}`);
}
