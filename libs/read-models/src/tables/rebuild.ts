import type { Pool, PoolClient } from 'pg';
import { pendingTables } from './bulk/finish.ts';
import { partitionedTables } from './partitions.ts';
import { isRefusedData } from './refused.ts';

/** Schema in which the tables are rebuilt, which stays; the connections that fill them name it. */
const rebuildSchema = 'rebuild';
/** Those that are rebuilt: turns first, they refer to sessions. */
const tables = [
  'conversation_turn',
  'conversation_session',
  'set_aside_session',
  'session_reference',
  'personal_token',
  'turn_entity',
  'turn_word',
  'session_milestone',
];
const lockKey = 7_230_118;

/** Thrown when another rebuild is under way. */
export class RebuildInProgressError extends Error {
  constructor() {
    super('Another rebuild of the tables is under way.');
  }
}

interface RebuildSteps {
  /**
   * Fills the empty tables of the schema; resolves when they have caught up with the streams. In bulk: those of turns have
   * no indexes before it gives them some. It is called once more, not in bulk, when some row is refused.
   */
  readonly fill: (inBulk: boolean) => Promise<void>;
  /** Continues until everything up to a position is written; resolves with the position reached. */
  readonly reach: (position: bigint) => Promise<bigint>;
}

/**
 * Rebuilds the conversation tables beside the others, then switches to them in one transaction. While it switches,
 * the projectors wait; afterwards they find themselves fenced, take their partitions again and continue from the position
 * reached. Sessions that are set aside stay listed: whoever takes their partition tries them again.
 * @throws RebuildInProgressError
 */
export async function rebuildTables(pool: Pool, { fill, reach }: RebuildSteps, inBulk = true): Promise<void> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
      lockKey,
    ]);
    if (!rows[0]?.locked) throw new RebuildInProgressError();
    await fillTables(client, fill, inBulk);
    await switchTables(client, reach);
  } finally {
    // The lock goes with the connection.
    client.release(true);
  }
}

/** Which row is refused is only found where each batch is written by itself. */
async function fillTables(client: PoolClient, fill: RebuildSteps['fill'], inBulk: boolean): Promise<void> {
  await createTables(client, inBulk);
  try {
    await fill(inBulk);
  } catch (error) {
    if (!inBulk || !isRefusedData(error)) throw error;
    await createTables(client, false);
    await fill(false);
  }
}

async function createTables(client: PoolClient, inBulk: boolean): Promise<void> {
  await client.query(`
    DO $$ BEGIN
      IF to_regnamespace('${rebuildSchema}') IS NULL THEN CREATE SCHEMA ${rebuildSchema}; END IF;
    END $$;
    DROP TABLE IF EXISTS ${[...tables, 'pending_reply', 'pending_deletion'].map((table) => `${rebuildSchema}.${table}`).join(', ')};
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
  const like = `INCLUDING ALL${isPartitioned && inBulk ? ' EXCLUDING INDEXES' : ''}`;
  const create = `CREATE TABLE ${rebuildSchema}.${table} (LIKE public.${table} ${like})`;
  if (isPartitioned)
    return `${create} PARTITION BY RANGE (ordered_at);
      CREATE TABLE ${rebuildSchema}.${table}_default PARTITION OF ${rebuildSchema}.${table} DEFAULT;`;
  return `${create}${table === 'conversation_session' ? ' WITH (fillfactor = 80)' : ''};`;
}

async function switchTables(client: PoolClient, reach: RebuildSteps['reach']): Promise<void> {
  await client.query('BEGIN');
  // Taken first by every batch too, so nobody waits for us while holding what we need.
  await client.query('LOCK TABLE projection_slot IN ACCESS EXCLUSIVE MODE');
  const { rows } = await client.query<{ position: string | null }>(
    'SELECT max(position) AS position FROM projection_slot',
  );
  const position = await reach(BigInt(rows[0]?.position ?? 0));
  // They stay the same objects, with whatever was granted on them.
  await client.query('SELECT create_reporting_views($1)', [rebuildSchema]);
  await client.query(`
    INSERT INTO ${rebuildSchema}.set_aside_session SELECT * FROM public.set_aside_session
      ON CONFLICT (session_id) DO UPDATE SET since = excluded.since;
    DROP TABLE ${tables.map((table) => `public.${table}`).join(', ')};
    ${tables.map((table) => `ALTER TABLE ${rebuildSchema}.${table} SET SCHEMA public;`).join('\n')}
    DO $$ DECLARE part regclass; BEGIN
      FOR part IN SELECT inhrelid FROM pg_inherits
        WHERE inhparent IN (${partitionedTables.map((table) => `'public.${table}'::regclass`).join(', ')})
      LOOP EXECUTE format('ALTER TABLE %s SET SCHEMA public', part); END LOOP;
    END $$;
  `);
  await client.query(
    'UPDATE projection_slot SET position = $1, ahead_of = NULL, epoch = epoch + 1, owner = NULL, lease_until = NULL, updated_at = now()',
    [position],
  );
  await client.query('COMMIT');
  await client.query('ANALYZE conversation_session, conversation_turn');
}
