/** `npm run drift -- list | check | heal`: contexts and rows that differ from their streams. */
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { createLogger, createPool, waitUntil } from '#platform';
import type { Difference, SessionCheck } from '#read-models';
import { isUuid, listDrift, mostListed, requestHealing } from '#read-models';
import { addressOf } from '../shared/address.ts';
import { explained } from '../shared/explained.ts';
import { Failure, runProgram } from '../shared/failure.ts';
import { recordAct } from '../shared/record-act.ts';
import type { Counts } from './check.ts';
import { checkSessions } from './check.ts';

const usage = `usage: npm run drift -- list [--healed] [--json]
       npm run drift -- check <session>… | --all [--json]
       npm run drift -- heal [session…]

list shows the differences that projectors, or check, have found. check compares contexts and rows of sessions, or of all
sessions, with their streams, lists the differences, and exits with 1 if there are any. heal lets the owners of the partitions
rewrite rows and contexts, of all listed sessions when none is named.`;

/** A projector looks for requests with each heartbeat, and checks healed sessions again. */
const patienceMs = 60_000;

interface Options {
  readonly all: boolean;
  readonly healed: boolean;
  readonly json: boolean;
}

await runProgram(async () => {
  const flag = { type: 'boolean', default: false } as const;
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { all: flag, healed: flag, json: flag },
  });
  const [action, ...sessions] = positionals;
  if (!sessions.every(isUuid)) throw new Failure(usage);
  const pool = createPool(addressOf('DATABASE_URL'), {
    logger: createLogger('drift', 'silent'),
    applicationName: 'turnstream-drift',
  });
  try {
    if (action === 'list' && sessions.length === 0) await list(pool, values);
    else if (action === 'check' && values.all !== sessions.length > 0) await check(pool, sessions, values);
    else if (action === 'heal') await heal(pool, sessions);
    else throw new Failure(usage);
  } catch (error) {
    throw explained(error);
  } finally {
    await pool.end();
  }
}, usage);

async function list(pool: Pool, { healed, json }: Options): Promise<void> {
  const found = await listDrift(pool, healed);
  for (const difference of found)
    console.log(json ? JSON.stringify(difference) : `${difference.session_id}  ${describe(difference)}`);
  if (found.length === mostListed) console.error(`Only the first ${mostListed} are shown.`);
  if (!json) console.log(`${found.length} ${found.length === 1 ? 'difference' : 'differences'}`);
}

async function check(pool: Pool, sessions: readonly string[], { all, json }: Options): Promise<void> {
  const show = (found: SessionCheck): void => {
    if (all && found.result !== 'different') return;
    console.log(json ? JSON.stringify(found) : `${found.session_id}  ${found.result}`);
    if (!json) for (const difference of found.differences) console.log(`  ${describe(difference)}`);
  };
  const counts = await checkSessions(pool, all ? 'all' : sessions, show, (so) => console.error(inWords(so)));
  if (counts.different) throw new Failure(`Sessions compared with their streams: ${inWords(counts)}.`);
  if (!json) console.log(inWords(counts));
}

function inWords(counts: Counts): string {
  return Object.entries(counts)
    .map(([result, count]) => `${count} ${result}`)
    .join(', ');
}

async function heal(pool: Pool, sessions: readonly string[]): Promise<void> {
  await recordAct({ action: 'heal_drift', session_ids: sessions });
  const requested = await requestHealing(pool, sessions.length === 0 ? undefined : sessions);
  const unknown = sessions.filter((id) => !requested.includes(id));
  if (unknown.length > 0) console.log(`Not listed: ${unknown.join(', ')}`);
  const left = async () => (await listDrift(pool)).filter(({ session_id }) => requested.includes(session_id));
  const isTried = async (): Promise<boolean> => (await left()).every(({ heal_requested }) => !heal_requested);
  await waitUntil(isTried, { timeoutMs: patienceMs, everyMs: 200 }).catch(() => {
    const question = 'does one run, and do Redis and the event store answer?';
    throw new Failure(`The projectors have not tried all of them yet: ${question}`);
  });
  const still = new Set((await left()).map(({ session_id }) => session_id)).size;
  console.log(`${requested.length - still} healed, ${still} still different`);
}

function describe({ kind, problem, turn_revision, field, stored_revision }: Difference): string {
  const place = [kind, turn_revision < 0 ? '' : `at revision ${turn_revision}`, field];
  const shown = place.filter((part) => part !== '').join(' ');
  return `${shown}: ${problem} (${stored_revision === null ? 'not stored' : `stored up to revision ${stored_revision}`})`;
}
