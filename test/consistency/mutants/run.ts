import { join } from 'node:path';
import type { Verdict } from '../common/history.ts';
import type { ClusterOptions } from '../system/cluster.ts';
import type { Size } from '../run/sizes.ts';
import { runSeed } from '../run/seed.ts';
import { withPatchedBuild } from './build.ts';
import type { Mutant } from './list.ts';

export interface MutantResult {
  readonly name: string;
  /** The broken rules that the checker found, of those that this mutant breaks. */
  readonly rules: readonly string[];
  /** How many runs it took. */
  readonly runs: number;
}

interface MutantOptions {
  readonly size: Size;
  /** The folder of the runs' results. */
  readonly dir: string;
  /** The maximum number of runs. */
  readonly budget: number;
  readonly signalService?: ClusterOptions['signalService'];
}

/** Runs a system with a mutant until the checker finds it or the budget is spent. */
export function findMutant(mutant: Mutant, options: MutantOptions): Promise<MutantResult> {
  const { size, dir, budget, ...cluster } = options;
  const { name, patches, weights, target = '', sessionLength = size.load.sessionLength } = mutant;
  return withPatchedBuild(patches, async (root) => {
    const faults = weights ? { weights, target } : { faults: 0 };
    const load = { ...size.load, sessionLength };
    for (let runs = 1; ; runs += 1) {
      const seed = `${name} ${runs}`;
      const place = join(dir, seed.replaceAll(' ', '-'));
      const verdict = await runSeed({ ...size, ...faults, ...cluster, load, root, seed, dir: place });
      const rules = brokenRules(verdict, mutant);
      if (rules.length > 0 || runs === budget) return { name, rules, runs };
    }
  });
}

/** The rules of a mutant that a verdict finds broken. */
export function brokenRules({ findings }: Verdict, { rules }: Mutant): string[] {
  return rules.filter((rule) => findings.some((finding) => finding.rule === rule));
}
