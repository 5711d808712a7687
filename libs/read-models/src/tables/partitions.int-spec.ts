import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { waitUntil } from '#platform';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase, Script, startSession, TablesWriter, turn } from '../test-support.ts';
import { batchTexts, changesOf } from './items.ts';
import { TurnPartitions } from './partitions.ts';
import { rewriteSession } from './rewrite.ts';
import { writeRebuiltBatch } from './sql.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(() => database.pool.query('TRUNCATE conversation_session, conversation_turn, projection_slot'));
afterAll(() => database.drop());

/** A session whose events are this many days apart, the last one before the present month. */
function longConversation(turns: number, days: number): Script {
  const script = new Script();
  script.request({ ...startSession, expires_in_s: 400 * 86_400 } as typeof startSession);
  let asked: string | undefined;
  for (let count = 0; count < turns; count += 1) {
    const bot = asked === undefined ? {} : ({ sender: 'bot', in_reply_to: asked } as const);
    const turnId = randomUUID();
    script.request(turn(turnId, { ...bot, message_text: `turn ${count}` }));
    asked = asked === undefined ? turnId : undefined;
  }
  const events = script.events.map((event, index) => {
    const at = Date.UTC(2026, 2, 1) + index * days * 86_400_000;
    return { ...event, metadata: { ...event.metadata, occurred_at: new Date(at).toISOString() } };
  });
  script.events.splice(0, Infinity, ...events);
  return script;
}

async function rows(): Promise<unknown[]> {
  const { rows: found } = await database.pool.query(
    `SELECT tableoid::regclass::text AS part, to_jsonb(t) - 'written' AS turn FROM conversation_turn AS t
     ORDER BY session_id, revision`,
  );
  return found;
}

async function partsOf(sessionId: string): Promise<string[]> {
  const { rows: found } = await database.pool.query<{ part: string }>(
    `SELECT DISTINCT tableoid::regclass::text AS part FROM conversation_turn WHERE session_id = $1 ORDER BY part`,
    [sessionId],
  );
  return found.map(({ part }) => part);
}

test('turns are in the partition of their month, which is created for the first of them', async () => {
  const { events, sessionId } = longConversation(3, 31);
  await (await TablesWriter.create(database.pool)).write(sessionId, events);
  const months = ['2026_04', '2026_05', '2026_06'];
  expect(await partsOf(sessionId)).toEqual(months.map((month) => `conversation_turn_${month}`));
});

test('a turn with an implausible time is in the default partition', async () => {
  const script = longConversation(1, 1);
  const [started, said] = script.events as [RecordedEvent, RecordedEvent];
  const wrong = { ...said, metadata: { ...said.metadata, occurred_at: '2199-01-01T00:00:00.000Z' } };
  await (await TablesWriter.create(database.pool)).write(script.sessionId, [started, wrong]);
  expect(await partsOf(script.sessionId)).toEqual(['conversation_turn_default']);
});

test('maintenance prepares months and moves rows that were written before their partition existed', async () => {
  const script = longConversation(4, 20);
  await (await TablesWriter.create(database.pool)).write(script.sessionId, script.events);
  const before = (await partsOf(script.sessionId)).filter((part) => part !== 'conversation_turn_default');
  await database.pool.query(`ALTER TABLE conversation_turn DETACH PARTITION conversation_turn_2026_04`);
  await database.pool.query('INSERT INTO conversation_turn SELECT * FROM conversation_turn_2026_04');
  await database.pool.query('DROP TABLE conversation_turn_2026_04');
  expect(await partsOf(script.sessionId)).toContain('conversation_turn_default');
  await new TurnPartitions(database.pool).maintain(new Date('2026-12-15T00:00:00Z'));
  expect(await partsOf(script.sessionId)).toEqual(before);
  const { rows: ahead } = await database.pool.query<{ part: string | null }>(
    `SELECT to_regclass('turn_entity_2027_03')::text AS part`,
  );
  expect(ahead).toEqual([{ part: 'turn_entity_2027_03' }]);
});

describe('an event has one row', () => {
  test('although it is written again in any batches, after the session continued', async () => {
    const { events, sessionId } = longConversation(8, 20);
    const tables = await TablesWriter.create(database.pool);
    await tables.write(sessionId, events);
    const once = await rows();
    expect(once).toHaveLength(8);
    for (const size of [1, 3, 20])
      for (let from = 0; from < events.length; from += size) {
        await tables.write(sessionId, events.slice(from, from + size));
        expect(await rows()).toEqual(once);
      }
  });

  test('although clocks went back and its time is that of the activity before it', async () => {
    const script = longConversation(6, 20);
    const events = script.events.map((event, index) => {
      const other = script.events.at(index % 2 === 0 ? -1 - index : index) ?? event;
      return { ...event, metadata: { ...event.metadata, occurred_at: other.metadata.occurred_at } };
    });
    const tables = await TablesWriter.create(database.pool);
    for (const event of events) await tables.write(script.sessionId, [event]);
    const once = await rows();
    expect(once).toHaveLength(6);
    await tables.write(script.sessionId, events);
    expect(await rows()).toEqual(once);
    await database.pool.query('TRUNCATE conversation_session, conversation_turn');
    await tables.write(script.sessionId, events);
    expect(await rows()).toEqual(once);
  });

  test('although its session was rewritten beyond it and its reply arrives later', async () => {
    const { events, sessionId } = longConversation(4, 31);
    const tables = await TablesWriter.create(database.pool);
    await tables.write(sessionId, events);
    const once = await rows();
    await database.pool.query('TRUNCATE conversation_session, conversation_turn');
    await rewriteSession(database.pool, tables.owner, sessionId, events.slice(0, 2), null, undefined, 'off');
    await tables.write(sessionId, events);
    expect(await rows()).toEqual(once);
    await rewriteSession(database.pool, tables.owner, sessionId, events, null, undefined, 'off');
    for (const event of events) await tables.write(sessionId, [event]);
    expect(await rows()).toEqual(once);
  });

  test('although a batch waited while its session was rewritten', async () => {
    const { events, sessionId } = longConversation(5, 31);
    const tables = await TablesWriter.create(database.pool);
    await tables.write(sessionId, events.slice(0, 2));
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM projection_slot FOR UPDATE');
    const waiting = tables.write(sessionId, events.slice(2));
    await waitUntil(
      async () => {
        const { rowCount } = await database.pool.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rowCount !== 0;
      },
      { what: 'the batch to wait' },
    );
    const items = events.map((event) => ({ session_id: sessionId, event, position: 0n }));
    const values = [0, 'x', 0, null, null, null, ...batchTexts(changesOf(items).changes, []), 0];
    await client.query({ ...writeRebuiltBatch, values });
    await client.query('COMMIT');
    client.release();
    await waiting;
    expect(await rows()).toHaveLength(5);
  });
});
