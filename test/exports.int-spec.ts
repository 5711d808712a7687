import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestDatabase } from '../libs/read-models/src/test-support.ts';
import { createDatabase } from '../libs/read-models/src/test-support.ts';
import { addTurns } from '../libs/read-models/src/exports/test-exports.ts';
import { installReaders } from './scenarios/exports/read-back.ts';
import { exportTurns } from './scenarios/exports/export-turns.ts';

const rows = 3_000;
const text = 'मेरा "भुगतान",\nकहाँ है? 🚚 ';
let database: TestDatabase;
beforeAll(async () => {
  await installReaders();
  database = await createDatabase();
  await addTurns(database.pool, rows, text);
}, 600_000);
afterAll(() => database.drop());

test.each(['parquet', 'csv'] as const)(
  'an export as %s whose process is killed is complete, and other programs read it',
  async (format) => {
    const { url, pool } = database;
    const exported = await exportTurns({ url, pool, format, rows, partRows: 500 });
    const { rows: counted } = await pool.query<{ characters: number; revisions: number }>(
      `SELECT sum(length(message_text))::int AS characters, sum(revision)::int AS revisions FROM conversation_turn`,
    );
    expect(exported).toMatchObject({ status: 'done', filesBefore: 2, changed: [], manifest: { rows } });
    expect(exported.sums).toEqual({
      ...counted[0],
      rows,
      turns: rows,
      entities: (rows * (rows - 1)) / 2,
      intents: rows / 3,
      first: '2026-03-01T00:00:00',
      last: '2026-03-01T00:16:39',
    });
    expect(exported.peakMib).toBeLessThan(250);
  },
);
