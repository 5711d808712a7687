import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { parquetReadObjects } from 'hyparquet';
import { Pool } from 'pg';
import { dropOldPartitions } from '#read-models';
import { testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import { turn } from '../../../../libs/read-models/src/test-support.ts';
import { erasureWorld } from '../erasure/test-partner.ts';
import { runRetention } from './retention.ts';

let world: Awaited<ReturnType<typeof erasureWorld>>;
let dir: string;
beforeAll(async () => {
  world = await erasureWorld(testDataKeys());
  dir = await mkdtemp(join(tmpdir(), 'turnstream-archive-'));
});
afterAll(async () => {
  await world.close();
  await rm(dir, { recursive: true });
});

const dayMs = 86_400_000;
const policy = { sessionsDays: 10, partnersDays: 0, accessDays: 0, floorDays: 0 };
/** Runs the retention long after the current events. */
const run = (archiveDir: string | null = null, more: Partial<Parameters<typeof runRetention>[0]> = {}) =>
  runRetention({
    ...world,
    policy: { ...policy, archiveDir },
    apply: true,
    signer: undefined,
    now: new Date(Date.now() + 100 * dayMs),
    onPartitionsKept: (error) => {
      throw error;
    },
    ...more,
  });

async function conversation(ends: boolean): Promise<{ id: string; partner_id: string }> {
  const partner_id = `P-${randomUUID()}`;
  const id = await world.start(partner_id);
  await world.execute(id, turn(randomUUID(), { message_text: 'CANARY', message_id: 'CANARY' }));
  if (ends) await world.execute(id, { type: 'EndSession', reason: null });
  await world.project(id);
  return { id, partner_id };
}

beforeEach(async () => {
  for (const table of ['conversation_turn', 'turn_entity'])
    await world.pool.query('SELECT add_turn_partition($1, now()::date)', [table]);
});

const partition = `conversation_turn_${new Date().toISOString().slice(0, 7).replace('-', '_')}`;

async function hasPartition(): Promise<boolean> {
  const { rows } = await world.pool.query<{ name: string | null }>('SELECT to_regclass($1)::text AS name', [
    partition,
  ]);
  return rows[0]?.name !== null;
}

test('a partition stays while something in it is kept: an active session, a legal hold that no table knows of', async () => {
  await conversation(true);
  const active = await conversation(false);
  await run();
  expect(await hasPartition()).toBe(true);
  await world.execute(active.id, { type: 'EndSession', reason: null });
  await world.project(active.id);
  const by = { role: 'human', id: 'dpo' } as const;
  const hold = { reason: 'case-7', placed_at: new Date().toISOString(), placed_by: by };
  await world.command({ type: 'PlaceHold', partner_id: active.partner_id, hold });
  await run();
  expect(await hasPartition()).toBe(true);
  await world.command({ type: 'LiftHold', partner_id: active.partner_id });
  await run();
  expect(await hasPartition()).toBe(false);
});

test('a partition stays while it has turns of a session that was over too late to be deleted, or grew meanwhile', async () => {
  const late = await conversation(true);
  const grown = await conversation(true);
  const store = Object.create(world.store) as typeof world.store;
  store.deleteStream = async (stream, at) => {
    if (!stream.endsWith(grown.id)) return world.store.deleteStream(stream, at);
    await world.pool.query("UPDATE conversation_session SET status = 'ended' WHERE session_id = $1", [
      late.id,
    ]);
    return false;
  };
  await world.pool.query("UPDATE conversation_session SET status = 'active' WHERE session_id = $1", [
    late.id,
  ]);
  await run(null, { store });
  expect(await hasPartition()).toBe(true);
  await run();
  expect(await hasPartition()).toBe(false);
});

/** The pool with another `connect`. */
const poolThat = (connect: () => Promise<unknown>): Pool =>
  Object.assign(Object.create(world.pool) as Pool, { connect, query: world.pool.query.bind(world.pool) });

test('partitions that cannot be checked in time are left to the next run', async () => {
  await conversation(true);
  const reader = await world.pool.connect();
  const impatient = new Pool({ ...world.pool.options, query_timeout: 200 });
  try {
    await reader.query('BEGIN; LOCK TABLE projection_slot IN ACCESS SHARE MODE');
    await run(null, { pool: poolThat(() => impatient.connect()) });
    expect(await hasPartition()).toBe(true);
  } finally {
    reader.release(true);
    await impatient.end();
  }
  await run();
  expect(await hasPartition()).toBe(false);
});

test('projectors wait only for a while for partitions to be dropped, whatever the limits of the pool', async () => {
  await conversation(true);
  const reader = await world.pool.connect();
  const patient = new Pool({ ...world.pool.options, query_timeout: 0, statement_timeout: 0 });
  try {
    await reader.query('BEGIN; LOCK TABLE projection_slot IN ACCESS SHARE MODE');
    const before = new Date(Date.now() + 90 * dayMs).toISOString();
    expect(await dropOldPartitions(patient, before, [], 200)).toEqual([]);
  } finally {
    reader.release(true);
    await patient.end();
  }
  expect(await hasPartition()).toBe(true);
});

test('a run continues when no partition can be dropped', async () => {
  await conversation(true);
  const failures: unknown[] = [];
  const onPartitionsKept = (error: unknown): unknown => failures.push(error);
  const pool = poolThat(() => Promise.reject(new Error('no connection')));
  const { finished_at } = await run(null, { pool, onPartitionsKept });
  expect(finished_at).toEqual(expect.any(String));
  expect(failures).toEqual([new Error('no connection')]);
});

test('turns are archived as Parquet before deletion, unreadable without the key', async () => {
  const { id, partner_id } = await conversation(true);
  await run(dir);
  expect(await hasPartition()).toBe(false);
  const files = (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('.parquet'));
  const month = new Date().toISOString().slice(0, 7);
  expect(files).toEqual([expect.stringMatching(`^turns/month=${month}/.*-1\\.parquet$`)]);
  const bytes = await readFile(join(dir, files[0] ?? ''));
  expect(bytes.includes('CANARY')).toBe(false);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const rows = await parquetReadObjects({ file: buffer });
  expect(rows.filter((row) => row['session_id'] === id && row['message_id'] !== null)).toEqual([
    expect.objectContaining({
      partner_id,
      channel: 'whatsapp',
      revision: 2n,
      message_text: expect.stringMatching(/^A256GCM\./),
      message_id: expect.stringMatching(/^A256GCM\./),
    }),
  ]);
});
