/**
 * `npm run retention -- --dry-run | --apply | --list`: deletes data older than the policy allows, lists what would be
 * deleted, or lists past runs.
 */
import { createLogger, createPool } from '#platform';
import type { DaysByRole } from '#privacy';
import { loadRetentionConfig } from '#privacy';
import { withRetentionLock } from '#read-models';
import { EventCodec, EventStore, readRetentionRuns } from '#sessions';
import { historyKeys } from '../shared/history-keys.ts';
import { runRetention } from '../../apps/bridge/src/retention/retention.ts';
import { addressOf } from '../shared/address.ts';
import { openKeys } from '../shared/data-keys.ts';
import { explained } from '../shared/explained.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { recordAct } from '../shared/record-act.ts';

const usage = `usage: npm run retention -- --dry-run | --apply | --list

The policy is that of the bridge: RETENTION_SESSIONS_DAYS, RETENTION_PARTNERS_DAYS, RETENTION_ACCESS_DAYS, and
RETENTION_FLOOR_DAYS, before which nothing is deleted; READ_SESSIONS_DAYS, READ_PARTNERS_DAYS and READ_ACCESS_DAYS say how
far back roles read. --list shows the runs that
are recorded, those of the bridge too.`;

await runProgram(async () => {
  const type = 'boolean';
  const { values } = parseOptions({ 'dry-run': { type }, apply: { type }, list: { type } });
  if (Object.keys(values).length !== 1) throw new Failure(usage);
  const apply = values.apply === true;
  const policy = loadRetentionConfig(process.env);
  const logger = createLogger('retention', 'silent');
  const { signer } = historyKeys();
  const opened = openKeys();
  const store = new EventStore(addressOf('EVENTSTORE_URL'), new EventCodec(undefined, opened?.keys));
  const pool = createPool(addressOf('DATABASE_URL'), {
    logger,
    max: 2,
    statementTimeoutMs: 600_000,
    applicationName: 'turnstream-retention',
  });
  try {
    if (values.list) return await list(store);
    const ran = await withRetentionLock(pool, async (signal) => {
      if (apply) await recordAct({ action: 'apply_retention' });
      const { before, deleted } = await runRetention({ store, pool, policy, apply, signer, signal });
      const verb = apply ? 'Deleted' : 'Would delete';
      console.log(`${verb} ${deleted.sessions} sessions (${limit(before.sessions)})`);
      console.log(`${verb} the memory of ${deleted.partners} partners (${limit(before.partners)})`);
      console.log(`${verb} ${deleted.access_days} days of the access log (${limit(before.access)})`);
      const { sessions, partners, access } = policy.read;
      console.log(
        `Readable: sessions ${shown(sessions)}; partners ${shown(partners)}; access log ${shown(access)}`,
      );
    });
    if (!ran) throw new Failure('A bridge is running the retention; try again in a moment.');
  } catch (error) {
    throw explained(error);
  } finally {
    await pool.end();
    await store.dispose();
    await opened?.close();
  }
}, usage);

async function list(store: EventStore): Promise<void> {
  for (const { finished_at, before, deleted } of await readRetentionRuns(store))
    console.log(
      [
        finished_at,
        `${deleted.sessions} sessions (${limit(before.sessions)})`,
        `${deleted.partners} partners (${limit(before.partners)})`,
        `${deleted.access_days} days of the access log (${limit(before.access)})`,
      ].join('  '),
    );
}

function shown(days: DaysByRole): string {
  const items = Object.entries(days).map(([role, count]) => `${role} ${count} days`);
  return items.length === 0 ? 'without limit' : items.join(', ');
}

function limit(at: string | null): string {
  return at === null ? 'no limit' : `before ${at}`;
}
