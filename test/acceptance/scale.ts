import { Failure } from '../../tools/shared/failure.ts';
import { runCells } from './scale-cells.ts';
import { runHot } from './scale-hot.ts';
import { runMemory } from './scale-memory.ts';
import { runNodes } from './scale-nodes.ts';
import { runPartitions } from './scale-partitions.ts';
import { runPostgres } from './scale-postgres.ts';
import { runRedis } from './scale-redis.ts';
import type { Report } from './report.ts';

/** The parts of `npm run prove -- scale`, each at full or small size. */
const parts: Readonly<Record<string, (report: Report, isQuick: boolean) => Promise<void>>> = {
  cells: runCells,
  hot: runHot,
  memory: runMemory,
  nodes: runNodes,
  partitions: runPartitions,
  postgres: runPostgres,
  redis: runRedis,
};

export const scaleParts = Object.keys(parts);

/** `npm run prove -- scale [part]`: how resources grow with load; every part, or one. */
export async function runScale(report: Report, part?: string, isQuick = false): Promise<void> {
  const run = part === undefined ? undefined : parts[part];
  if (part !== undefined && run === undefined)
    throw new Failure(`There is no part ${part} of scale: ${scaleParts.join(', ')}.`);
  for (const each of run === undefined ? Object.values(parts) : [run]) await each(report, isQuick);
}
