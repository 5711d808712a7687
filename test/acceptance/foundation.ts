import { proveOneEvent, proveOneWinner } from './conflicts.ts';
import { proveCrashes, proveImport } from './conversations.ts';
import { fullData } from './data.ts';
import { proveFigures } from './figures.ts';
import { proveFreshClone } from './fresh-clone.ts';
import type { Report } from './report.ts';
import { withOwnSystem } from './system.ts';

/** `npm run prove -- foundation`: real conversations, crashes, conflicts, the benchmark's figures, a fresh clone. */
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
  report.begin('The figures of the benchmark, with everything running');
  await proveFigures(report);
  report.begin('A fresh clone with empty caches');
  await proveFreshClone(report);
}
