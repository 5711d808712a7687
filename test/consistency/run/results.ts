import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The result of a seed or a mutant, kept for the summary of a run in parts. */
export interface Kept {
  readonly kind: 'seed' | 'mutant';
  readonly name: string;
  readonly counts: Readonly<Record<string, number>>;
  /** For a mutant: the number of broken rules that the checker found. */
  readonly findings: number;
}

const fileOf = (dir: string): string => join(dir, 'results.jsonl');

/** Keeps a result. It replaces an earlier one of the same seed or mutant. */
export function keep(dir: string, result: Kept): void {
  mkdirSync(dir, { recursive: true });
  appendFileSync(fileOf(dir), `${JSON.stringify(result)}\n`);
}

/** The last result of each seed and mutant. */
export function keptResults(dir: string): Kept[] {
  if (!existsSync(fileOf(dir))) return [];
  const lines = readFileSync(fileOf(dir), 'utf8').trim().split('\n');
  const results = lines.map((line) => JSON.parse(line) as Kept);
  return [...new Map(results.map((result) => [`${result.kind} ${result.name}`, result])).values()];
}
