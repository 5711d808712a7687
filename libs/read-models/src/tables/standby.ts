import type { Pool, PoolClient } from 'pg';
import { withClient } from '#platform';
import type { RebuildSteps } from './rebuild.ts';
import {
  beginSwitch,
  fillTables,
  inTime,
  lockKey,
  rebuildLeftovers,
  rebuildSchema,
  refuseStandby,
  StandbyTablesError,
  tables,
  withRebuildLock,
} from './rebuild.ts';
import { exchangeTables } from './swap.ts';

/** The conversation tables beside those in use. */
export interface Standby {
  /** New: they have not been in use yet. Old: they were in use until a switch. */
  readonly role: 'new' | 'old';
  /** Commit position up to which they contain the events. */
  readonly position: bigint;
  /** ISO 8601. */
  readonly made_at: string;
  readonly switched_at: string | null;
}

/** The standby tables; undefined: there are none, or a shadow rebuild is incomplete. */
export async function standbyTables(pool: Pick<Pool, 'query'>): Promise<Standby | undefined> {
  const { rows } = await pool.query<{
    role: Standby['role'];
    position: string;
    made_at: Date;
    switched_at: Date | null;
  }>('SELECT role, position, made_at, switched_at FROM standby_tables');
  const [row] = rows;
  return (
    row && {
      role: row.role,
      position: BigInt(row.position),
      made_at: row.made_at.toISOString(),
      switched_at: row.switched_at?.toISOString() ?? null,
    }
  );
}

/**
 * Builds the tables in the schema `rebuild` and leaves them there. Until they are complete they are only the
 * beginning of a rebuild, which the next rebuild drops.
 * @throws RebuildInProgressError, StandbyTablesError
 */
export async function buildStandby(pool: Pool, { fill, reach }: RebuildSteps, inBulk = true): Promise<void> {
  await withRebuildLock(pool, async (client) => {
    await refuseStandby(client);
    await fillTables(client, fill, inBulk);
    const position = await reach(0n);
    await client.query("INSERT INTO standby_tables (role, position) VALUES ('new', $1)", [position]);
  });
}

/** Saves the position up to which the standby tables contain the events. Their rows are written first. */
export async function saveStandbyPosition(pool: Pick<Pool, 'query'>, position: bigint): Promise<void> {
  await pool.query('UPDATE standby_tables SET position = $1', [position]);
}

/** Runs work with the standby tables, exclusively. @throws RebuildInProgressError, StandbyTablesError */
export async function withStandby<T>(
  pool: Pool,
  work: (client: PoolClient, standby: Standby) => Promise<T>,
): Promise<T> {
  return withRebuildLock(pool, async (client) => {
    const standby = await standbyTables(client);
    if (standby === undefined) throw new StandbyTablesError('there are no standby tables');
    await checkShape(client);
    return work(client, standby);
  });
}

/**
 * Swaps the standby tables with those in use, in one transaction: at any time, even after a crash, one complete set is in
 * use. Projectors are fenced, as in a rebuild, and continue from the position reached.
 * @throws StandbyTablesError when a transaction reads the tables too long
 */
export async function swapTables(client: PoolClient, reach: RebuildSteps['reach']): Promise<void> {
  await beginSwitch(client);
  const { rows } = await client.query<{ least: string; most: string }>(
    'SELECT min(coalesce(position, 0)) AS least, coalesce(max(position), 0) AS most FROM projection_slot',
  );
  const position = await reach(BigInt(rows[0]?.most ?? 0));
  await inTime(async () => {
    // They stay the same objects, so grants on them remain.
    await client.query('SELECT create_reporting_views($1)', [rebuildSchema]);
    await client.query(`
      INSERT INTO ${rebuildSchema}.set_aside_session SELECT * FROM public.set_aside_session
        ON CONFLICT (session_id) DO UPDATE SET since = excluded.since;
      ${exchangeTables}
    `);
  });
  await client.query(
    'UPDATE projection_slot SET position = $1, ahead_of = NULL, epoch = epoch + 1, owner = NULL, lease_until = NULL, updated_at = now()',
    [position],
  );
  await client.query(
    "UPDATE standby_tables SET role = CASE role WHEN 'new' THEN 'old' ELSE 'new' END, position = $1, switched_at = now()",
    [rows[0]?.least ?? 0],
  );
  await client.query('COMMIT');
  await client.query('ANALYZE conversation_session, conversation_turn');
}

/** Drops the standby tables, complete or not. @throws RebuildInProgressError */
export async function dropStandby(pool: Pool): Promise<void> {
  await withRebuildLock(pool, async (client) => {
    await client.query(`
      BEGIN;
      DROP TABLE IF EXISTS ${rebuildLeftovers};
      DELETE FROM standby_tables;
      COMMIT;
    `);
  });
}

/**
 * Drops the leftovers of an interrupted rebuild: nothing will use them, and they may hold data of erased partners. A rebuild in
 * progress is left alone: it learns of erasures from the log.
 */
export async function dropInterrupted(pool: Pool): Promise<void> {
  const interrupted = `SELECT FROM pg_class WHERE relnamespace = to_regnamespace('${rebuildSchema}')::oid
    AND relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM standby_tables) LIMIT 1`;
  if ((await pool.query(interrupted)).rowCount === 0) return;
  await withClient(pool, async (client) => {
    await client.query('BEGIN');
    // A rebuild holds the lock for its connection; here it ends with the transaction.
    const { rowCount } = await client.query(
      `SELECT WHERE pg_try_advisory_xact_lock(${lockKey}) AND EXISTS (${interrupted})`,
    );
    if (rowCount !== 0) await client.query(`DROP TABLE IF EXISTS ${rebuildLeftovers}`);
    await client.query('COMMIT');
  });
}

/** A migration changes only the tables in use, or drops the others. @throws StandbyTablesError when their columns differ */
async function checkShape(client: PoolClient): Promise<void> {
  const { rowCount } = await client.query(
    `WITH shape AS (
       SELECT n.nspname, c.relname || '.' || a.attname || ' ' || a.atttypid::text AS "column" FROM pg_attribute AS a
       JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
       WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relname = ANY ($1) AND n.nspname IN ('public', '${rebuildSchema}')
     ) SELECT FROM shape GROUP BY "column" HAVING count(*) <> 2`,
    [tables],
  );
  if (rowCount !== 0)
    throw new StandbyTablesError('the standby tables are of another release than those in use');
}
