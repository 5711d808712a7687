import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import type { Positioned } from './tables/items.ts';
import type { Writer } from './tables/owner.ts';
import { LeaseLostError } from './tables/owner.ts';
import { rewriteSession } from './tables/rewrite.ts';
import type { SetAside } from './tables/set-aside.ts';
import { listSetAside, unlist } from './tables/set-aside.ts';
import { RowsStore } from './tables/store.ts';
import { listSessions } from './queries/sessions.ts';
import { PartitionLeaseStore } from '#partitions';
import type { TestDatabase } from './test-support.ts';
import { createDatabase, entryFor, Script, startSession, turn } from './test-support.ts';
import { listTurns } from './queries/turns.ts';

let database: TestDatabase;
let rows: RowsStore;
let writer: Writer;

beforeAll(async () => {
  database = await createDatabase();
  rows = new RowsStore(database.pool, { textSearch: 'off' });
});
beforeEach(async () => {
  await database.pool.query(
    'TRUNCATE conversation_session, conversation_turn, projection_slot, set_aside_session',
  );
  const leases = new PartitionLeaseStore(database.pool, 'test', 60_000);
  await leases.ensure(1);
  const [lease] = await leases.claim(1, []);
  if (!lease) throw new Error('no partition');
  writer = { partition: lease.partition, epoch: lease.epoch, owner: 'test', position: null };
});
afterAll(() => database.drop());

let position = 0n;
function positioned(sessionId: string, events: readonly RecordedEvent[]): Positioned[] {
  return events.map((event) => ({ session_id: sessionId, event, position: (position += 10n) }));
}

/** Writes as a partition does, each batch from the position of the previous one. */
async function write(events: readonly Positioned[]): Promise<SetAside[]> {
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
  test('are the same in one batch, in batches of one, and when events are delivered again', async () => {
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

  test('a turn_id repeated in its session has a row each time, with its own reply', async () => {
    const script = new Script();
    const turnId = randomUUID();
    const replyTo = (message_text: string): void =>
      void script.request(turn(randomUUID(), { sender: 'bot', in_reply_to: turnId, message_text }));
    script.request(startSession);
    script.request(turn(turnId));
    replyTo('One.');
    script.request(turn(turnId, { message_text: 'Again?' }));
    replyTo('Two.');
    const events = positioned(script.sessionId, script.events);
    const expected = { turns: [{ response_text: 'One.' }, {}, { response_text: 'Two.' }, {}] };
    for (const event of events) await write([event]);
    expect(await everything()).toMatchObject(expected);
    await write(events);
    expect(await everything()).toMatchObject(expected);
    await database.pool.query('TRUNCATE conversation_session, conversation_turn');
    await write(events);
    expect(await everything()).toMatchObject(expected);
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

/** A conversation with an event that only PostgreSQL refuses, at revision 0. */
function refusedConversation(): { sessionId: string; events: RecordedEvent[] } {
  const { sessionId, events } = conversation();
  const [started, ...rest] = events;
  if (started?.type !== 'SessionStarted') throw new Error('not started');
  return { sessionId, events: [{ ...started, data: { ...started.data, expires_in_s: 1.5e10 } }, ...rest] };
}

describe('an event that no row can hold', () => {
  let script: Script;
  beforeEach(() => {
    script = new Script();
    script.request(startSession);
    script.request(turn('not-a-uuid'));
    script.request(turn(randomUUID(), { parsed_intent: 'fine' }));
  });

  test('sets its session aside: the event and those after it are left out', async () => {
    const failures = await write(positioned(script.sessionId, script.events));
    const event_id = script.events[1]?.event_id;
    expect(failures).toMatchObject([
      { revision: 1, event_id, type: 'TurnRecorded', reason: 'turn_id is not a UUID' },
    ]);
    expect(await everything()).toMatchObject({ sessions: [{ revision: 0 }], turns: [] });
  });

  test('is listed with its session, in the same transaction', async () => {
    const failures = await write(positioned(script.sessionId, script.events));
    expect(await listSetAside(database.pool)).toEqual(
      failures.map((failure) => ({ ...failure, redrive_requested: false })),
    );
  });

  test('does not hold back the other sessions of its batch', async () => {
    const other = conversation();
    await write([
      ...positioned(script.sessionId, script.events),
      ...positioned(other.sessionId, other.events),
    ]);
    const { items } = await listSessions(database.pool, { limit: 10 });
    expect(items.find(({ session_id }) => session_id === other.sessionId)?.revision).toBe(6);
  });
});

describe('an event that PostgreSQL refuses', () => {
  test('is found among those of its batch', async () => {
    const refused = refusedConversation();
    const good = Array.from({ length: 4 }, () => conversation());
    const sessions = [...good.slice(0, 2), refused, ...good.slice(2)];
    const failures = await write(sessions.flatMap(({ sessionId, events }) => positioned(sessionId, events)));
    expect(failures).toMatchObject([{ session_id: refused.sessionId, revision: 0 }]);
    const { items } = await listSessions(database.pool, { limit: 10 });
    const written = new Map(items.map(({ session_id, revision }) => [session_id, revision]));
    expect(written).toEqual(new Map(good.map(({ sessionId }) => [sessionId, 6])));
  });

  test('since no index can hold its text sets its session aside', async () => {
    const script = new Script();
    script.request(startSession);
    const parsed_intent = Array.from({ length: 200 }, () => randomUUID()).join('');
    script.request(turn(randomUUID(), { parsed_intent }));
    const failures = await write(positioned(script.sessionId, script.events));
    expect(failures).toMatchObject([{ revision: 1, reason: expect.stringContaining('index row') }]);
  });
});

const rewrite = (id: string, events: Script['events'], failure: SetAside | null = null, owner = writer) =>
  rewriteSession(database.pool, owner, id, events, failure, undefined, 'off');

describe('a session that is rewritten', () => {
  test('has the rows of its events, whatever was stored before', async () => {
    const script = conversation();
    await write(positioned(script.sessionId, script.events));
    const before = await everything();
    await database.pool.query("UPDATE conversation_session SET language = 'xx', revision = 99");
    await database.pool.query('DELETE FROM conversation_turn');
    expect(await rewrite(script.sessionId, script.events)).toBeNull();
    expect(await everything()).toEqual(before);
  });

  test('is set aside at the first event that no row can hold', async () => {
    const script = conversation();
    script.request(turn('not-a-uuid'));
    script.request(turn(randomUUID()));
    const entry = await rewrite(script.sessionId, script.events);
    expect(entry).toMatchObject({ revision: 7, reason: 'turn_id is not a UUID' });
    expect(await everything()).toMatchObject({ sessions: [{ revision: 6 }] });
    expect(await listSetAside(database.pool)).toMatchObject([{ revision: 7 }]);
  });

  test('is set aside at the first event that PostgreSQL refuses', async () => {
    const script = conversation();
    script.request(
      turn(randomUUID(), { parsed_intent: Array.from({ length: 200 }, () => randomUUID()).join('') }),
    );
    script.request(turn(randomUUID()));
    const entry = await rewrite(script.sessionId, script.events);
    expect(entry).toMatchObject({ revision: 7 });
    expect(await everything()).toMatchObject({ sessions: [{ revision: 6 }] });
  });

  test('leaves the list when its owner removes it', async () => {
    const script = conversation();
    await rewrite(script.sessionId, [], entryFor(script.sessionId, 0));
    await unlist(database.pool, { ...writer, epoch: writer.epoch - 1n }, script.sessionId);
    expect(await listSetAside(database.pool)).toHaveLength(1);
    await unlist(database.pool, writer, script.sessionId);
    expect(await listSetAside(database.pool)).toEqual([]);
  });

  test('is not written by a former owner', async () => {
    const { sessionId, events } = conversation();
    const stale = { ...writer, epoch: writer.epoch - 1n };
    await expect(rewrite(sessionId, events, null, stale)).rejects.toThrow(LeaseLostError);
    expect(await everything()).toEqual({ sessions: [], turns: [] });
  });
});

describe('a writer that no longer owns the partition', () => {
  const stale: [string, () => Writer][] = [
    ['by its epoch', () => ({ ...writer, epoch: writer.epoch - 1n })],
    ['by its name', () => ({ ...writer, owner: 'another' })],
    ['by its position', () => ({ ...writer, position: 1n })],
  ];
  test.each(stale)('is fenced %s and writes nothing', async (_, impostor) => {
    const script = conversation();
    const attempt = rows.write(impostor(), positioned(script.sessionId, script.events), position, null);
    await expect(attempt).rejects.toThrow(LeaseLostError);
    expect(await everything()).toEqual({ sessions: [], turns: [] });
    const { rows: partitions } = await database.pool.query('SELECT position FROM projection_slot');
    expect(partitions).toEqual([{ position: null }]);
  });

  test('that repeats a batch after an unknown outcome of its commit is fenced', async () => {
    const script = conversation();
    const events = positioned(script.sessionId, script.events);
    await rows.write(writer, events, position, null);
    await expect(rows.write(writer, events, position, null)).rejects.toThrow(LeaseLostError);
  });
});
