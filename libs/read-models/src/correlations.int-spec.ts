import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { correlatedSessions } from './queries/correlations.ts';
import { eraseRows } from './erasure/rows.ts';
import { PartitionLeaseStore } from '#partitions';
import type { Writer } from './tables/owner.ts';
import type { TableItem } from './tables/items.ts';
import { RowsStore } from './tables/store.ts';
import type { TestDatabase } from './test-support.ts';
import { createDatabase, Script, startSession, turn } from './test-support.ts';

let database: TestDatabase;
let rows: RowsStore;
let writer: Writer;
let position = 0n;
beforeAll(async () => {
  database = await createDatabase();
  rows = new RowsStore(database.pool, { textSearch: 'off' });
  const leases = new PartitionLeaseStore(database.pool, 'test', 60_000);
  await leases.ensure(1);
  const [lease] = await leases.claim(1, []);
  if (!lease) throw new Error('no partition');
  writer = { partition: lease.partition, epoch: lease.epoch, owner: 'test', position: null };
});
afterAll(() => database.drop());

let script: Script;
let correlation: string;
beforeEach(() => {
  script = new Script();
  correlation = randomUUID();
});

/** Events of the script, with the correlation id on some revisions. */
function events(revisions: readonly number[]): RecordedEvent[] {
  script.request(startSession);
  for (let index = 0; index < 4; index += 1) script.request(turn(randomUUID()));
  return script.events.map((event) =>
    revisions.includes(event.revision)
      ? { ...event, metadata: { ...event.metadata, $correlationId: correlation } }
      : event,
  );
}

/** Writes a batch, as a partition does. */
async function write(items: readonly TableItem[]): Promise<void> {
  await rows.write(writer, items, position, null);
  writer = { ...writer, position };
}

function itemsOf(written: readonly RecordedEvent[]): TableItem[] {
  return written.map((event) => ({ session_id: script.sessionId, event, position: (position += 10n) }));
}

async function forget(before: number): Promise<void> {
  await write([{ session_id: script.sessionId, before, position: (position += 10n) }]);
}

const found = (): ReturnType<typeof correlatedSessions> => correlatedSessions(database.pool, correlation, 10);
const range = (first_revision: number, last_revision: number): object => ({
  session_id: script.sessionId,
  first_revision,
  last_revision,
});

test('a correlation is found in its session from its first event to its last, even over several batches', async () => {
  const all = events([1, 3]);
  await write(itemsOf(all.slice(0, 2)));
  expect(await found()).toEqual([range(1, 1)]);
  await write(itemsOf(all.slice(2)));
  expect(await found()).toEqual([range(1, 3)]);
});

test('a correlation is found in all of its sessions', async () => {
  for (let session = 0; session < 2; session += 1) {
    script = new Script();
    await write(itemsOf(events([2])));
  }
  expect(await found()).toHaveLength(2);
});

test('a correlation is deleted with the events of its session', async () => {
  await write(itemsOf(events([1, 3])));
  await forget(2);
  expect(await found()).toEqual([range(1, 3)]);
  await forget(4);
  expect(await found()).toEqual([]);
});

test('a correlation is deleted with an erased partner', async () => {
  await write(itemsOf(events([1])));
  const erased = { partner_id: 'P1', before: '2999-01-01T00:00:00Z', session_ids: [script.sessionId] };
  await eraseRows(database.pool, erased);
  expect(await found()).toEqual([]);
});
