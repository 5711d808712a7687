import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { withSystem } from '#launcher';
import { createLogger, createPool, waitUntil } from '#platform';
import { pgbouncer } from '../../tools/backing-services/pgbouncer.ts';
import { Supervisor } from '../../tools/launcher/supervisor.ts';
import { freePorts } from '../../tools/shared/free-ports.ts';
import { authorization } from '../../tools/shared/token.ts';
import { separateBackingServices } from '../scenarios/separate-backing-services.ts';

/** Fewer than the processes of a system use, so that connections change hands all the time. */
const size = 8;
const dir = mkdtempSync(join(tmpdir(), 'turnstream-pgbouncer-'));
const supervisor = new Supervisor();
let restore: () => Promise<void>;
let url: string;

beforeAll(async () => {
  restore = await separateBackingServices();
  const behind = new URL(process.env['DATABASE_URL'] ?? '');
  const [port = 0] = await freePorts(1);
  const address = new URL(behind);
  address.port = String(port);
  const program = await pgbouncer({ dir, port, url: behind.href, size });
  await supervisor.start({ ...program, name: 'pgbouncer', log: join(dir, 'pgbouncer.log') }, async () => {
    const client = new Client({ connectionString: address.href, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('SELECT 1');
    await client.end();
  });
  url = `${address.href}?pooling=transaction`;
});
afterAll(async () => {
  await supervisor.stop();
  await restore();
  rmSync(dir, { recursive: true, force: true });
});

describe('connections through PgBouncer in transaction mode', () => {
  const logger = createLogger('spec', 'silent');
  const settingOf = `SELECT current_setting('statement_timeout') AS timeout, current_setting('work_mem') AS work_mem`;

  test('have the settings of their own pool in each statement and each transaction, and of no other', async () => {
    const pools = [1, 2].map((n) =>
      createPool(url, { logger, max: 4, statementTimeoutMs: n * 1_000, settings: `SET work_mem = '${n}MB'` }),
    );
    const seen = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const pool = pools[index % 2];
        if (index % 4 < 2) return (await pool?.query(settingOf))?.rows[0];
        const client = await pool?.connect();
        await client?.query('BEGIN READ ONLY');
        const found = await client?.query(settingOf);
        await client?.query('COMMIT');
        client?.release();
        return found?.rows[0];
      }),
    );
    await Promise.all(pools.map((pool) => pool.end()));
    expect(seen).toEqual(
      seen.map((_, index) => ({ timeout: `${(index % 2) + 1}s`, work_mem: `${(index % 2) + 1}MB` })),
    );
  });

  test('write nothing where that is their setting, alone or in a transaction', async () => {
    const pool = createPool(url, { logger, max: 1, settings: 'SET default_transaction_read_only = on' });
    for (const begin of ['', 'BEGIN; ', 'BEGIN READ WRITE; '])
      await expect(pool.query(`${begin}CREATE TABLE written (n integer)`)).rejects.toThrow(
        'read-only transaction',
      );
    await pool.end();
  });

  test('send named statements unnamed', async () => {
    const pool = createPool(url, { logger, max: 12 });
    const query = { name: 'turnstream-spec', text: 'SELECT $1::int AS n, pg_sleep(0.01)' };
    const answers = await Promise.all(
      Array.from({ length: 48 }, async (_, n) => (await pool.query({ ...query, values: [n] })).rows[0]?.n),
    );
    const { rows } = await pool.query('SELECT count(*)::int AS count FROM pg_prepared_statements');
    await pool.end();
    expect(answers).toEqual(answers.map((_, n) => n));
    expect(rows).toEqual([{ count: 0 }]);
  });

  test('continue after a failed statement, alone or in a transaction', async () => {
    const pool = createPool(url, { logger, max: 1, statementTimeoutMs: 200 });
    await expect(pool.query('SELECT 1 / 0')).rejects.toThrow('division by zero');
    await expect(pool.query('SELECT pg_sleep(10)')).rejects.toThrow('statement timeout');
    const client = await pool.connect();
    await client.query('BEGIN');
    await expect(client.query('SELECT 1 / 0')).rejects.toThrow('division by zero');
    await client.query('ROLLBACK');
    client.release();
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });
});

test('a whole system answers, lists, exports and erases through PgBouncer', async () => {
  await withSystem(
    { apis: 1, env: { DATABASE_URL: url, RETENTION_INTERVAL_S: '1' } },
    async ({ apis: [api = ''] }) => {
      const call = async (
        method: string,
        path: string,
        body?: object,
        role: 'service' | 'admin' = 'service',
      ): Promise<Record<string, unknown>> => {
        const answer = await fetch(`${api}${path}`, {
          method,
          headers: {
            ...authorization(role),
            ...(body && { 'content-type': 'application/json' }),
            'access-purpose': 'spec',
          },
          ...(body && { body: JSON.stringify(body) }),
        });
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
        return (await answer.json()) as Record<string, unknown>;
      };
      const partner_id = `P-${randomUUID()}`;
      const { session_id } = await call('POST', '/v1/sessions', {
        partner_id,
        channel: 'whatsapp',
        language: 'hi',
      });
      for (let n = 0; n < 20; n += 1)
        await call('POST', `/v1/sessions/${String(session_id)}/turns`, {
          sender: 'user',
          message_text: `Where is order ${n}?`,
        });
      const listed = async (role: 'service' | 'admin'): Promise<number> => {
        const { items } = await call('GET', `/v1/turns?partner_id=${partner_id}`, undefined, role);
        return (items as unknown[]).length;
      };
      for (const role of ['service', 'admin'] as const)
        await waitUntil(async () => (await listed(role)) === 20, {
          what: `the turns for ${role}`,
          timeoutMs: 60_000,
          everyMs: 200,
        });
      const { export_id } = await call('POST', '/v1/exports', {
        form: 'turns',
        format: 'ndjson',
        from: '2026-01-01T00:00:00Z',
        partner_id,
      });
      await waitUntil(
        async () => (await call('GET', `/v1/exports/${String(export_id)}`))['status'] === 'done',
        {
          what: 'the export',
          timeoutMs: 60_000,
          everyMs: 200,
        },
      );
      await call('DELETE', `/v1/partners/${partner_id}`, { reason: 'ticket:1' }, 'admin');
      await waitUntil(
        async () =>
          (await call('GET', `/v1/partners/${partner_id}/erasure`, undefined, 'admin'))['receipt'] !== null,
        { what: 'the receipt', timeoutMs: 120_000, everyMs: 200 },
      );
      expect(await listed('admin')).toBe(0);
    },
  );
});
