/** `npm run set-aside -- list | redrive`: the sessions with an event that cannot be projected. */
import type { Pool } from 'pg';
import { createLogger, createPool, waitUntil } from '#platform';
import type { ListedSession } from '#read-models';
import { listSetAside, requestRedrive } from '#read-models';
import { addressOf } from '../shared/address.ts';
import { explained } from '../shared/explained.ts';
import { Failure, parseWords, runProgram } from '../shared/failure.ts';
import { recordAct } from '../shared/record-act.ts';

const usage = `usage: npm run set-aside -- list
       npm run set-aside -- redrive [session…]

redrive lets the projectors try the sessions again, all of them when none is named: those that can be projected now are
rebuilt from their streams. A partition that stopped, since too many of its sessions were set aside, resumes.`;

/** A projector looks for requests with each heartbeat. */
const patienceMs = 30_000;

await runProgram(async () => {
  const [action = '', ...sessions] = parseWords();
  if (!['list', 'redrive'].includes(action) || (action === 'list' && sessions.length > 0))
    throw new Failure(usage);
  const logger = createLogger('set-aside', 'silent');
  const pool = createPool(addressOf('DATABASE_URL'), {
    logger,
    max: 1,
    applicationName: 'turnstream-set-aside',
  });
  try {
    if (action === 'list') await list(pool);
    else {
      await recordAct({ action: 'redrive_set_aside', session_ids: sessions });
      await redrive(pool, sessions);
    }
  } catch (error) {
    throw explained(error);
  } finally {
    await pool.end();
  }
}, usage);

async function list(pool: Pool): Promise<void> {
  const found = await listSetAside(pool);
  for (const { session_id, revision, event_id, type, position, reason, since } of found) {
    const event = `event ${revision} ${type} ${event_id} at ${position ?? 'an unknown position'}`;
    console.log(`${since}  ${session_id}  ${event}: ${reason}`);
  }
  console.log(counted(found.length, 'set aside'));
}

async function redrive(pool: Pool, sessions: readonly string[]): Promise<void> {
  const requested = await requestRedrive(pool, sessions.length === 0 ? undefined : sessions);
  const unknown = sessions.filter((id) => !requested.includes(id));
  if (unknown.length > 0) console.log(`Not set aside: ${unknown.join(', ')}`);
  const left = async (): Promise<ListedSession[]> =>
    (await listSetAside(pool)).filter(({ session_id }) => requested.includes(session_id));
  const isTried = async (): Promise<boolean> => (await left()).every((entry) => !entry.redrive_requested);
  await waitUntil(isTried, { timeoutMs: patienceMs, everyMs: 200 }).catch(() => {
    throw new Failure('The projectors have not tried all of them yet: does one run, and does Redis answer?');
  });
  const still = (await left()).length;
  console.log(`${counted(requested.length - still, 'back')}, ${counted(still, 'still set aside')}`);
}

function counted(count: number, what: string): string {
  return `${count} ${count === 1 ? 'session' : 'sessions'} ${what}`;
}
