/** `npm run drift -- list | check | heal`: contexts and rows that are not what their streams say. */
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { createLogger, createPool, createRedis, redisReady, waitUntil } from '#platform';
import { checkSession, isUuid, listDrift, recordDrift, requestHealing, StoredContexts } from '#read-models';
import { EventCodec, EventStore } from '#sessions';
import { addressOf } from '../shared/address.ts';
import { openKeys } from '../shared/data-keys.ts';
import { explained } from '../shared/explained.ts';
import { Failure, runProgram } from '../shared/failure.ts';
import { recordAct } from '../shared/record-act.ts';

const usage = `usage: npm run drift -- list [--healed] [--json]
       npm run drift -- check <session>… [--json]
       npm run drift -- heal [session…]

list shows the differences that projectors, or check, have found. check compares context and rows of sessions with their streams
and ends with 1 if they differ. heal lets the owners of the partitions write rows and contexts anew, of all listed
sessions when none is named.`;

/** A projector looks for requests with each heartbeat. */
const patienceMs = 30_000;
const limits = { mostEvents: 100_000, confirmMs: 1_000 };
const logger = createLogger('drift', 'silent');

await runProgram(async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { healed: { type: 'boolean' }, json: { type: 'boolean' } },
  });
  const [action, ...sessions] = positionals;
  if (!sessions.every(isUuid)) throw new Failure(usage);
  const pool = createPool(addressOf('DATABASE_URL'), { logger, max: 2, applicationName: 'turnstream-drift' });
  try {
    if (action === 'list' && sessions.length === 0) await list(pool, values);
    else if (action === 'check' && sessions.length > 0) await check(pool, sessions, values.json ?? false);
    else if (action === 'heal') {
      await recordAct({ action: 'heal_drift', session_ids: sessions });
      await heal(pool, sessions);
    } else throw new Failure(usage);
  } catch (error) {
    throw explained(error);
  } finally {
    await pool.end();
  }
}, usage);

async function list(
  pool: Pool,
  { healed = false, json = false }: { healed?: boolean; json?: boolean },
): Promise<void> {
  const found = await listDrift(pool, healed);
  for (const difference of found) console.log(json ? JSON.stringify(difference) : lineOf(difference));
  if (!json) console.log(`${found.length} ${found.length === 1 ? 'difference' : 'differences'}`);
}

async function check(pool: Pool, sessions: readonly string[], json: boolean): Promise<void> {
  const opened = openKeys();
  const store = new EventStore(addressOf('EVENTSTORE_URL'), new EventCodec(undefined, opened?.keys));
  const redis = createRedis(addressOf('REDIS_URL'), { logger });
  let different = 0;
  try {
    await redisReady(redis, patienceMs);
    const sources = { store, pool, contexts: new StoredContexts(redis, opened?.keys), keys: opened?.keys };
    for (const id of sessions) {
      const found = await checkSession(sources, id, limits);
      await recordDrift(pool, found);
      if (found.result === 'different') different += 1;
      if (json) console.log(JSON.stringify(found));
      else {
        console.log(`${id}  ${found.result}`);
        for (const difference of found.differences)
          console.log(`  ${lineOf({ session_id: id, ...difference })}`);
      }
    }
  } finally {
    redis.disconnect();
    await store.dispose();
    await opened?.close();
  }
  if (different > 0)
    throw new Failure(`${different} of ${sessions.length} sessions differ from their streams.`);
}

async function heal(pool: Pool, sessions: readonly string[]): Promise<void> {
  const requested = await requestHealing(pool, sessions.length === 0 ? undefined : sessions);
  const unknown = sessions.filter((id) => !requested.includes(id));
  if (unknown.length > 0) console.log(`Not listed: ${unknown.join(', ')}`);
  const left = async () => (await listDrift(pool)).filter(({ session_id }) => requested.includes(session_id));
  const isTried = async (): Promise<boolean> => (await left()).every(({ heal_requested }) => !heal_requested);
  await waitUntil(isTried, { timeoutMs: patienceMs, everyMs: 200 }).catch(() => {
    throw new Failure(
      'The projectors have not tried all of them yet: does one run, and do Redis and the event store answer?',
    );
  });
  const still = new Set((await left()).map(({ session_id }) => session_id)).size;
  console.log(`${requested.length - still} healed, ${still} still different`);
}

interface Shown {
  readonly session_id: string;
  readonly kind: string;
  readonly problem: string;
  readonly turn_revision: number;
  readonly field: string;
  readonly stored_revision: number | null;
}

function lineOf({ session_id, kind, problem, turn_revision, field, stored_revision }: Shown): string {
  const place = [kind, turn_revision < 0 ? '' : `at ${turn_revision}`, field]
    .filter((part) => part !== '')
    .join(' ');
  return `${session_id}  ${place}: ${problem}, stored at revision ${stored_revision ?? 'none'}`;
}
