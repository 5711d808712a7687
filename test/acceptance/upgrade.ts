import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '#launcher';
import { dataDir } from '../../tools/shared/paths.ts';
import { rollOutAndBack } from '../upgrade/rollout.ts';
import type { Report } from './report.ts';

/** `npm run prove -- upgrade`: two releases side by side under load, forwards and back. */
export async function runUpgrade(report: Report): Promise<void> {
  await build();
  const dir = join(dataDir, 'upgrade');
  rmSync(dir, { recursive: true, force: true });
  report.begin('The next release is rolled out and back, one process after the other, under load');
  const result = await rollOutAndBack({ dir, onProgress: (text) => report.note(text) });
  report.atLeast('commands', result.commands, 1_000);
  report.none('commands that failed', result.failed);
  report.atLeast('events with the new field', result.fields, 1);
  report.atLeast('events of the new type', result.newEvents, 1);
  report.atLeast('rows with the new column', result.columns, 1);
  report.equal('sessions set aside', result.setAside, 0);
  report.result('rows and contexts hold every event', String(result.settled), '= true', result.settled);
}
