import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestDatabase } from '../libs/read-models/src/test-support.ts';
import { createDatabase } from '../libs/read-models/src/test-support.ts';
import { addTurns } from '../libs/read-models/src/exports/test-exports.ts';
import { keysIn, sealTurns } from './scenarios/exports/seal-turns.ts';
import { installReaders } from './scenarios/exports/read-back.ts';
import { exportTurns } from './scenarios/exports/export-turns.ts';

const rows = 3_000;
const text = 'मेरा "भुगतान",\nकहाँ है? 🚚 ';
const dir = mkdtempSync(join(tmpdir(), 'turnstream-exports-'));
let database: TestDatabase;
let keys: ReturnType<typeof keysIn>;
let counted: { readonly characters: number; readonly revisions: number } | undefined;
beforeAll(async () => {
  await installReaders();
  database = await createDatabase();
  const { pool } = database;
  await addTurns(pool, rows, text);
  const sums = await pool.query<NonNullable<typeof counted>>(
    `SELECT sum(length(message_text))::int AS characters, sum(revision)::int AS revisions FROM conversation_turn`,
  );
  [counted] = sums.rows;
  keys = keysIn(dir);
  await sealTurns(pool, keys.keys);
}, 600_000);
afterAll(async () => {
  await keys.close();
  await database.drop();
  rmSync(dir, { recursive: true });
});

test.each(['parquet', 'csv'] as const)(
  'an export of sealed turns as %s whose process is killed is complete, and other programs read it',
  async (format) => {
    const { url, pool } = database;
    const exported = await exportTurns({ url, pool, format, rows, partRows: 500, keys: keys.env });
    expect(exported).toMatchObject({ status: 'done', filesBefore: 2, changed: [], manifest: { rows } });
    expect(exported.sums).toEqual({
      ...counted,
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
