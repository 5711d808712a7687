import { randomInt } from 'node:crypto';
import type { Role } from '#privacy';
import { roles } from '#privacy';
import { Failure } from '../shared/failure.ts';

export interface FuzzOptions {
  /** Minimum number of cases. */
  readonly cases: number;
  /** Reproduces the cases, with the same `cases`, since the number of examples of an operation depends on it. */
  readonly seed: number;
  /** The roles whose tokens are used, one after the other. */
  readonly asRoles: readonly Role[];
}

/** The options of `npm run fuzz`. @throws Failure for one that is not a whole number */
export function fuzzOptions({
  cases,
  seed,
  role = 'service',
}: {
  readonly cases?: string;
  readonly seed?: string;
  readonly role?: string;
}): FuzzOptions {
  const asRoles = role === 'all' ? roles : roles.filter((name) => name === role);
  if (asRoles.length === 0) throw new Failure(`--role is '${role}': give ${roles.join(', ')} or all.`);
  return {
    cases: cases === undefined ? 1_000 : whole('--cases', cases, 1),
    seed: seed === undefined ? randomInt(2 ** 31) : whole('--seed', seed, 0),
    asRoles,
  };
}

/** The options that repeat a run. */
export function commandLine({ cases, seed }: Pick<FuzzOptions, 'cases' | 'seed'>, role: Role): string {
  return `--cases ${cases} --seed ${seed} --role ${role}`;
}

function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new Failure(`${option} is '${text}': give a whole number from ${least}.`);
}

/** The number of generated cases that Schemathesis reports; 0: it reports no number. */
export function generatedCases(output: string): number {
  return Number(/(\d+) generated/.exec(output)?.[1] ?? 0);
}
