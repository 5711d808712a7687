import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import type { Pool, PoolClient } from 'pg';
import { erasedText, keyIdOf } from '#privacy';

/** The columns of the archive. Personal columns are archived sealed or not at all. */
const columns = [
  { name: 'session_id', type: 'STRING' },
  { name: 'turn_id', type: 'STRING' },
  { name: 'revision', type: 'INT64' },
  { name: 'partner_id', type: 'STRING' },
  { name: 'timestamp', type: 'TIMESTAMP' },
  { name: 'ordered_at', type: 'TIMESTAMP' },
  { name: 'channel', type: 'STRING' },
  { name: 'sender', type: 'STRING' },
  { name: 'message_text', type: 'STRING', personal: true },
  { name: 'parsed_intent', type: 'STRING' },
  { name: 'intent_confidence', type: 'DOUBLE' },
  { name: 'extracted_entities', type: 'STRING', personal: true },
  { name: 'response_text', type: 'STRING', personal: true },
  { name: 'bot_action', type: 'STRING' },
  { name: 'message_id', type: 'STRING', personal: true },
  { name: 'goal', type: 'STRING' },
  { name: 'inquiry_id', type: 'STRING' },
  { name: 'actor_role', type: 'STRING' },
  { name: 'actor_id', type: 'STRING' },
] as const;

const rowsAtOnce = 2_000;
const rowGroupSize = 20_000;

type Row = Record<string, unknown> & { readonly month: string };

/**
 * Writes the turns of sessions as Parquet, one file a month: `DIR/turns/month=2026-01/NAME.parquet`. A file gets its name once it is
 * complete and on the disk. One page of rows is in memory at a time.
 * @returns the number of turns
 */
export async function archiveTurns(
  pool: Pool,
  dir: string,
  name: string,
  sessionIds: readonly string[],
): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN READ ONLY');
    await client.query(
      `DECLARE old_turns CURSOR FOR
       SELECT *, extracted_entities #>> '{}' AS extracted_entities,
         to_char(ordered_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month
       FROM conversation_turn WHERE session_id = ANY ($1::uuid[]) ORDER BY ordered_at, session_id, revision`,
      [sessionIds],
    );
    const rows = new Months(rowsOf(client));
    let count = 0;
    for (let month = await rows.next(); month !== undefined; month = await rows.next())
      count += await writeFile(join(dir, 'turns', `month=${month}`, `${name}.parquet`), rows.of(month));
    await client.query('COMMIT');
    return count;
  } finally {
    client.release(true);
  }
}

async function writeFile(path: string, rows: AsyncIterable<Row>): Promise<number> {
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  let count = 0;
  const counted = async function* (): AsyncGenerator<Row> {
    for await (const row of rows) {
      count += 1;
      yield row;
    }
  };
  const spec = columns.map(({ name, type }) => ({ name, type, nullable: true }));
  await parquetWriteRows({ writer: fileWriter(part), columns: spec, rows: counted(), rowGroupSize });
  const file = await open(part);
  await file.sync();
  await file.close();
  await rename(part, path);
  return count;
}

async function* rowsOf(client: PoolClient): AsyncGenerator<Row> {
  for (;;) {
    const { rows } = await client.query<Row>(`FETCH ${rowsAtOnce} FROM old_turns`);
    if (rows.length === 0) return;
    for (const row of rows) yield archived(row);
  }
}

function archived(row: Row): Row {
  const cells = columns.map((column) => {
    const value = row[column.name] ?? null;
    if ('personal' in column && value !== null) return [column.name, sealedOnly(value)];
    return [column.name, column.type === 'INT64' && typeof value === 'string' ? BigInt(value) : value];
  });
  return { ...Object.fromEntries(cells), month: row.month } as Row;
}

/** An erasure destroys the key: unsealed data would stay readable in the archive. */
function sealedOnly(value: unknown): unknown {
  return keyIdOf(value) !== undefined || value === erasedText ? value : null;
}

/** Splits rows ordered by month into months. */
class Months {
  private current: Row | undefined;

  constructor(private readonly rows: AsyncGenerator<Row>) {}

  /** The month of the next row. */
  async next(): Promise<string | undefined> {
    this.current ??= (await this.rows.next()).value as Row | undefined;
    return this.current?.month;
  }

  async *of(month: string): AsyncGenerator<Row> {
    while ((await this.next()) === month) {
      const row = this.current;
      this.current = undefined;
      if (row) yield row;
    }
  }
}
