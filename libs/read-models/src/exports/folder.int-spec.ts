import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase } from '../test-support.ts';
import { ExportFolderError } from './folder.ts';
import { findExport, partsOf, requestExport } from './jobs.ts';
import { countWithdrawn, withdrawExports } from './partners.ts';
import { ExportRunner } from './runner.ts';
import { addTurns, exported, exportRequest, rowsOf, runnerPorts } from './test-exports.ts';

const turns = 400;
const root = mkdtempSync(join(tmpdir(), 'turnstream-exports-'));
const never = new AbortController().signal;
let database: TestDatabase;
let ports: ReturnType<typeof runnerPorts>;
beforeAll(async () => {
  database = await createDatabase();
  ports = runnerPorts(database.pool, root);
  await addTurns(database.pool, turns);
});
afterAll(async () => {
  await ports.store.dispose();
  await database.drop();
  rmSync(root, { recursive: true });
});

test('where no export was ever written, a withdrawn export has no files', async () => {
  const { export_id } = await requestExport(database.pool, exportRequest());
  await database.pool.query("UPDATE export_job SET status = 'withdrawn' WHERE export_id = $1", [export_id]);
  await new ExportRunner(ports).removeFiles();
  const { rows } = await database.pool.query('SELECT files_removed_at FROM export_job');
  expect(rows).toEqual([{ files_removed_at: expect.any(Date) }]);
});

describe('a node with another folder', () => {
  let elsewhere: string;
  beforeAll(() => {
    elsewhere = mkdtempSync(join(tmpdir(), 'turnstream-elsewhere-'));
  });
  afterAll(() => rmSync(elsewhere, { recursive: true }));

  test('leaves the files of finished exports to the nodes that have them, and reports it', async () => {
    const job = await exported(ports);
    await withdrawExports(database.pool, 'P1');
    const runner = new ExportRunner(runnerPorts(database.pool, elsewhere, { store: ports.store }));
    await expect(runner.removeFiles()).rejects.toThrow(ExportFolderError);
    expect(await countWithdrawn(database.pool, 'P1')).toBeGreaterThan(0);
    expect(await readdir(join(root, job.export_id))).toContain('manifest.json');
    await new ExportRunner(ports).removeFiles();
    expect(await countWithdrawn(database.pool, 'P1')).toBe(0);
    expect(await readdir(root)).not.toContain(job.export_id);
  });

  test('writes nothing there', async () => {
    const job = await requestExport(database.pool, exportRequest());
    const runner = new ExportRunner(runnerPorts(database.pool, elsewhere, { store: ports.store }));
    await expect(runner.round(never)).rejects.toThrow(ExportFolderError);
    expect(await readdir(elsewhere)).toEqual([]);
    expect(await findExport(database.pool, job.export_id)).toMatchObject({ status: 'waiting' });
    await new ExportRunner(ports).round(never);
    expect(await findExport(database.pool, job.export_id)).toMatchObject({ status: 'done' });
  });

  test('releases an export whose folder disappears while it is written', async () => {
    const job = await requestExport(database.pool, exportRequest());
    const accessLog = { record: () => rename(join(root, 'folder-id'), join(root, 'away')) };
    await expect(new ExportRunner({ ...ports, accessLog }).round(never)).rejects.toThrow(ExportFolderError);
    expect(await partsOf(database.pool, job.export_id)).toEqual([]);
    await rename(join(root, 'away'), join(root, 'folder-id'));
    await database.pool.query('UPDATE export_job SET lease_until = NULL WHERE export_id = $1', [
      job.export_id,
    ]);
    await new ExportRunner(ports).round(never);
    expect((await rowsOf(database.pool, root, job)).length).toBe(turns);
  });
});
