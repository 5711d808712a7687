/** `npm run partitions [-- number]`: the number of partitions of the session streams. */
import type { Pool } from 'pg';
import { checkPartitionCount, partitionReport, PartitionsError, setPartitions } from '#partitions';
import { createLogger, createPool, loadRedisConnection, waitUntil } from '#platform';
import { addressOf } from '../shared/address.ts';
import { explained } from '../shared/explained.ts';
import { Failure, parseWords, runProgram } from '../shared/failure.ts';
import { recordAct } from '../shared/record-act.ts';
import { checkApiNodes } from './api-nodes.ts';

const usage = `usage: npm run partitions [-- number]

Shows the partitions of projectors and bridges, and how many each owns. With a number, one of 1, 2, 4 … 256, repartitions the session
streams while the system runs, and waits until that is done.`;

/** Longer than the leases of a hung process. */
const patienceMs = 120_000;

await runProgram(async () => {
  const [number, ...rest] = parseWords();
  if (rest.length > 0) throw new Failure(usage);
  const pool = createPool(addressOf('DATABASE_URL'), {
    logger: createLogger('partitions', 'silent'),
    max: 1,
    applicationName: 'turnstream-partitions',
  });
  try {
    if (number !== undefined) await change(pool, Number(number));
    await show(pool);
  } catch (error) {
    throw error instanceof PartitionsError ? new Failure(error.message) : explained(error);
  } finally {
    await pool.end();
  }
}, usage);

async function change(pool: Pool, count: number): Promise<void> {
  checkPartitionCount(count);
  await checkApiNodes(count, loadRedisConnection(addressOf('REDIS_URL'), process.env));
  await recordAct({ action: 'set_partitions' });
  await setPartitions(pool, count);
  const isDone = async (): Promise<boolean> =>
    (await partitionReport(pool)).reports.every(({ toReplace }) => toReplace === 0);
  await waitUntil(isDone, { timeoutMs: patienceMs, everyMs: 200 }).catch(async () => {
    await show(pool);
    throw new Failure('Not all partitions are replaced yet: do projectors and bridges run?');
  });
}

async function show(pool: Pool): Promise<void> {
  const { set, reports } = await partitionReport(pool);
  console.log(set === null ? 'No number of partitions is set yet.' : `${set} partitions are set.`);
  for (const { of, partitions, toReplace, owned, withoutOwner } of reports) {
    const left = toReplace === 0 ? '' : `, ${toReplace} to be replaced`;
    console.log(`${of}: ${partitions} partitions${left}, ${withoutOwner} without an owner`);
    for (const [instance, count] of Object.entries(owned)) console.log(`  ${instance}: ${count}`);
  }
}
