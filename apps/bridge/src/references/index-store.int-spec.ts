import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RecordedEvent, SessionCommand } from '#domain';
import { LeaseLostError } from '#read-models';
import type { TestDatabase } from '../../../../libs/read-models/src/test-support.ts';
import { Script, startSession, turn } from '../../../../libs/read-models/src/test-support.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { changeOf, mergeChanges } from './changes.ts';
import { IndexStore } from './index-store.ts';

let database: TestDatabase;
let index: IndexStore;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(
    `INSERT INTO bridge_slot (slot, prefixes, owner, epoch) VALUES (0, '{session-0}', 'spec', 1)`,
  );
});
beforeEach(async () => {
  await database.pool.query('TRUNCATE reference_index, reference_index_position');
  index = storeOf('spec');
});
afterAll(() => database.drop());

/** The index of the partition, as seen by an owner. */
function storeOf(owner: string): IndexStore {
  return new IndexStore(database.pool, { partition: 0, owner, epoch: 1n, prefixes: ['session-0'] });
}

async function indexEvents(session_id: string, events: readonly RecordedEvent[]): Promise<void> {
  const deliveries = events.map((event) => ({ kind: 'event', session_id, event, position: 1n }) as const);
  await index.apply(mergeChanges(deliveries.flatMap((delivery) => changeOf(delivery) ?? [])));
}

async function indexed(script: Script, ...commands: readonly SessionCommand[]): Promise<void> {
  await indexEvents(script.sessionId, script.request(...commands));
}

const start = (partner_id: string): SessionCommand => ({ ...startSession, partner_id }) as SessionCommand;

const mention = (extracted_entities: Record<string, string>): SessionCommand =>
  turn(randomUUID(), { extracted_entities });

/** What is in the index. */
async function references(): Promise<string[]> {
  const { rows } = await database.pool.query<{ reference: string }>(
    'SELECT reference FROM reference_index ORDER BY reference',
  );
  return rows.map(({ reference }) => reference);
}

const ended = { type: 'EndSession', reason: null } as const;

describe('the index', () => {
  test('has the partner and the mentions of a session', async () => {
    await indexed(new Script(), start('P1'), mention({ order_id: 'O1', payout_id: 'PAY1' }));
    expect(await references()).toEqual(['O1', 'P1', 'PAY1']);
  });

  test('has nothing of a session that is over, also when it is read again', async () => {
    const session = new Script();
    await indexed(session, start('P1'), mention({ order_id: 'O1' }));
    await indexed(session, ended);
    const [, turnRecorded] = session.events;
    if (turnRecorded) await indexEvents(session.sessionId, [turnRecorded]);
    expect(await references()).toEqual([]);
  });

  test('has a session that is deleted and begun again', async () => {
    const [first, again] = [new Script(), new Script()];
    const id = first.sessionId;
    const events = first.request(start('P1'), mention({ order_id: 'O1' }));
    const changes = [...events, ...again.request(start('P2'), mention({ order_id: 'O1' }))].map(
      (event, index) => changeOf({ kind: 'event', session_id: id, event, position: BigInt(index) + 1n }),
    );
    const deleted = {
      kind: 'deleted',
      session_id: id,
      before: Number.MAX_SAFE_INTEGER,
      position: 2n,
    } as const;
    changes.splice(2, 0, changeOf(deleted));
    const items = changes.filter((change) => change !== undefined);
    await index.apply(mergeChanges(items.slice(0, 2)));
    await index.apply(mergeChanges(items));
    const { rows } = await database.pool.query(
      'SELECT partner_id, reference FROM reference_index ORDER BY 2',
    );
    expect(rows).toEqual([
      { partner_id: 'P2', reference: 'O1' },
      { partner_id: 'P2', reference: 'P2' },
    ]);
  });

  test('forgets the sessions of its partition alone when it starts over', async () => {
    const [own, foreign] = ['0', '1'].map((digit) => digit + randomUUID().slice(1));
    await index.load();
    await index.savePosition(70n, null);
    await database.pool.query(
      `INSERT INTO reference_index (kind, reference, session_id, partner_id, started_at, position)
       SELECT 'order', id::text, id, 'P1', now(), 1 FROM unnest($1::uuid[]) AS id`,
      [[own, foreign]],
    );
    await index.startOver();
    expect(await references()).toEqual([foreign]);
    expect(await index.load()).toBeNull();
  });

  test('is not written by a bridge that lost the partition', async () => {
    index = storeOf('another');
    await expect(indexed(new Script(), start('P1'))).rejects.toBeInstanceOf(LeaseLostError);
    await expect(index.savePosition(1n, null)).rejects.toBeInstanceOf(LeaseLostError);
    await database.pool.query("INSERT INTO reference_index_position VALUES ('session-0a', 70)");
    await expect(index.load()).rejects.toBeInstanceOf(LeaseLostError);
    const { rows } = await database.pool.query('SELECT prefix FROM reference_index_position');
    expect(rows).toEqual([{ prefix: 'session-0a' }]);
    expect(await references()).toEqual([]);
  });

  test('has its position, and the time until which it is current', async () => {
    expect(await index.load()).toBeNull();
    await index.savePosition(70n, '2100-01-01T00:00:00.000Z');
    expect(await index.load()).toBe(70n);
    const { rows } = await database.pool.query(
      'SELECT current_until <= now() AS plausible FROM reference_index_position',
    );
    expect(rows).toEqual([{ plausible: true }]);
  });
});

test('saving only a position does not change the time until which the index is current', async () => {
  const { pool } = database;
  await index.load();
  await pool.query("UPDATE reference_index_position SET current_until = now() - interval '1 hour'");
  await index.savePosition(80n, null);
  const { rows } = await pool.query(
    "SELECT current_until < now() - interval '59 min' AS old FROM reference_index_position",
  );
  expect(rows).toEqual([{ old: true }]);
});

function storeWith(prefixes: string[]): IndexStore {
  return new IndexStore(database.pool, { partition: 0, owner: 'spec', epoch: 1n, prefixes });
}

test('a position is carried from a prefix to the longer ones, and the lowest of theirs back', async () => {
  const long = [...'0123456789abcdef'].map((digit) => `session-7${digit}`);
  await database.pool.query("INSERT INTO reference_index_position VALUES ('session-7', 70)");
  const positions = await Promise.all(long.map((prefix) => storeWith([prefix]).load()));
  expect(new Set(positions)).toEqual(new Set([70n]));
  await database.pool.query(
    "UPDATE reference_index_position SET position = CASE prefix WHEN 'session-7c' THEN 75 ELSE 80 END",
  );
  expect(await storeWith(['session-7']).load()).toBe(75n);
  const { rows } = await database.pool.query('SELECT prefix FROM reference_index_position');
  expect(rows).toEqual([{ prefix: 'session-7' }]);
});
