import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { PartitionLeaseStore } from '#partitions';
import type { TestDatabase } from '../../platform/src/testing/test-services.ts';
import { createTestDatabase } from '../../platform/src/testing/test-services.ts';
import { listSessions } from './queries/sessions.ts';
import { connectionSettings } from './tables/sql.ts';
import type { Writer } from './tables/owner.ts';
import type { SetAside } from './tables/set-aside.ts';
import { RowsStore } from './tables/store.ts';
import { Script, startSession } from './test-support.ts';

/** The column as it was in the release with three fixed channels. */
const before = `DROP SCHEMA reporting CASCADE;
  ALTER DOMAIN channel RENAME TO channel_domain;
  CREATE TYPE channel AS ENUM ('whatsapp', 'ivr', 'mobile_app');
  ALTER TABLE conversation_session ALTER COLUMN channel TYPE channel USING channel::text::channel;
  ALTER TABLE conversation_turn ALTER COLUMN channel TYPE text;
  DROP DOMAIN channel_domain;`;
const change = readFileSync('migrations/0009_channels.sql', 'utf8');

let database: TestDatabase;
let rows: RowsStore;
let writer: Writer;
let position = 0n;
const script = new Script();

beforeAll(async () => {
  database = await createTestDatabase(connectionSettings);
  await database.pool.query(before);
  rows = new RowsStore(database.pool, { textSearch: 'off' });
  const leases = new PartitionLeaseStore(database.pool, 'test', 60_000);
  await leases.ensure(1);
  const [lease] = await leases.claim(1, []);
  if (!lease) throw new Error('no partition');
  writer = { partition: lease.partition, epoch: lease.epoch, owner: 'test', position: null };
});
afterAll(() => database.drop());

async function write(events: readonly RecordedEvent[]): Promise<SetAside[]> {
  const positioned = events.map((event) => ({
    session_id: script.sessionId,
    event,
    position: (position += 10n),
  }));
  const failures = await rows.write(writer, positioned, position, new Date().toISOString());
  writer = { ...writer, position };
  return failures;
}

async function channels(channel?: string): Promise<string[]> {
  const { items } = await listSessions(database.pool, { limit: 10, channel });
  return items.map((item) => item.channel);
}

test('a projector keeps running while the type of the channel changes', async () => {
  await write(script.request(startSession));
  await database.pool.query(
    'CREATE SCHEMA rebuild; CREATE TABLE rebuild.conversation_session (LIKE conversation_session INCLUDING ALL)',
  );
  await database.pool.query(change);
  await write(script.request({ type: 'SwitchChannel', channel: 'ivr' }));
  expect(await channels()).toEqual(['ivr']);
});

test('a session can have any channel and is found by it', async () => {
  expect(await write(script.request({ type: 'SwitchChannel', channel: 'telegram_2' }))).toEqual([]);
  expect(await channels('telegram_2')).toEqual(['telegram_2']);
  expect(await channels('ivr')).toEqual([]);
});

test('the table refuses a malformed channel', async () => {
  const change = database.pool.query(`UPDATE conversation_session SET channel = 'WhatsApp'`);
  await expect(change).rejects.toThrow('channel_form');
});
