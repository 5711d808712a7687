import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startEventStore, type EventStore as EmbeddedStore } from '@turnstream/embedded-eventstore';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { createLogger, HealthChecks } from '#platform';
import type { DataKeys } from '#privacy';
import { erased } from '#privacy';
import { completeErasures, EventStore, logErasures } from '#sessions';
import { MemoryKeyStore, testDataKeys } from '../../../privacy/src/keys/test-keys.ts';
import { ContextStore } from '../context/store.ts';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase, serviceUrl } from '../test-support.ts';
import { LedgerCheck } from './ledger-check.ts';

const logger = createLogger('spec', 'silent');
const dir = mkdtempSync(join(tmpdir(), 'turnstream-ledger-'));
const unavailable = new Pool({ host: '127.0.0.1', port: 1 });
let database: TestDatabase;
let contexts: ContextStore;
let redis: Redis;
let server: EmbeddedStore;
let store: EventStore;
let check: LedgerCheck | undefined;
/** The key store after it was restored to a state before the erasure of the partner. */
let keys: DataKeys;
let keyId: string;
const erasure = { partner_id: 'P1', erased_at: '2100-01-01T00:00:00.000Z', receipt_id: randomUUID() };

beforeAll(async () => {
  database = await createDatabase();
  redis = new Redis(serviceUrl('REDIS_URL'));
  contexts = new ContextStore(redis);
});
beforeEach(async () => {
  server = await startEventStore({ dir: join(dir, randomUUID()) });
  store = new EventStore(server.connectionString);
  keys = testDataKeys(new MemoryKeyStore());
  keyId = (await keys.of('P1')).id;
  await database.pool.query('TRUNCATE partner_privacy');
});
afterEach(async () => {
  await check?.beforeApplicationShutdown();
  await store.dispose();
  await server.stop();
});
afterAll(async () => {
  redis.disconnect();
  await unavailable.end();
  await database.drop();
  rmSync(dir, { recursive: true });
});

/** Starts the check; resolves to whether keys of erased partners may exist afterwards. */
async function started(pool: Pool): Promise<boolean> {
  check = new LedgerCheck(pool, contexts, store, keys, logger, new HealthChecks());
  await check.onApplicationBootstrap();
  return check.mayHaveErasedKeys;
}

test('without PostgreSQL and a list of erasures, keys of erased partners may exist', async () => {
  expect(await started(unavailable)).toBe(true);
});

test('without PostgreSQL, the keys are destroyed by the complete list of erasures in the event store', async () => {
  await completeErasures(store, [erasure]);
  expect(await started(unavailable)).toBe(false);
  expect(await keys.byId(keyId)).toBe(erased);
  expect(await keys.lastErasure('P1')).toBe(erasure.receipt_id);
});

test('without PostgreSQL, a complete list without erasures is enough', async () => {
  await completeErasures(store, []);
  expect(await started(unavailable)).toBe(false);
});

test('without PostgreSQL, keys that an incomplete list does not name may exist', async () => {
  await logErasures(store, [{ ...erasure, receipt_id: randomUUID() }]);
  expect(await started(unavailable)).toBe(true);
  expect(await keys.byId(keyId)).toBe(erased);
});

test('the keys are destroyed by the receipts in PostgreSQL before the process serves', async () => {
  await database.pool.query(
    `INSERT INTO partner_privacy (partner_id, held, erased_at, receipt_id, revision) VALUES ('P1', false, $1, $2, 1)`,
    [erasure.erased_at, erasure.receipt_id],
  );
  expect(await started(database.pool)).toBe(false);
  expect(await keys.byId(keyId)).toBe(erased);
});

test('without the event store, keys of erased partners may exist', async () => {
  await server.stop();
  expect(await started(database.pool)).toBe(true);
});

test('an erasure that the ledger lacks is found wherever the list has it', async () => {
  const others = Array.from({ length: 1_200 }, (_, n) => ({
    partner_id: `other-${n}`,
    erased_at: '2026-01-01T00:00:00.000Z',
    receipt_id: randomUUID(),
  }));
  await logErasures(store, [erasure]);
  await completeErasures(store, others);
  for (const other of others) await keys.recordErasure(other);
  expect(await started(unavailable)).toBe(false);
  expect(await keys.byId(keyId)).toBe(erased);
});
