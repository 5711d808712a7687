import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase } from '../test-support.ts';
import {
  ExportIdReusedError,
  deleteExport,
  findExport,
  listExports,
  partsOf,
  requestExport,
} from './jobs.ts';
import { claimExport } from './leases.ts';
import { manifestOf } from './manifest.ts';
import { countWithdrawn, exportsOf, withdrawExports } from './partners.ts';
import type { ExportRequest } from './request.ts';
import { ExportRunner } from './runner.ts';
import { addTurns, exported, exportRequest, marchFrom, rowsOf, runnerPorts } from './test-exports.ts';

const turns = 5_210;
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

const read = (job: ExportRequest) => rowsOf(database.pool, root, job);
const sortedTexts = (rows: Awaited<ReturnType<typeof read>>): string[] =>
  rows.map(({ message_text }) => String(message_text)).sort();
const all = Array.from({ length: turns }, (_, n) => `Where is my payout?${n}`).sort();

describe('an export of turns', () => {
  test.each([
    ['ndjson', false],
    ['ndjson', true],
    ['parquet', false],
  ] as const)('as %s, gzip %s, has each turn once', async (format, gzip) => {
    const job = await exported(ports, { format, gzip });
    expect(sortedTexts(await read(job))).toEqual(all);
    expect((await partsOf(database.pool, job.export_id)).map(({ rows }) => rows)).toEqual([
      ...Array.from({ length: 5 }, () => 1_000),
      210,
    ]);
  });

  test('has a manifest that verifies its files', async () => {
    const job = await exported(ports);
    const parts = await partsOf(database.pool, job.export_id);
    const manifest = JSON.parse(await readFile(join(root, job.export_id, 'manifest.json'), 'utf8'));
    expect(manifest).toEqual(manifestOf(job, parts));
    expect(manifest).toMatchObject({ rows: turns, filter: { from: marchFrom }, masked: false });
    for (const { name, sha256 } of manifest.files) {
      const content = await readFile(join(root, job.export_id, name));
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
    const [first] = await read(job);
    expect(manifest.first.slice(1)).toEqual([first?.['session_id'], String(first?.['revision'])]);
    expect(await findExport(database.pool, job.export_id)).toMatchObject({ status: 'done', failure: null });
  });

  test.each([
    [{ sender: 'bot' }, turns / 2],
    [{ parsed_intent: 'ask' }, Math.ceil(turns / 3)],
    [{ partner_id: 'P3' }, 200],
    [{ channel: 'ivr' }, 0],
    [{ from: '2026-03-01T00:00:10Z', to: '2026-03-01T00:00:20Z' }, 30],
  ] as const)('by %j has the turns that match the filter', async (filter, count) => {
    const job = await exported(ports, { filter: { from: marchFrom, ...filter } });
    expect((await read(job)).length).toBe(count);
  });

  test('for a token with limits has only the turns within them', async () => {
    const scoped = { scope: { partners: ['P1', 'P2'], channels: ['whatsapp'], restricted: false } };
    expect((await read(await exported(ports, scoped))).length).toBe(400);
    const elsewhere = { scope: { channels: ['ivr'], restricted: false } };
    expect((await read(await exported(ports, elsewhere))).length).toBe(0);
  });

  test('without turns has one file with its columns', async () => {
    const job = await exported(ports, { format: 'csv', filter: { from: marchFrom, partner_id: 'nobody' } });
    const [part] = await partsOf(database.pool, job.export_id);
    expect(await readFile(join(root, job.export_id, part?.name ?? ''), 'utf8')).toMatch(
      /^turn_id,session_id,.*\n$/,
    );
  });

  test('masked has masked texts and records no partners', async () => {
    const job = await exported(ports, { masked: true, purpose: null });
    expect(new Set(sortedTexts(await read(job)))).toEqual(new Set(['[masked]']));
    const { rowCount } = await database.pool.query('SELECT FROM export_partner WHERE export_id = $1', [
      job.export_id,
    ]);
    expect(rowCount).toBe(0);
    expect(ports.records.filter(({ what }) => what?.includes(job.export_id))).toEqual([]);
  });

  test('unmasked records its partners', async () => {
    const job = await exported(ports, { filter: { from: marchFrom, to: '2026-03-01T00:10:00Z' } });
    const records = ports.records.filter(({ what }) => what === `export ${job.export_id}`);
    const partners = new Set(records.flatMap(({ partner_ids }) => partner_ids));
    expect([...partners].sort()).toEqual(Array.from({ length: 9 }, (_, n) => `P${n}`));
    expect(records[0]).toMatchObject({ action: 'export_turns', purpose: 'research:1' });
  });

  test('holds nothing later than the known state of the tables', async () => {
    await database.pool.query(
      `INSERT INTO projection_slot (slot, prefixes, current_until) VALUES (0, '{}', '2026-03-01T00:00:05Z')`,
    );
    const job = await exported(ports);
    await database.pool.query('TRUNCATE projection_slot');
    expect(job).toMatchObject({
      until: '2026-03-01T00:00:05.000Z',
      projected_until: '2026-03-01T00:00:05.000Z',
    });
    expect((await read(job)).length).toBe(15);
  });
});

test('an export of sessions has each session', async () => {
  const job = await exported(ports, { form: 'sessions', format: 'parquet' });
  const rows = await read(job);
  expect(new Set(rows.map(({ session_id }) => session_id)).size).toBe(Math.ceil(turns / 20));
  expect(rows[0]).toMatchObject({ start_time: new Date(marchFrom), channel: 'whatsapp', revision: 20 });
});

describe('an export that is interrupted', () => {
  test('is continued by another owner after the last complete file', async () => {
    const job = await requestExport(database.pool, exportRequest());
    const stop = new AbortController();
    const stopping = runnerPorts(database.pool, root, {
      store: ports.store,
      masks: ports.masks,
      accessLog: {
        record: async () => {
          if ((await partsOf(database.pool, job.export_id)).length === 2) stop.abort();
        },
      },
    });
    await new ExportRunner(stopping).round(stop.signal);
    const before = await partsOf(database.pool, job.export_id);
    expect(before.length).toBe(3);
    await new ExportRunner({ ...ports, owner: 'other' }).round(never);
    expect(sortedTexts(await read(job))).toEqual(all);
    const after = await partsOf(database.pool, job.export_id);
    expect(after.slice(0, 3)).toEqual(before);
    expect((await readdir(join(root, job.export_id))).sort()).toEqual([
      'manifest.json',
      ...after.map(({ name }) => name),
    ]);
  });

  test('fails after too many takeovers', async () => {
    const job = await requestExport(database.pool, exportRequest());
    for (let n = 0; n < 10; n += 1) expect(await claimExport(database.pool, 'x', 0)).toBeDefined();
    expect(await claimExport(database.pool, 'x', 0)).toBeUndefined();
    expect(await findExport(database.pool, job.export_id)).toMatchObject({
      status: 'failed',
      failure: 'gave_up',
    });
  });

  test('is no longer written once it is deleted, and its files are removed', async () => {
    const job = await requestExport(database.pool, exportRequest());
    const runner = new ExportRunner({
      ...ports,
      accessLog: { record: () => deleteExport(database.pool, job.export_id) },
    });
    await runner.round(never);
    expect(await partsOf(database.pool, job.export_id)).toEqual([]);
    await runner.removeFiles();
    expect(await readdir(root)).not.toContain(job.export_id);
  });
});

test('an export deleted between two files leaves no files behind', async () => {
  const job = await requestExport(database.pool, exportRequest());
  const remover = new ExportRunner(ports);
  const runner = new ExportRunner({
    ...ports,
    accessLog: {
      record: async () => {
        if ((await partsOf(database.pool, job.export_id)).length !== 1) return;
        await deleteExport(database.pool, job.export_id);
        await remover.removeFiles();
      },
    },
  });
  await runner.round(never);
  expect(await partsOf(database.pool, job.export_id)).toHaveLength(1);
  expect(await readdir(root)).not.toContain(job.export_id);
  await remover.removeFiles();
  const { rows } = await database.pool.query(
    'SELECT files_removed_at IS NOT NULL AS gone FROM export_job WHERE export_id = $1',
    [job.export_id],
  );
  expect(rows).toEqual([{ gone: true }]);
});

/** Writes a partner's privacy state, as a bridge does. */
async function privacy(partner: string, erasure: string): Promise<void> {
  await database.pool.query(
    `INSERT INTO partner_privacy (partner_id, erasure, held, revision) VALUES ($1, $2, false, 1)`,
    [partner, erasure],
  );
}

describe('a partner who is erased', () => {
  test('is left out from the request on', async () => {
    await privacy('P7', 'requested');
    await privacy('P8', 'restricted');
    const rows = await read(await exported(ports));
    expect(rows.filter(({ partner_id }) => partner_id === 'P7' || partner_id === 'P8')).toEqual([]);
    expect(rows.length).toBe(turns - 400);
    const byNamedRole = await read(await exported(ports, { scope: { restricted: true } }));
    expect(byNamedRole.length).toBe(turns - 200);
    await database.pool.query('DELETE FROM partner_privacy');
  });

  test('while a file with the data is being written is left out of it', async () => {
    let erased = 0;
    const job = await exported({
      ...ports,
      accessLog: {
        record: async () => {
          if ((erased += 1) === 1) await privacy('P2', 'requested');
        },
      },
    });
    expect((await read(job)).map(({ partner_id }) => partner_id)).not.toContain('P2');
    expect((await read(job)).length).toBe(turns - 200);
    await database.pool.query('DELETE FROM partner_privacy');
  });

  test('withdraws the exports that hold the data and lists them', async () => {
    const job = await exported(ports);
    const other = await exported(ports, { filter: { from: marchFrom, partner_id: 'P3' } });
    await withdrawExports(database.pool, 'P1');
    expect(await findExport(database.pool, job.export_id)).toMatchObject({ status: 'withdrawn' });
    expect(await findExport(database.pool, other.export_id)).toMatchObject({ status: 'done' });
    expect(await countWithdrawn(database.pool, 'P1')).toBeGreaterThan(0);
    await new ExportRunner(ports).removeFiles();
    expect(await countWithdrawn(database.pool, 'P1')).toBe(0);
    const { role, subject } = job.requested_by;
    expect(await exportsOf(database.pool, 'P1')).toContainEqual({
      export_id: job.export_id,
      form: 'turns',
      requested_at: job.requested_at,
      role,
      subject,
    });
  });
});

describe('a request', () => {
  test('that is repeated is the same export, and another request under its id is refused', async () => {
    const request = exportRequest();
    const job = await requestExport(database.pool, request);
    expect(await requestExport(database.pool, request)).toEqual(job);
    await expect(requestExport(database.pool, { ...request, format: 'csv' })).rejects.toThrow(
      ExportIdReusedError,
    );
    await deleteExport(database.pool, job.export_id);
  });

  test('is listed for its requester, newest first, in pages', async () => {
    const { requested_by } = exportRequest();
    const made: string[] = [];
    for (let n = 0; n < 3; n += 1)
      made.unshift(
        (await exported(ports, { requested_by, filter: { from: marchFrom, partner_id: randomUUID() } }))
          .export_id,
      );
    const first = await listExports(database.pool, requested_by, { limit: 2 });
    const second = await listExports(database.pool, requested_by, { limit: 2, after: first.next ?? '' });
    expect([...first.items, ...second.items].map(({ export_id }) => export_id)).toEqual(made);
    expect(second.next).toBeNull();
    const narrower = { ...requested_by, limits: { partners: ['P1'] } };
    expect((await listExports(database.pool, narrower, { limit: 2 })).items).toEqual([]);
  });
});
