import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { loadDeclarations } from '#declarations';
import type { Lease } from '#partitions';
import { PartitionLeaseStore } from '#partitions';
import { createLogger, inParallel, Metrics, sleep, waitUntil } from '#platform';
import { CommandExecutor, EventStore, readEvents, subscribeToSessions } from '#sessions';
import type { TestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { createTestDatabase, serviceUrl } from '../../../../libs/platform/src/testing/test-services.ts';
import { noCache, request } from '../../../../libs/sessions/src/test-support.ts';
import { BridgeMetrics } from '../common/metrics.ts';
import { DeclaredEvents } from '../inbound/declared-events.ts';
import { ExternalUpdates } from '../inbound/external-updates.ts';
import { IndexLag } from '../references/index-lag.ts';
import { IndexStore } from '../references/index-store.ts';
import { IndexWriter } from '../references/index-writer.ts';
import { SessionFinder } from '../references/session-finder.ts';
import { KeptUpdates } from '../updates/kept-updates.ts';
import { LateUpdates } from '../updates/late-updates.ts';
import { Ownership } from '../updates/ownership.ts';
import { UpdateRecorder } from '../updates/recorder.ts';
import { mention, start } from '../updates/test-updates.ts';
import { ConversationPublisher } from './conversation-publisher.ts';
import { PartitionProcessor } from './partition-processor.ts';
import { testFlows } from './test-flows.ts';

const config = { keepUpdatesHours: 24, foreignReferences: 'refuse' } as const;
const logger = createLogger('bridge', 'silent');
const rounds = 40;

let database: TestDatabase;
let store: EventStore;
let executor: CommandExecutor;
let updates: ExternalUpdates;
let leases: PartitionLeaseStore;
let processor: PartitionProcessor | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  store = new EventStore(serviceUrl('EVENTSTORE_URL'));
  executor = new CommandExecutor(store, noCache);
  const { pool } = database;
  const parts = [new KeptUpdates(pool, config), new Ownership(pool, config)] as const;
  updates = new ExternalUpdates(
    new DeclaredEvents(loadDeclarations({})),
    new SessionFinder(pool),
    ...parts,
    new UpdateRecorder(executor),
    new IndexLag(pool, config),
    new BridgeMetrics(new Metrics('bridge')),
    logger,
  );
  leases = new PartitionLeaseStore(pool, 'spec', 600_000, 'bridge');
  await leases.ensure(1);
  // Skips the events that other specs have stored.
  const [{ prefixes }] = (await leases.claim(1, [])) as [Lease];
  const head = await store.head();
  await pool.query('INSERT INTO reference_index_position SELECT unnest($1::text[]), $2', [prefixes, head]);
  await pool.query('UPDATE bridge_slot SET position = $1', [head]);
});
afterEach(async () => {
  await processor?.stop();
  processor = undefined;
});
afterAll(async () => {
  await store.dispose();
  await database.drop();
});

/** Starts, or resumes, indexing the events of all sessions. */
async function beginIndex(): Promise<void> {
  const { pool } = database;
  const [lease] = (await leases.claim(1, [])) as [Lease];
  const metrics = new BridgeMetrics(new Metrics('bridge'));
  const [kept, ownership] = [new KeptUpdates(pool, config), new Ownership(pool, config)];
  const urgent = { yieldToDeadlines: async () => undefined };
  const late = new LateUpdates(kept, ownership, new UpdateRecorder(executor), urgent, metrics, logger);
  const publishing = {
    flows: testFlows({ send: async () => undefined }),
    savePosition: async () => true,
    positionAfterRestore: async () => 0n,
    queueBytes: 2 ** 20,
    metrics,
    logger,
  };
  const indexing = {
    store: new IndexStore(pool, { ...lease, owner: 'spec' }),
    cacheBytes: 2 ** 16,
    mentionsIn: async () => [],
    recordLate: (...args: Parameters<LateUpdates['record']>) => late.record(...args),
    metrics,
    logger,
  };
  processor = new PartitionProcessor(
    {
      subscribe: (options) => subscribeToSessions(store, options),
      publisher: (signal) => new ConversationPublisher(publishing, lease, signal),
      index: (signal) => new IndexWriter(indexing, signal),
      metrics,
      logger,
    },
    lease,
    () => undefined,
  );
}

/** Receives an update of the order system. */
async function receive(data: { readonly order_id?: string; readonly partner_id?: string }): Promise<void> {
  const attributes = { specversion: '1.0', id: randomUUID(), source: '/spec' };
  const type = 'order_id' in data ? 'orders.order_updated.v1' : 'onboarding.step_completed.v1';
  const value = { ...attributes, type, data: { ...data, status: 'shipped', step: 'bank' } };
  const topic = 'order_id' in data ? 'orders.events' : 'onboarding.events';
  const place = { topic, partition: 0, offset: '0', key: null, timestamp: '0' };
  const [addressed] = await updates.address([{ ...place, value: Buffer.from(JSON.stringify(value)) }]);
  if (addressed === undefined || addressed instanceof Error) throw new Error('the update was not read');
  await updates.record(addressed);
}

async function begin(partner_id: string): Promise<string> {
  const id = randomUUID();
  await executor.execute(request(id, start(partner_id)));
  return id;
}

/** Waits until the index has all events and has recorded the missed updates. */
async function untilIndexed(): Promise<void> {
  const marker = await begin('P-marker');
  const isIndexed = async (): Promise<boolean> => {
    const { rows } = await database.pool.query<{ done: boolean }>(
      `SELECT (SELECT min(position) FROM reference_index_position) >= r.position AS done
       FROM reference_index AS r WHERE r.session_id = $1`,
      [marker],
    );
    return rows[0]?.done ?? false;
  };
  await waitUntil(isIndexed, { what: 'the index to have all events', everyMs: 50 });
}

/** How often a session has recorded the update. */
async function timesIn(session_id: string): Promise<number> {
  const events = await Array.fromAsync(readEvents(store, session_id));
  return events.filter(({ type }) => type === 'ExternalUpdateRecorded').length;
}

async function timesOfAll(sessions: readonly string[]): Promise<number[]> {
  await untilIndexed();
  // An update recorded late is an event, too.
  await untilIndexed();
  return Promise.all(sessions.map(timesIn));
}

/** Waits for a random time, up to about what indexing an event takes. */
const sometime = (): Promise<void> => sleep(Math.random() * 200);

const everyOnce = Array<number>(rounds).fill(1);

test('an update and a concurrent mention of its order are matched exactly once', async () => {
  await beginIndex();
  const sessions = await Promise.all(Array.from({ length: rounds }, () => begin(`P-${randomUUID()}`)));
  await inParallel(sessions, 8, async (id) => {
    const order_id = `O-${id}`;
    const mentioned = executor.execute(request(id, mention({ order_id })));
    await Promise.all([mentioned, sometime().then(() => receive({ order_id }))]);
  });
  expect(await timesOfAll(sessions)).toEqual(everyOnce);
});

test('an update and a concurrently starting session of its partner are matched exactly once', async () => {
  await beginIndex();
  const sessions: string[] = [];
  await inParallel(Array(rounds).keys(), 8, async () => {
    const partner_id = `P-${randomUUID()}`;
    const [id] = await Promise.all([begin(partner_id), sometime().then(() => receive({ partner_id }))]);
    sessions.push(id);
  });
  expect(await timesOfAll(sessions)).toEqual(everyOnce);
});

test('updates during an outage of the index are recorded later, once', async () => {
  const id = await begin(`P-${randomUUID()}`);
  const order_id = `O-${id}`;
  await executor.execute(request(id, mention({ order_id })));
  await receive({ order_id });
  expect(await timesIn(id)).toBe(0);
  await beginIndex();
  expect(await timesOfAll([id])).toEqual([1]);
});
