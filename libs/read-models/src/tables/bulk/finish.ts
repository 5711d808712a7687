import type { Pool, PoolClient } from 'pg';
import { partitionedTables } from '../partitions.ts';

/** The tables that are filled without indexes: adding rows to an index one by one takes longer than creating it. */
export const indexedLast = [...partitionedTables, 'turn_word', 'session_milestone', 'event_correlation'];

/** Changes to rows of earlier chunks, applied once an index can find those rows. */
export const pendingTables = `
  CREATE UNLOGGED TABLE rebuild.pending_reply
    (session_id uuid, turn_id uuid, response_text text, response_revision bigint);
  CREATE UNLOGGED TABLE rebuild.pending_deletion (session_id text, before bigint);`;

/** $1: late replies. */
export const saveReplies = `INSERT INTO rebuild.pending_reply
  SELECT * FROM json_to_recordset($1::json)
    AS r (session_id uuid, turn_id uuid, response_text text, response_revision bigint)`;

/** $1: sessions with the revision below which their events are deleted. */
export const saveDeletions = `INSERT INTO rebuild.pending_deletion
  SELECT * FROM json_to_recordset($1::json) AS d (session_id text, before bigint)`;

/** $1: the same. */
export const unlistDeleted = `DELETE FROM set_aside_session AS a
  USING json_to_recordset($1::json) AS d (session_id text, before bigint)
  WHERE a.session_id = d.session_id AND a.revision < d.before`;

/** Of several replies to a turn the last one counts. */
const reply = `UPDATE rebuild.conversation_turn AS t
  SET response_text = r.response_text, response_revision = r.response_revision
  FROM (SELECT DISTINCT ON (r.session_id, asked.revision) asked.ordered_at, asked.revision, r.*
    FROM rebuild.pending_reply AS r CROSS JOIN LATERAL (SELECT a.revision, a.ordered_at FROM rebuild.conversation_turn AS a
      WHERE a.session_id = r.session_id AND a.turn_id = r.turn_id AND a.sender = 'user'
        AND a.revision < r.response_revision ORDER BY a.revision DESC LIMIT 1) AS asked
    ORDER BY r.session_id, asked.revision, r.response_revision DESC) AS r
  WHERE t.session_id = r.session_id AND t.ordered_at = r.ordered_at AND t.revision = r.revision
    AND r.response_revision > coalesce(t.response_revision, -1)`;

const deleted = 'rebuild.pending_deletion AS d WHERE t.session_id::text = d.session_id AND';

/** A correlation that continued in a later chunk has a row for each of them. */
const correlations = `WITH
  repeated AS (SELECT session_id, correlation, min(first_revision) AS first_revision, max(last_revision) AS last_revision
    FROM rebuild.event_correlation GROUP BY session_id, correlation HAVING count(*) > 1),
  removed AS (DELETE FROM rebuild.event_correlation AS c USING repeated AS r
    WHERE c.session_id = r.session_id AND c.correlation = r.correlation)
  INSERT INTO rebuild.event_correlation (session_id, correlation, first_revision, last_revision)
  SELECT session_id, correlation, first_revision, last_revision FROM repeated`;

/**
 * Gives the tables of turns the indexes and keys of those in use, on two connections, applies the pending changes, and collects
 * statistics.
 * @param tables all that are rebuilt
 */
export async function finishTables(pool: Pool, otherPool: Pool, tables: readonly string[]): Promise<void> {
  await withConnection(pool, (client) =>
    withConnection(otherPool, async (other) => {
      for (const table of [...partitionedTables, 'turn_word', 'session_milestone', 'personal_token'])
        await client.query(`DELETE FROM rebuild.${table} AS t USING ${deleted} t.revision < d.before`);
      const { constraints, indexes } = await keysOf(client, 'conversation_turn');
      await together(
        async () => {
          await runAll(client, constraints);
          await runAll(client, indexes);
        },
        async () => {
          await finishOthers(other, tables);
          await runAll(other, indexes);
        },
      );
      const { rowCount } = await client.query('SELECT FROM rebuild.pending_reply LIMIT 1');
      if (rowCount !== 0) {
        // The settings leave one plan, so it needs no statistics, which would take long to collect.
        await client.query('SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off');
        await client.query(reply);
      }
      await client.query('DROP TABLE rebuild.pending_reply, rebuild.pending_deletion');
      const statistics = await statisticsOf(client, 'conversation_turn');
      await together(
        () => runAll(client, statistics),
        () => runAll(other, statistics),
      );
    }),
  );
}

/** Runs both to their end: when one fails, the statement of the other would go on. */
async function together(...work: readonly (() => Promise<void>)[]): Promise<void> {
  for (const part of await Promise.allSettled(work.map((run) => run())))
    if (part.status === 'rejected') throw part.reason;
}

/** Runs work on a connection for statements that read whole tables. */
async function withConnection(pool: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('SET enable_hashjoin = on; SET enable_mergejoin = on; SET enable_seqscan = on');
    await client.query("SET maintenance_work_mem = '256MB'; SET work_mem = '64MB'; SET jit = off");
    await work(client);
  } finally {
    // Closing the connection discards its settings.
    client.release(true);
  }
}

async function finishOthers(client: PoolClient, tables: readonly string[]): Promise<void> {
  await client.query(
    `DELETE FROM rebuild.event_correlation AS t USING ${deleted} t.last_revision < d.before`,
  );
  await client.query(correlations);
  for (const table of indexedLast) {
    if (table === 'conversation_turn') continue;
    const { constraints, indexes } = await keysOf(client, table);
    await runAll(client, [...constraints, ...indexes]);
  }
  await client.query('ANALYZE rebuild.pending_reply');
  const others = tables.filter((table) => table !== 'conversation_turn');
  await client.query(`ANALYZE ${others.map((table) => `rebuild.${table}`).join(', ')}`);
}

/** Runs the statements that are left of a list that connections share. */
async function runAll(client: PoolClient, statements: string[]): Promise<void> {
  for (let text = statements.shift(); text !== undefined; text = statements.shift()) await client.query(text);
}

/**
 * What collects the statistics of a new table with partitions: a statement for the table and one for each partition, where PostgreSQL
 * (from version 18) does not include the partitions in that for the table.
 */
async function statisticsOf(client: PoolClient, table: string): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(
    `SELECT format('ANALYZE %s rebuild.%I', CASE WHEN apart THEN 'ONLY' END, $1::text) AS text FROM ${apart}
     UNION ALL SELECT format('ANALYZE %s', inhrelid::regclass) FROM pg_inherits, ${apart}
     WHERE apart AND inhparent = ('rebuild.' || $1)::regclass`,
    [table],
  );
  return rows.map(({ text }) => text);
}

const apart = `(SELECT current_setting('server_version_num')::int >= 180000 AS apart) AS version`;

/** What creates the keys and indexes of a table in use on the new table, under the same names. */
async function keysOf(
  client: PoolClient,
  table: string,
): Promise<{ readonly constraints: string[]; readonly indexes: string[] }> {
  const { rows } = await client.query<{ text: string; is_index: boolean }>(
    `SELECT format('ALTER TABLE rebuild.%I ADD CONSTRAINT %I %s', $1::text, conname,
       regexp_replace(pg_get_constraintdef(oid), 'REFERENCES (public\\.)?', 'REFERENCES rebuild.')) AS text, false AS is_index
     FROM pg_constraint WHERE conrelid = ('public.' || $1)::regclass AND contype IN ('p', 'u', 'f') AND conparentid = 0
     UNION ALL
     SELECT regexp_replace(pg_get_indexdef(indexrelid), ' ON (ONLY )?(public\\.)?', ' ON rebuild.'), true
     FROM pg_index WHERE indrelid = ('public.' || $1)::regclass
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`,
    [table],
  );
  const textsOf = (isIndex: boolean): string[] =>
    rows.flatMap(({ text, is_index }) => (is_index === isIndex ? [text] : []));
  return { constraints: textsOf(false), indexes: textsOf(true) };
}
