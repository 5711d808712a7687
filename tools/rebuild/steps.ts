import { writeFileSync } from 'node:fs';
import type { Pool } from 'pg';
import type { TableComparison } from '#read-models';
import { dropStandby, standbyTables } from '#read-models';
import { compareStandby, shadow, switchTo } from '../../apps/projector/src/rebuild/shadow.ts';
import type { RebuildOptions } from '../../apps/projector/src/rebuild/tables.ts';
import { Failure } from '../shared/failure.ts';
import { recordAct } from '../shared/record-act.ts';

export const usage = `usage: npm run rebuild
       npm run rebuild -- --shadow | --compare [--report file] | --switch | --back | --drop | --status

Without an option: builds new tables beside those in use, and switches to them.
--shadow   builds them and leaves them beside those in use; a second run brings them up to date
--compare  compares them with those in use, session by session; exits with 1 if they differ
--switch   brings them up to date and puts them in use; the previous tables stay beside them
--back     brings the previous tables up to date and puts them in use again
--drop     removes the tables that are not in use
--status   says which there are`;

export const stepOptions = {
  shadow: { type: 'boolean' },
  compare: { type: 'boolean' },
  switch: { type: 'boolean' },
  back: { type: 'boolean' },
  drop: { type: 'boolean' },
  status: { type: 'boolean' },
  report: { type: 'string' },
} as const;

const steps = ['shadow', 'compare', 'switch', 'back', 'drop', 'status'] as const;
type Step = { readonly name: (typeof steps)[number]; readonly report: string | undefined };

/** The step that the options select; undefined: a whole rebuild. @throws Failure when they select several */
export function chosenStep(
  values: {
    readonly [name in Step['name']]?: boolean;
  } & { readonly report?: string },
): Step | undefined {
  const [name, ...others] = steps.filter((step) => values[step]);
  if (others.length > 0 || (values.report !== undefined && name !== 'compare')) throw new Failure(usage);
  return name && { name, report: values.report };
}

/** @throws Failure when a comparison finds differences */
export async function runStep({ name, report }: Step, options: RebuildOptions): Promise<void> {
  if (name === 'status') return withPool(options, showStatus);
  if (name === 'compare') return compare(options, report);
  await recordAct({ action: `rebuild_${name}` });
  if (name === 'shadow') {
    const events = await shadow(options);
    console.log(`The standby tables are up to date: ${events} events written. Those in use are as before.`);
  } else if (name === 'drop') {
    await withPool(options, dropStandby);
    console.log('The standby tables are dropped.');
  } else {
    await switchTo(name === 'switch' ? 'new' : 'old', options);
    console.log('The standby tables are in use; the previous tables stand by until --drop.');
  }
}

async function compare(options: RebuildOptions, report: string | undefined): Promise<void> {
  const comparison = await compareStandby(options);
  const text = JSON.stringify(comparison, null, 2);
  if (report === undefined) console.log(text);
  else writeFileSync(report, `${text}\n`);
  const { different } = comparison;
  if (different > 0) throw new Failure(`${different} sessions differ${describe(comparison)}.`);
  console.log(`${comparison.compared} sessions are equal${describe(comparison)}.`);
}

function describe({ moved }: TableComparison): string {
  return moved.length === 0 ? '' : `; ${moved.length} were written all the time, and not compared`;
}

async function showStatus(pool: Pool): Promise<void> {
  const standby = await standbyTables(pool);
  if (standby === undefined) return console.log('There are no standby tables.');
  const { role, position, made_at, switched_at } = standby;
  const what = role === 'new' ? 'of a shadow rebuild' : 'that were in use before';
  const since = switched_at === null ? '' : `, switched ${switched_at}`;
  console.log(`The standby tables are those ${what}: at position ${position}, made ${made_at}${since}.`);
}

async function withPool(options: RebuildOptions, work: (pool: Pool) => Promise<void>): Promise<void> {
  const pool = options.pool();
  try {
    await work(pool);
  } finally {
    await pool.end();
  }
}
