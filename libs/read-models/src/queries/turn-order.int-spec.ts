import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { PartitionLeaseStore } from '#partitions';
import type { Positioned } from '../tables/items.ts';
import type { Writer } from '../tables/owner.ts';
import { RowsStore } from '../tables/store.ts';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase, Script, startSession, turn } from '../test-support.ts';
import { listSessions } from './sessions.ts';
import { listTurns } from './turns.ts';

const time = '2026-01-05T09:00:';
const texts = ['question', 'reply', 'thanks'];

let database: TestDatabase;
let writer: Writer;
beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(async () => {
  await database.pool.query('TRUNCATE conversation_session, conversation_turn, projection_slot');
  const leases = new PartitionLeaseStore(database.pool, 'test', 60_000);
  await leases.ensure(1);
  const [lease] = await leases.claim(1, []);
  if (!lease) throw new Error('no partition');
  writer = { partition: lease.partition, epoch: lease.epoch, owner: 'test', position: null };
});
afterAll(() => database.drop());

/** A conversation over two nodes; the second node, which records the reply, has a clock 40 s behind. */
function conversation(): Positioned[] {
  const script = new Script();
  script.request({ ...startSession, partner_id: 'P1' } as typeof startSession);
  const asked = randomUUID();
  script.request(turn(asked, { message_text: 'question' }));
  script.request(turn(randomUUID(), { sender: 'bot', in_reply_to: asked, message_text: 'reply' }));
  script.request(turn(randomUUID(), { message_text: 'thanks' }));
  const clock = ['40.000Z', '50.000Z', '10.000Z', '55.000Z'];
  return script.events.map((event, index) => ({
    session_id: script.sessionId,
    event: { ...event, metadata: { ...event.metadata, occurred_at: `${time}${clock[index]}` } },
    position: BigInt(index + 1),
  }));
}

async function write(events: readonly Positioned[]): Promise<void> {
  const position = events.at(-1)?.position ?? 0n;
  const rows = new RowsStore(database.pool, { textSearch: 'off' });
  expect(await rows.write(writer, events, position, new Date().toISOString())).toEqual([]);
  writer = { ...writer, position };
}

async function textsOf(filter: Omit<Parameters<typeof listTurns>[1], 'limit'>): Promise<string[]> {
  const found: string[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await listTurns(database.pool, { ...filter, limit: 1, after });
    found.push(...items.map(({ message_text }) => message_text));
    after = next ?? undefined;
  } while (after !== undefined);
  return found;
}

test.each([
  ['in one batch', 10],
  ['in a batch each', 1],
])('a reply follows its question although its clock was behind, written %s', async (_, size) => {
  const events = conversation();
  for (let from = 0; from < events.length; from += size) await write(events.slice(from, from + size));
  const [{ session_id } = { session_id: '' }] = events;
  for (const filter of [{}, { session_id }, { partner_id: 'P1' }])
    expect(await textsOf(filter)).toEqual(texts);
  const { items } = await listTurns(database.pool, { limit: 10 });
  expect(items.map(({ timestamp }) => timestamp)).toEqual([
    `${time}50.000Z`,
    `${time}10.000Z`,
    `${time}55.000Z`,
  ]);
});

test('consecutive time ranges have each turn once', async () => {
  await write(conversation());
  const middle = `${time}52.000Z`;
  expect(await textsOf({ to: middle })).toEqual(['question', 'reply']);
  expect(await textsOf({ from: middle })).toEqual(['thanks']);
});

test.each([
  ['in one batch', 10],
  ['in a batch each', 1],
])('a clock that is behind does not move the expiry of a session back, written %s', async (_, size) => {
  const events = conversation().slice(0, 3);
  for (let from = 0; from < events.length; from += size) await write(events.slice(from, from + size));
  const { items } = await listSessions(database.pool, { limit: 1 });
  expect(items[0]).toMatchObject({
    last_activity_time: `${time}50.000Z`,
    expires_at: '2026-01-05T10:00:50.000Z',
  });
});
