import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import type { Positioned, Writer } from './store.ts';
import { LeaseLostError, RowsStore } from './store.ts';
import { listSessions } from '../queries/sessions.ts';
import { PartitionLeaseStore } from '#partitions';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase, Script, startSession, turn } from '../test-support.ts';
import { listTurns } from '../queries/turns.ts';

let database: TestDatabase;
let rows: RowsStore;
let writer: Writer;

beforeAll(async () => {
  database = await createDatabase();
  rows = new RowsStore(database.pool);
});
beforeEach(async () => {
  await database.pool.query(
    'TRUNCATE conversation_session, conversation_turn, projection_slot, projection_failure',
  );
  const slots = new PartitionLeaseStore(database.pool, 'spec', 60_000);
  await slots.ensure(1);
  const [lease] = await slots.claim(1, []);
  if (!lease) throw new Error('no slot');
  writer = { slot: lease.slot, epoch: lease.epoch, owner: 'spec', position: null };
});
afterAll(() => database.drop());

let position = 0n;
function positioned(sessionId: string, events: readonly RecordedEvent[]): Positioned[] {
  return events.map((event) => ({ session_id: sessionId, event, position: (position += 10n) }));
}

/** Writes as a slot does, each batch from where the one before ended. */
async function write(events: readonly Positioned[]): Promise<unknown[]> {
  const failures = await rows.write(writer, events, position, new Date().toISOString());
  writer = { ...writer, position };
  return failures;
}

async function everything(): Promise<unknown> {
  const { items: sessions } = await listSessions(database.pool, { limit: 100 });
  const { items: turns } = await listTurns(database.pool, { limit: 100 });
  return { sessions, turns };
}

function conversation(): Script {
  const script = new Script();
  script.request(startSession);
  script.request({ type: 'SetGoal', goal: 'resolve_payment', step: null });
  const asked = randomUUID();
  script.request(turn(asked, { extracted_entities: { order_id: 'O1' } }));
  script.request(turn(randomUUID(), { sender: 'bot', in_reply_to: asked, message_text: 'Tomorrow.' }));
  script.request({ type: 'SwitchChannel', channel: 'mobile_app' });
  script.request({ type: 'UpdateGoal', goal: 'resolve_payment', step: null, status: 'completed' });
  script.request(turn(randomUUID()));
  return script;
}

describe('rows', () => {
  test('are the same in one batch, in batches of one, and when events come again', async () => {
    const script = conversation();
    const events = positioned(script.sessionId, script.events);
    await write(events);
    const atOnce = await everything();
    expect(atOnce).toMatchObject({
      sessions: [{ partner_id: 'P1', channel: 'mobile_app', current_task: null, revision: 6 }],
      turns: [{ response_text: 'Tomorrow.', partner_id: 'P1' }, { sender: 'bot' }, { response_text: null }],
    });
    for (let from = 0; from < events.length; from += 1) {
      await write(events.slice(from, from + 4));
      expect(await everything()).toEqual(atOnce);
    }
    await database.pool.query('TRUNCATE conversation_session, conversation_turn');
    for (const event of events) await write([event]);
    expect(await everything()).toEqual(atOnce);
  });

  test('show the current task as goals come and go', async () => {
    const script = new Script();
    script.request(startSession);
    const seen: unknown[] = [];
    const step = async (...requests: Parameters<Script['request']>): Promise<void> => {
      await write(positioned(script.sessionId, script.request(...requests)));
      const { items } = await listSessions(database.pool, { limit: 1 });
      seen.push(items[0]?.current_task);
    };
    await write(positioned(script.sessionId, script.events));
    await step({ type: 'SetGoal', goal: 'a', step: null });
    await step({ type: 'SetGoal', goal: 'b', step: null });
    await step({ type: 'UpdateGoal', goal: 'a', step: null, status: 'abandoned' });
    await step({ type: 'UpdateGoal', goal: 'b', step: null, status: 'suspended' });
    await step({ type: 'UpdateGoal', goal: 'b', step: null, status: 'in_progress' });
    await step({ type: 'UpdateGoal', goal: 'b', step: null, status: 'completed' });
    expect(seen).toEqual(['a', 'b', 'b', null, 'b', null]);
  });

  test('a turn_id repeated in another session has a row in each', async () => {
    const turnId = randomUUID();
    const scripts = [new Script(), new Script()];
    for (const script of scripts) {
      script.request(startSession);
      script.request(turn(turnId, { message_text: script.sessionId }));
    }
    await write(scripts.flatMap((script) => positioned(script.sessionId, script.events)));
    const { items } = await listTurns(database.pool, { limit: 10 });
    expect(items.map((row) => row.message_text).sort()).toEqual(
      scripts.map((script) => script.sessionId).sort(),
    );
  });

  test('keep a text with characters that PostgreSQL refuses', async () => {
    const script = new Script();
    script.request(startSession);
    const entities = { 'odd\0': ['\ud800'] };
    script.request(turn(randomUUID(), { message_text: 'a\0b', extracted_entities: entities }));
    expect(await write(positioned(script.sessionId, script.events))).toEqual([]);
    const { items } = await listTurns(database.pool, { limit: 1 });
    expect(items[0]).toMatchObject({
      message_text: 'a\uFFFDb',
      extracted_entities: { 'odd\uFFFD': ['\uFFFD'] },
    });
  });
});

describe('events that no row can hold', () => {
  test('are passed over, told, and recorded; the others of the batch are written', async () => {
    const script = new Script();
    script.request(startSession);
    script.request(turn('not-a-uuid'));
    script.request(turn(randomUUID(), { parsed_intent: 'fine' }));
    const unknown = {
      ...script.events[0],
      type: 'Novelty',
      data: null,
      revision: 3,
    } as unknown as RecordedEvent;
    const failures = await write(positioned(script.sessionId, [...script.events, unknown]));
    expect(failures).toMatchObject([{ revision: 1, type: 'TurnRecorded', reason: 'turn_id is not a UUID' }]);
    expect(await everything()).toMatchObject({
      sessions: [{ revision: 3 }],
      turns: [{ parsed_intent: 'fine' }],
    });
    const { rows: recorded } = await database.pool.query(
      'SELECT session_id, revision::int FROM projection_failure',
    );
    expect(recorded).toEqual([{ session_id: script.sessionId, revision: 1 }]);
  });

  test('that only PostgreSQL finds are found one by one', async () => {
    const scripts = Array.from({ length: 5 }, () => conversation());
    const events = scripts.flatMap((script) => positioned(script.sessionId, script.events));
    const [started] = scripts[2]?.events ?? [];
    if (started?.type !== 'SessionStarted') throw new Error('not started');
    const forever = { ...started, data: { ...started.data, expires_in_s: 1.5e10 } };
    const bad = events.findIndex(({ event }) => event === started);
    const place = events[bad];
    if (place) events[bad] = { ...place, event: forever };
    const failures = await write(events);
    expect(failures).toMatchObject([{ session_id: scripts[2]?.sessionId, revision: 0 }]);
    const { items } = await listSessions(database.pool, { limit: 10 });
    expect(items).toHaveLength(4);
  });
});

describe('a writer that does not hold the slot any more', () => {
  const stale: [string, () => Writer][] = [
    ['by its epoch', () => ({ ...writer, epoch: writer.epoch - 1n })],
    ['by its name', () => ({ ...writer, owner: 'another' })],
    ['by its position', () => ({ ...writer, position: 1n })],
  ];
  test.each(stale)('is fenced %s, and writes nothing', async (_, impostor) => {
    const script = conversation();
    const attempt = rows.write(impostor(), positioned(script.sessionId, script.events), position, null);
    await expect(attempt).rejects.toThrow(LeaseLostError);
    expect(await everything()).toEqual({ sessions: [], turns: [] });
    const { rows: slots } = await database.pool.query('SELECT position FROM projection_slot');
    expect(slots).toEqual([{ position: null }]);
  });

  test('when the outcome of a commit was not told, the same batch again is fenced rather than written twice', async () => {
    const script = conversation();
    const events = positioned(script.sessionId, script.events);
    await rows.write(writer, events, position, null);
    await expect(rows.write(writer, events, position, null)).rejects.toThrow(LeaseLostError);
  });
});
