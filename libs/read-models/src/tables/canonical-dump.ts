import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { JsonObject } from '#domain';
import type { DataKeys } from '#privacy';
import { openTurns } from './sealed-columns.ts';

/** The conversation tables, each with the columns that order its rows. */
const orders = {
  conversation_session: 'session_id',
  conversation_turn: 'session_id, ordered_at, revision',
  turn_entity: 'blind_index, ordered_at, session_id, revision',
  turn_word: 'word, ordered_at, session_id, revision',
  session_milestone: 'session_id, revision',
  session_reference: 'kind, reference, session_id',
  personal_token: 'partner_id, token, session_id',
  set_aside_session: 'session_id',
} as const;

type TableName = keyof typeof orders;
const rowsAtOnce = 5_000;

/** How many rows a table has, and the SHA-256 of their canonical dump. */
interface TableDigest {
  readonly rows: number;
  readonly sha256: string;
}

/**
 * The digests of the conversation tables in one snapshot. Rows are ordered by key, columns by name, and sealed texts are
 * opened, since sealing gives a different text each time. Ignores when a session was set aside and when rows were written.
 */
export async function digestTables(pool: Pool, keys?: DataKeys): Promise<Record<TableName, TableDigest>> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const found: [string, TableDigest][] = [];
    for (const table of Object.keys(orders) as TableName[])
      found.push([table, await digest(client, table, keys)]);
    await client.query('COMMIT');
    return Object.fromEntries(found) as Record<TableName, TableDigest>;
  } finally {
    client.release(true);
  }
}

async function digest(
  client: PoolClient,
  table: TableName,
  keys: DataKeys | undefined,
): Promise<TableDigest> {
  const hash = createHash('sha256');
  let count = 0;
  await client.query(
    `DECLARE dump CURSOR FOR SELECT to_jsonb(t) - 'since' - 'written' AS row FROM ${table} AS t ORDER BY ${orders[table]}`,
  );
  for (;;) {
    const { rows } = await client.query<{ row: JsonObject }>(`FETCH ${rowsAtOnce} FROM dump`);
    if (rows.length === 0) break;
    const plain = rows.map(({ row }) => row);
    const opened =
      table === 'conversation_turn' ? await openTurns(keys, plain as unknown as Sealed[]) : plain;
    for (const row of opened) hash.update(`${JSON.stringify(row)}\n`);
    count += rows.length;
  }
  await client.query('CLOSE dump');
  return { rows: count, sha256: hash.digest('hex') };
}

type Sealed = Parameters<typeof openTurns>[1][number];
