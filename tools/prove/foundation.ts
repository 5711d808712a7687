import { Report } from './report.ts';
import { proveOneEvent, proveOneWinner } from './conflicts.ts';
import { proveCrashes, proveImport } from './conversations.ts';
import { fullData } from './data.ts';
import { withOwnSystem } from './system.ts';

/** `npm run prove -- foundation`: real conversations, crashes, conflicts and the figures of the benchmark. */
export async function proveFoundation(report: Report): Promise<void> {
  const { source, conversations } = await fullData('');
  const others = await fullData('crash-');
  await withOwnSystem(async (system) => {
    report.begin(`Conversations through a running system: ${source}`);
    await proveImport(system, conversations, report);
    report.begin(
      'The same under other ids, with projector, api and event store killed with -9 in the middle',
    );
    await proveCrashes(system, others.conversations, report);
    report.begin('Conflicts and repetitions');
    await proveOneWinner(system, 64, report);
    await proveOneEvent(system, 200, report);
  });
}
