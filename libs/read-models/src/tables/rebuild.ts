import type { Pool, PoolClient } from 'pg';
import { indexedLast, pendingTables } from './bulk/finish.ts';
import { partitionedTables } from './partitions.ts';
import { isRefusedData } from './refused.ts';

/** The schema in which tables are rebuilt. It is never dropped, since connections that fill the tables name it. */
export const rebuildSchema = 'rebuild';
/** The rebuilt tables; turns first, since they refer to sessions. */
export const tables = [
  'conversation_turn',
  'conversation_session',
  'set_aside_session',
  'session_reference',
  'personal_token',
  'turn_entity',
  'turn_word',
  'session_milestone',
  'event_correlation',
];
/** Everything that a rebuild may create in the schema. */
export const rebuildLeftovers = [...tables, 'pending_reply', 'pending_deletion', 'pending_correlation']
  .map((table) => `${rebuildSchema}.${table}`)
  .join(', ');
export const lockKey = 7_230_118;
/** How long a switch waits for a lock, in milliseconds, and how often it tries where only the whole rebuild could be run again. */
const lockMs = 5_000;
const exchanges = 6;

/** Thrown when another rebuild is in progress. */
export class RebuildInProgressError extends Error {
  constructor() {
    super('Another rebuild of the tables is in progress.');
  }
}

/** Thrown when the standby tables are not in the state that a step needs. */
export class StandbyTablesError extends Error {
  constructor(readonly reason: string) {
    super(`The step is not possible: ${reason}.`);
  }
}

export interface RebuildSteps {
  /**
   * Fills the empty tables of the schema; resolves when they have caught up with the streams. In bulk, the turn tables have
   * no indexes until it creates them. It is called again, not in bulk, when a row is refused.
   */
  readonly fill: (inBulk: boolean) => Promise<void>;
  /** Continues until everything up to a position is written; resolves with the position reached. */
  readonly reach: (position: bigint) => Promise<bigint>;
}

/**
 * Rebuilds the conversation tables beside those in use, then switches to them in one transaction. During the switch
 * the projectors wait; afterwards they are fenced, take their partitions again and continue from the position
 * reached. Set-aside sessions stay listed: the next owner of their partition retries them.
 * @throws RebuildInProgressError, StandbyTablesError
 */
export async function rebuildTables(pool: Pool, { fill, reach }: RebuildSteps, inBulk = true): Promise<void> {
  await withRebuildLock(pool, async (client) => {
    await refuseStandby(client);
    await fillTables(client, fill, inBulk);
    await switchTables(client, reach);
  });
}

/** Runs work exclusively, on its own connection. @throws RebuildInProgressError */
export async function withRebuildLock<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
      lockKey,
    ]);
    if (!rows[0]?.locked) throw new RebuildInProgressError();
    return await work(client);
  } finally {
    // The lock ends with the connection, which the server may notice later.
    await client.query('SELECT pg_advisory_unlock($1)', [lockKey]).catch(() => undefined);
    client.release(true);
  }
}

/** @throws StandbyTablesError when the schema already holds complete standby tables */
export async function refuseStandby(client: PoolClient): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM standby_tables');
  if (rowCount !== 0) throw new StandbyTablesError('there are standby tables already');
}

/** Which row is refused is only found when each batch is written separately. */
export async function fillTables(
  client: PoolClient,
  fill: RebuildSteps['fill'],
  inBulk: boolean,
): Promise<void> {
  await createTables(client, inBulk);
  try {
    await fill(inBulk);
    // In bulk, each table is analysed as soon as it has its indexes.
    if (inBulk) return;
  } catch (error) {
    if (!inBulk || !isRefusedData(error)) throw error;
    await createTables(client, false);
    await fill(false);
  }
  // Before they are in use, so that no query is planned without statistics.
  await client.query(`ANALYZE ${tables.map((table) => `${rebuildSchema}.${table}`).join(', ')}`);
}

async function createTables(client: PoolClient, inBulk: boolean): Promise<void> {
  await client.query(`
    DO $$ BEGIN
      IF to_regnamespace('${rebuildSchema}') IS NULL THEN CREATE SCHEMA ${rebuildSchema}; END IF;
    END $$;
    DROP TABLE IF EXISTS ${rebuildLeftovers};
    ${tables.map((table) => createTable(table, inBulk)).join('\n')}
    ${inBulk ? pendingTables : foreignKey}
    DO $$ DECLARE t record; BEGIN
      FOR t IN SELECT relname, obj_description(oid) AS text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
          AND relname IN (${tables.map((table) => `'${table}'`).join(', ')})
      LOOP EXECUTE format('COMMENT ON TABLE ${rebuildSchema}.%I IS %L', t.relname, t.text); END LOOP;
    END $$;
  `);
}

const foreignKey = `ALTER TABLE ${rebuildSchema}.conversation_turn ADD FOREIGN KEY (session_id)
  REFERENCES ${rebuildSchema}.conversation_session (session_id);`;

function createTable(table: string, inBulk: boolean): string {
  const isPartitioned = partitionedTables.some((name) => name === table);
  const like = `INCLUDING ALL${inBulk && indexedLast.includes(table) ? ' EXCLUDING INDEXES' : ''}`;
  const create = `CREATE TABLE ${rebuildSchema}.${table} (LIKE public.${table} ${like})`;
  if (isPartitioned)
    return `${create} PARTITION BY RANGE (ordered_at);
      CREATE TABLE ${rebuildSchema}.${table}_default PARTITION OF ${rebuildSchema}.${table} DEFAULT;`;
  return `${create}${table === 'conversation_session' ? ' WITH (fillfactor = 80)' : ''};`;
}

async function switchTables(client: PoolClient, reach: RebuildSteps['reach']): Promise<void> {
  await beginSwitch(client);
  const { rows } = await client.query<{ position: string | null }>(
    'SELECT max(position) AS position FROM projection_slot',
  );
  const position = await reach(BigInt(rows[0]?.position ?? 0));
  await again(client, async () => {
    // They stay the same objects, so grants on them remain.
    await client.query('SELECT create_reporting_views($1)', [rebuildSchema]);
    await client.query(replaceTables);
  });
  await client.query(
    'UPDATE projection_slot SET position = $1, ahead_of = NULL, epoch = epoch + 1, owner = NULL, lease_until = NULL, updated_at = now()',
    [position],
  );
  await client.query('COMMIT');
}

const replaceTables = `
    INSERT INTO ${rebuildSchema}.set_aside_session SELECT * FROM public.set_aside_session
      ON CONFLICT (session_id) DO UPDATE SET since = excluded.since;
    DROP TABLE ${tables.map((table) => `public.${table}`).join(', ')};
    ${tables.map((table) => `ALTER TABLE ${rebuildSchema}.${table} SET SCHEMA public;`).join('\n')}
    DO $$ DECLARE part regclass; BEGIN
      FOR part IN SELECT inhrelid FROM pg_inherits
        WHERE inhparent IN (${partitionedTables.map((table) => `'public.${table}'::regclass`).join(', ')})
      LOOP EXECUTE format('ALTER TABLE %s SET SCHEMA public', part); END LOOP;
    END $$;
`;

/**
 * Starts the transaction of a switch. A long transaction that reads the tables must not block the switch, and everyone
 * behind it, for ever.
 * @throws StandbyTablesError
 */
export async function beginSwitch(client: PoolClient): Promise<void> {
  await client.query('BEGIN');
  await client.query(`SET LOCAL lock_timeout = '${lockMs}'`);
  // Every batch takes this lock first, too, so nobody waits for us while holding what we need.
  await again(client, () => client.query('LOCK TABLE projection_slot IN ACCESS EXCLUSIVE MODE'));
}

/** Runs work that needs locks. @throws StandbyTablesError when others hold them too long */
export async function inTime<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    throw new StandbyTablesError('somebody holds the tables in a transaction; run it again');
  }
}

/** Retries some times; in between, those who wait for us get their turn. */
async function again(client: PoolClient, work: () => Promise<unknown>): Promise<void> {
  await client.query('SAVEPOINT exchange');
  for (let left = exchanges; ; left -= 1) {
    try {
      return void (left > 1 ? await work() : await inTime(work));
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      await client.query('ROLLBACK TO SAVEPOINT exchange');
    }
  }
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03';
}
