import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Verdict } from '../consistency/common/history.ts';
import { withPatchedBuild } from '../consistency/mutants/build.ts';
import type { Mutant } from '../consistency/mutants/list.ts';
import { mutants } from '../consistency/mutants/list.ts';
import { brokenRules } from '../consistency/mutants/run.ts';
import { runSeed } from '../consistency/run/seed.ts';
import { smallMutantSize, smallSize } from '../consistency/run/sizes.ts';

/** `npm run prove -- consistency` at small size. */
const dir = mkdtempSync(join(tmpdir(), 'turnstream-histories-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe('a system under load and faults', () => {
  let verdict: Verdict;
  beforeAll(async () => {
    verdict = await runSeed({ ...smallSize, seed: '1', dir: join(dir, 'seed'), root: process.cwd() });
  });

  test('is consistent', () => {
    expect(verdict.findings).toEqual([]);
  });

  test('has all faults of its plan', () => {
    expect(verdict.counts['faults']).toBe(smallSize.faults);
  });

  test.each(['acknowledged', 'refused', 'reads', 'updates', 'inquiries', 'sealed', 'erasures'])(
    'gives the checker something to check: %s',
    (name) => {
      expect(verdict.counts[name]).toBeGreaterThan(0);
    },
  );
});

describe('the checker', () => {
  const [first, second] = ['ignore If-Match', 'forget the hash of the body'].map((name) =>
    mutants.find((mutant) => mutant.name === name),
  );
  const broken = new Map<Mutant | undefined, readonly string[]>();
  beforeAll(async () => {
    const patches = [...(first?.patches ?? []), ...(second?.patches ?? [])];
    const find = async (root: string): Promise<void> => {
      // On a busy machine a run has few commands, so a mutant has three runs.
      for (const seed of ['mutants-1', 'mutants-2', 'mutants-3']) {
        const verdict = await runSeed({ ...smallMutantSize, seed, dir: join(dir, seed), root });
        for (const mutant of [first, second])
          if (mutant && !broken.get(mutant)?.length) broken.set(mutant, brokenRules(verdict, mutant));
        if ([first, second].every((mutant) => broken.get(mutant)?.length)) return;
      }
    };
    await withPatchedBuild(patches, find, 'api');
  });

  test.each([first, second])('finds a system that is made to $name', (mutant) => {
    expect(broken.get(mutant)).toEqual(mutant?.rules);
  });
});
