import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase } from '../test-support.ts';
import { partsOf, requestExport } from './jobs.ts';
import { ExportRunner } from './runner.ts';
import { addTurns, exportRequest, rowsOf, runnerPorts } from './test-exports.ts';

const turns = 4_000;
const root = mkdtempSync(join(tmpdir(), 'turnstream-killed-'));
const register = join(import.meta.dirname, '../../../../tools/register.mjs');
let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await addTurns(database.pool, turns);
});
afterAll(async () => {
  await database.drop();
  rmSync(root, { recursive: true });
});

test('another process completes the export of a killed one', async () => {
  const request = exportRequest({ format: 'parquet', masked: true });
  const job = await requestExport(database.pool, request);
  const child = fork(join(import.meta.dirname, 'test-killed-runner.ts'), [], {
    execArgv: ['--no-warnings', '--import', register],
    env: { ...process.env, TEST_DATABASE: database.url, TEST_FOLDER: root },
  });
  const [, signal] = (await once(child, 'exit')) as [unknown, string];
  expect(signal).toBe('SIGKILL');
  const before = await partsOf(database.pool, job.export_id);
  expect(before.map(({ rows }) => rows)).toEqual([1_000, 1_000]);
  expect((await readdir(join(root, job.export_id))).length).toBe(3);

  const ports = runnerPorts(database.pool, root, {
    owner: 'heir',
    masks: { turn: (row) => row, event: (e) => e },
  });
  const runner = new ExportRunner(ports);
  const takesOver = async (): Promise<boolean> => (await runner.round(new AbortController().signal)) === 1;
  await waitUntil(takesOver, { what: 'the lease to end' });
  await ports.store.dispose();
  const rows = await rowsOf(database.pool, root, job);
  expect(rows.length).toBe(turns);
  expect(new Set(rows.map(({ turn_id }) => turn_id)).size).toBe(turns);
  const after = await partsOf(database.pool, job.export_id);
  expect(after.slice(0, 2)).toEqual(before);
  expect((await readdir(join(root, job.export_id))).sort()).toEqual([
    'manifest.json',
    ...after.map(({ name }) => name),
  ]);
});
