import { Failure } from '../../tools/shared/failure.ts';
import { runCells } from './scale-cells.ts';
import { runHot } from './scale-hot.ts';
import type { Report } from './report.ts';

/** What `npm run prove -- scale` shows, each part for itself by its name. */
const parts: Readonly<Record<string, (report: Report) => Promise<void>>> = {
  cells: runCells,
  hot: runHot,
};

export const scaleParts = Object.keys(parts);

/** `npm run prove -- scale [part]`: how Turnstream grows; every part, or one. */
export async function runScale(report: Report, part?: string): Promise<void> {
  const run = part === undefined ? undefined : parts[part];
  if (part !== undefined && run === undefined)
    throw new Failure(`There is no part ${part} of scale: ${scaleParts.join(', ')}.`);
  for (const each of run === undefined ? Object.values(parts) : [run]) await each(report);
}
