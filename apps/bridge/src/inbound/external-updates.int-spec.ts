import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { loadDeclarations } from '#declarations';
import { NonRetryableError } from '#messaging';
import { createLogger, HealthChecks, Metrics } from '#platform';
import type { DataKeys } from '#privacy';
import type { CommandResult } from '#sessions';
import { MemoryKeyStore, testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { BridgeMetrics } from '../common/metrics.ts';
import { IndexBehindError, IndexLag } from '../references/index-lag.ts';
import { ReferencesModule } from '../references/module.ts';
import { SessionFinder } from '../references/session-finder.ts';
import { KeptUpdates } from '../updates/kept-updates.ts';
import { Ownership } from '../updates/ownership.ts';
import { UpdateRecorder } from '../updates/recorder.ts';
import { DeclaredEvents } from './declared-events.ts';
import type { AddressedUpdate } from './external-updates.ts';
import { ExternalUpdates, mustWait } from './external-updates.ts';

let database: TestDatabase;
let updates: ExternalUpdates;
/** The sessions in which an update was recorded. */
let recorded: string[];

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(() => {
  recorded = [];
  updates = newUpdates('refuse');
});
afterAll(() => database.drop());

function newUpdates(foreignReferences: 'refuse' | 'allow', keys?: DataKeys): ExternalUpdates {
  const { pool } = database;
  const config = { keepUpdatesHours: 24, foreignReferences };
  const recorder = new UpdateRecorder({
    execute: async ({ sessionId }) => {
      recorded.push(sessionId);
      return { events: [{}], replayed: false } as unknown as CommandResult;
    },
  });
  return new ExternalUpdates(
    new DeclaredEvents(loadDeclarations({})),
    new SessionFinder(pool, keys),
    new KeptUpdates(pool, config, keys),
    new Ownership(pool, config, keys),
    recorder,
    new IndexLag(pool, config),
    new BridgeMetrics(new Metrics('bridge')),
    createLogger('bridge', 'silent'),
  );
}

function event(order_id: string, note = '', tracking_id?: string): Buffer {
  const data = { order_id, status: 'shipped', note, tracking_id };
  const attributes = { specversion: '1.0', id: '1', source: '/orders', type: 'orders.order_updated.v1' };
  return Buffer.from(JSON.stringify({ ...attributes, data }));
}

async function addressOf(value: Buffer): Promise<AddressedUpdate | NonRetryableError | undefined> {
  const place = { topic: 'orders.events', partition: 0, offset: '0', key: null, timestamp: '0' };
  const [addressed] = await updates.address([{ ...place, value }]);
  return addressed;
}

/** Adds sessions that mention a reference, of partner P1; those with an even number are of partner P2. */
async function mentionedBy(kind: string, reference: string, sessions: readonly string[]): Promise<void> {
  await database.pool.query(
    `INSERT INTO reference_index (kind, reference, session_id, partner_id, started_at, position)
     SELECT $1, $2, id, CASE WHEN n % 2 = 0 THEN 'P2' ELSE 'P1' END, now(), 1
     FROM unnest($3::uuid[]) WITH ORDINALITY AS s (id, n)`,
    [kind, reference, sessions],
  );
}

/** Sets the oldest partition of the index back by this many hours. */
async function isBehind(hours: number): Promise<void> {
  await database.pool.query(
    `INSERT INTO reference_index_position VALUES ('session-0', 1, now() - $1 * interval '1 hour')
     ON CONFLICT (prefix) DO UPDATE SET current_until = excluded.current_until`,
    [hours],
  );
}

test('an event with an unknown reference concerns no session', async () => {
  expect(await addressOf(event('ORD-nobody'))).toMatchObject({ page: { sessions: [] } });
});

test('an event with a reference that the index cannot hold concerns no session', async () => {
  expect(await addressOf(event('ORD\0'))).toMatchObject({ page: { sessions: [] } });
});

test('a message that cannot be read is not retryable', async () => {
  expect(await addressOf(Buffer.from('{'))).toBeInstanceOf(NonRetryableError);
});

test('data that is too large for a conversation is not retryable', async () => {
  expect(await addressOf(event('ORD-1', 'x'.repeat(65_536)))).toMatchObject({ code: 'schema_broken' });
});

test('a number that would be rounded is not retryable', async () => {
  const value = Buffer.from(String(event('ORD-1', '@')).replace('"@"', '9007199254740993'));
  expect(await addressOf(value)).toMatchObject({
    code: 'schema_broken',
    message: expect.stringContaining('note'),
  });
});

test.each(['refuse', 'allow'] as const)(
  'events about an order are kept with the key of its partner (%s)',
  async (mode) => {
    const store = new MemoryKeyStore();
    updates = newUpdates(mode, testDataKeys(store));
    await testDataKeys(store).of('P1');
    const data = { order_id: `ORD-${mode}`, partner_id: 'P1', status: 'shipped' };
    const attributes = { specversion: '1.0', id: mode, source: '/orders', type: 'orders.order_updated.v1' };
    await addressOf(Buffer.from(JSON.stringify({ ...attributes, data })));
    await addressOf(event(`ORD-${mode}`));
    expect([...store.keys.values()].map(({ partner_id }) => partner_id).sort()).toEqual(['/index', 'P1']);
  },
);

describe('an event that concerns more sessions than one query finds', () => {
  const ids = Array.from({ length: 250 }, () => randomUUID()).sort();

  test('is recorded in each of them once', async () => {
    await mentionedBy('order', 'ORD-many', ids.slice(0, 180));
    await mentionedBy('tracking', 'TRK-many', ids.slice(120));
    const addressed = await addressOf(event('ORD-many', '', 'TRK-many'));
    const effect = await updates.record(addressed as AddressedUpdate);
    expect(effect).toEqual({ sessions: 250, appended: 250 });
    expect(recorded.sort()).toEqual(ids);
  });

  test('is recorded in those of its partner alone', async () => {
    await mentionedBy('order', 'ORD-P1', ids);
    const data = { order_id: 'ORD-P1', partner_id: 'P1', status: 'shipped' };
    const attributes = { specversion: '1.0', id: 'P1', source: '/orders', type: 'orders.order_updated.v1' };
    const addressed = await addressOf(Buffer.from(JSON.stringify({ ...attributes, data })));
    await updates.record(addressed as AddressedUpdate);
    expect(recorded.sort()).toEqual(ids.filter((_, index) => index % 2 === 0));
  });
});

describe('while the index is behind for nearly as long as updates are kept', () => {
  test('updates wait, with the reason', async () => {
    await isBehind(20);
    const error: unknown = await addressOf(event('ORD-1')).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(IndexBehindError);
    expect(String(error)).toContain('72000 s behind');
    expect(mustWait(error)).toBe(true);
  });

  test('its readiness says so, and a metric shows the lag', async () => {
    await isBehind(20);
    const [metrics, health] = [new Metrics('bridge'), new HealthChecks()];
    const index = new IndexLag(database.pool, { keepUpdatesHours: 24 });
    void new ReferencesModule(index, new BridgeMetrics(metrics), health);
    expect((await health.ready()).details).toEqual({
      index: { lag_s: expect.closeTo(72_000, -3), updates_wait: expect.stringContaining('72000 s behind') },
    });
    const shown = await metrics.registry.getSingleMetricAsString('bridge_index_lag_seconds');
    expect(shown).toMatch(/ 72\d{3}(\.\d+)?$/m);
  });

  test('updates are received again as soon as the lag is smaller', async () => {
    await isBehind(19);
    await expect(updates.ready()).resolves.toBeUndefined();
  });
});
