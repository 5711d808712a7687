import type { Held, Processes } from '../diagnostics/processes.ts';
import { settled } from '../diagnostics/settled.ts';
import type { System } from '../scenarios/system.ts';
import type { Case } from './common/case.ts';
import type { Surprise } from './run.ts';
import { fillPageCache, runCases, workOrderly } from './run.ts';
import type { Watched } from './watch.ts';
import { watch } from './watch.ts';

export interface Attack {
  /** The resources of each process before, and after each run of the cases. */
  readonly held: readonly ReadonlyMap<string, Held>[];
  readonly surprises: readonly Surprise[];
  readonly watched: readonly Watched[];
}

/** Sends the cases repeatedly while the processes are watched; normal work must succeed after each round. */
export async function attack(
  { apis, apps, env }: System,
  processes: Processes,
  cases: readonly Case[],
  runs: number,
): Promise<Attack> {
  const target = { url: apis[0], eventStoreUrl: env['EVENTSTORE_URL'] ?? '' };
  // A single run is not compared with others.
  if (runs > 1) await fillPageCache(target.eventStoreUrl);
  for (let n = 0; n < warmUps; n += 1) await workOrderly(target.url);
  const held = [await settled(processes)];
  const surprises: Surprise[] = [];
  const watched: Watched[] = [];
  for (let run = 0; run < runs; run += 1) {
    const work = async (): Promise<void> => {
      surprises.push(...(await runCases(target, cases)));
    };
    watched.push(await watch(processes, apps, work));
    await workOrderly(target.url);
    held.push(await settled(processes));
  }
  return { held, surprises, watched };
}

const warmUps = 5;
