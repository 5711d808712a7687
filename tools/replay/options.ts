import { availableParallelism } from 'node:os';
import { parseWhole } from '#platform';
import { purposeForm, purposePattern } from '#privacy';
import { Failure, parseOptions } from '../shared/failure.ts';

export const usage = `usage: npm run replay -- (--session ID [--until REVISION] | --all) --with FILE [options]

Folds stored streams with other code beside the current code, and shows where the contexts differ. FILE is a module that
exports evolve(state, event, ours): the state after an event; ours is the current evolve. Nothing is written to any store.

  --session ID       one session; --until: its events up to that revision
  --all              every session, in parallel: the regression test of a new version
  --with FILE        the other code, TypeScript or JavaScript
  --json FILE        where a report is written
  --samples N        of how many sessions that differ the report says how; 10 by default
  --workers N        threads of --all; one for each processor by default
  --purpose WHY      shows personal values, which are masked else; recorded in the access log before anything is read
  EVENTSTORE_URL, KEYSTORE_URL, MASTER_KEYS  by default those of the system that npm start runs

Exit code: 0 all contexts are equal, 1 some differ, 2 the other code failed, or this program.`;

export interface ReplayOptions {
  /** Undefined: all. */
  readonly session: string | undefined;
  readonly until: number | undefined;
  readonly with: string;
  readonly json: string | undefined;
  readonly samples: number;
  readonly workers: number;
  readonly purpose: string | undefined;
}

const mostSamples = 1_000;
const mostWorkers = 64;

/** @throws Failure that says what is wrong */
export function replayOptions(args?: string[]): ReplayOptions {
  const { values } = parseOptions(
    {
      session: { type: 'string' },
      all: { type: 'boolean', default: false },
      until: { type: 'string' },
      with: { type: 'string' },
      json: { type: 'string' },
      samples: { type: 'string', default: '10' },
      workers: { type: 'string', default: String(availableParallelism()) },
      purpose: { type: 'string' },
    },
    args,
  );
  const { session, all, with: code, json, purpose } = values;
  if (code === undefined || all === (session !== undefined)) throw new Failure(usage);
  if (values.until !== undefined && all) throw new Failure('--until is for one --session.');
  if (purpose !== undefined && !purposePattern.test(purpose)) throw new Failure(`--purpose ${purposeForm}`);
  return {
    session: session?.toLowerCase(),
    until: values.until === undefined ? undefined : whole('until', values.until, 0, Number.MAX_SAFE_INTEGER),
    with: code,
    json,
    samples: whole('samples', values.samples, 0, mostSamples),
    workers: whole('workers', values.workers, 1, mostWorkers),
    purpose,
  };
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = parseWhole(text);
  if (value !== undefined && value >= least && value <= most) return value;
  throw new Failure(`--${name} must be a whole number from ${least} to ${most}.`);
}
