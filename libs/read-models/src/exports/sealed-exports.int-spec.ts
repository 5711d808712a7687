import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MemoryKeyStore, testDataKeys } from '../../../privacy/src/keys/test-keys.ts';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase, Script, startSession, TablesWriter, turn } from '../test-support.ts';
import { Pseudonyms } from './pseudonyms.ts';
import { exported, rowsOf, runnerPorts } from './test-exports.ts';

const root = mkdtempSync(join(tmpdir(), 'turnstream-sealed-'));
const keys = testDataKeys(new MemoryKeyStore());
const from = '2026-01-01T00:00:00Z';
let database: TestDatabase;
let ports: ReturnType<typeof runnerPorts>;
beforeAll(async () => {
  database = await createDatabase();
  ports = runnerPorts(database.pool, root, { keys });
  const writer = await TablesWriter.create(database.pool, keys);
  for (const partner_id of ['P1', 'P2']) {
    // Turns of the same time are in the order of their sessions.
    const script = new Script(randomUUID().replace(/^./, partner_id === 'P1' ? '0' : 'f'));
    await writer.write(
      script.sessionId,
      script.request({ ...startSession, partner_id } as typeof startSession),
    );
    const more = {
      message_text: `CANARY ${partner_id}`,
      extracted_entities: { name: 'CANARY' },
      message_id: 'CANARY',
    };
    await writer.write(script.sessionId, script.request(turn(randomUUID(), more)));
  }
  await database.pool.query(`UPDATE projection_slot SET current_until = now()`);
});
afterAll(async () => {
  await ports.store.dispose();
  await database.drop();
  rmSync(root, { recursive: true });
});

test.each(['ndjson', 'parquet'] as const)('sealed values of rows are opened, as %s', async (format) => {
  const { rows } = await database.pool.query('SELECT * FROM conversation_turn');
  expect(JSON.stringify(rows)).not.toContain('CANARY');
  const job = await exported(ports, { format, filter: { from } });
  expect(await rowsOf(database.pool, root, job)).toMatchObject(
    ['P1', 'P2'].map((partner_id) => ({
      partner_id,
      message_text: `CANARY ${partner_id}`,
      extracted_entities: { name: 'CANARY' },
      message_id: 'CANARY',
      channel: 'whatsapp',
      intent_confidence: 0.9,
    })),
  );
});

test('no data is shown of a partner whose key is destroyed', async () => {
  await keys.destroy('P2', new Date(Date.now() + 1_000).toISOString());
  keys.forget('P2');
  const rows = await rowsOf(
    database.pool,
    root,
    await exported(ports, { filter: { from, partner_id: 'P2' } }),
  );
  expect(rows).toMatchObject([{ message_text: '[erased]', extracted_entities: {}, message_id: '[erased]' }]);
});

test.each([
  ['with a key store', keys],
  ['without one', undefined],
])('partners have the same pseudonym and split in every export, %s', async (_, keys) => {
  const [one, another] = [
    await Pseudonyms.load(database.pool, keys),
    await Pseudonyms.load(database.pool, keys),
  ];
  const partners = Array.from({ length: 2_000 }, (_, n) => `P${n}`);
  const splits = partners.map((id) => one.splitOf(id));
  expect(partners.map((id) => another.splitOf(id))).toEqual(splits);
  expect(new Set(partners.map((id) => one.of('partner', id))).size).toBe(partners.length);
  expect(one.of('partner', 'P1')).toBe(another.of('partner', 'P1'));
  expect(one.of('partner', 'P1')).not.toBe(one.of('conversation', 'P1'));
  for (const [split, share] of [
    ['train', 0.8],
    ['validation', 0.1],
    ['test', 0.1],
  ] as const)
    expect(splits.filter((name) => name === split).length / partners.length).toBeCloseTo(share, 1);
});
