import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { LeaseLostError } from '#read-models';
import { CommandRejectedError, StoreUnavailableError } from '#sessions';
import type { TestDatabase } from '../../../../libs/read-models/src/test-support.ts';
import { Script } from '../../../../libs/read-models/src/test-support.ts';
import { createTestDatabase, testPool } from '../../../../libs/platform/src/testing/test-services.ts';
import { changeOf, mergeChanges } from '../references/changes.ts';
import { InterruptedError } from './recorder.ts';
import { LateHarness, mention, start, updateAbout } from './test-updates.ts';

let database: TestDatabase;
let harness: LateHarness;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool.query(
    `INSERT INTO bridge_slot (slot, prefixes, owner, epoch) VALUES (0, '{session-0}', 'spec', 1)`,
  );
});
beforeEach(async () => {
  await database.pool.query('TRUNCATE reference_index, kept_update, kept_update_reference, reference_owner');
  harness = new LateHarness(database.pool);
});
afterAll(() => database.drop());

const ids = (): string[] => harness.recorded.map(({ id }) => id);
/** What is in the index. */
async function references(): Promise<string[]> {
  const { rows } = await database.pool.query<{ reference: string }>(
    'SELECT reference FROM reference_index ORDER BY reference',
  );
  return rows.map(({ reference }) => reference);
}

/** How many updates are kept. */
async function keptCount(): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>('SELECT count(*)::int FROM kept_update');
  return rows[0]?.count ?? 0;
}

/** That it happened on a day of a month. */
function on(day: number): { readonly occurred_at_source: string } {
  return { occurred_at_source: `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z` };
}

const ended = { type: 'EndSession', reason: null } as const;

describe('an update that came in before its session mentioned the order', () => {
  test('is recorded when it does', async () => {
    const [session, update] = [new Script(), updateAbout({ order: 'O1' })];
    await harness.indexed(session, start('P1'));
    await harness.receive(update);
    await harness.indexed(session, mention({ order_id: 'O1' }));
    const { source_event_id: id } = update.update;
    expect(harness.recorded).toEqual([{ session: session.sessionId, id, before: false }]);
  });

  test('is recorded when the process died between the index and the recording', async () => {
    const [session, update] = [new Script(), updateAbout({ order: 'O1' })];
    await harness.indexed(session, start('P1'));
    await harness.receive(update);
    harness.failing.set(session.sessionId, new StoreUnavailableError());
    const events = session.request(mention({ order_id: 'O1' }));
    await expect(harness.indexEvents(session.sessionId, events)).rejects.toThrow(StoreUnavailableError);
    harness.failing.clear();
    harness.goBack(1);
    await harness.indexEvents(session.sessionId, events);
    expect(ids()).toEqual([update.update.source_event_id]);
  });

  test('waits for the next time when the work ends before it is recorded', async () => {
    const session = new Script();
    await harness.receive(updateAbout({ order: 'O1' }));
    harness.stop.abort();
    const events = session.request(start('P1'), mention({ order_id: 'O1' }));
    await expect(harness.indexEvents(session.sessionId, events)).rejects.toThrow(InterruptedError);
    expect(harness.recorded).toEqual([]);
  });

  test('is not looked for again when the order is mentioned once more', async () => {
    const session = new Script();
    await harness.indexed(session, start('P1'), mention({ order_id: 'O1' }));
    await harness.receive(updateAbout({ order: 'O1' }));
    await harness.indexed(session, mention({ order_id: 'O1' }));
    expect(harness.recorded).toEqual([]);
  });

  test('is recorded once when it concerns the session in two ways', async () => {
    const session = new Script();
    await harness.receive(updateAbout({ order: 'O1', tracking: 'T1' }));
    await harness.indexed(session, start('P1'), mention({ order_id: 'O1', tracking_id: 'T1' }));
    expect(harness.recorded).toHaveLength(1);
  });

  test('is recorded when its session is found by what an update says of the order', async () => {
    const session = new Script();
    await harness.receive(updateAbout({ tracking: 'T1' }, { system: 'logistics' }));
    await harness.indexed(session, start('P1'));
    await harness.indexed(session, {
      type: 'RecordExternalUpdate',
      ...updateAbout({}, { references: { order: 'O1', tracking: 'T1' } }).update,
    });
    expect(harness.recorded).toHaveLength(1);
  });

  test('is not recorded in a session that is over meanwhile', async () => {
    const session = new Script();
    const over = new CommandRejectedError({ code: 'session_over', reason: 'It is over.' }, 0, 1);
    harness.failing.set(session.sessionId, over);
    await harness.receive(updateAbout({ partner: 'P1' }), updateAbout({ partner: 'P1' }));
    await harness.indexed(session, start('P1'));
    expect(harness.recorded).toEqual([]);
    const { rows } = await database.pool.query('SELECT FROM kept_update_reference WHERE matched');
    expect(rows).toEqual([]);
  });

  test('does not delay the others when its session cannot take it', async () => {
    const [bad, good] = [new Script(), new Script()];
    harness.failing.set(bad.sessionId, new Error('strange event'));
    await harness.receive(updateAbout({ order: 'O1' }));
    await harness.indexed(bad, start('P1'), mention({ order_id: 'O1' }));
    await harness.indexed(good, start('P1'), mention({ order_id: 'O1' }));
    expect(harness.recorded.map(({ session }) => session)).toEqual([good.sessionId]);
    const failed = await harness.metrics.registry.getSingleMetricAsString('bridge_late_updates_failed_total');
    expect(failed).toContain('} 1');
  });
});

describe("a partner's session", () => {
  test('begins with the updates that came in since the one before, in the order of their times', async () => {
    const [late, early] = [updateAbout({ partner: 'P1' }, on(9)), updateAbout({ partner: 'P1' }, on(8))];
    await harness.receive(late, early);
    // The script's clock stands in the past; the updates came in an hour before that.
    await database.pool.query("UPDATE kept_update_reference SET received_at = '2026-01-05T08:00:00Z'");
    const session = new Script();
    await harness.indexed(session, start('P1'));
    expect(harness.recorded).toEqual(
      [early, late].map(({ update }) => ({
        session: session.sessionId,
        id: update.source_event_id,
        before: true,
      })),
    );
  });

  test('does not begin with an update that the session before had', async () => {
    const [first, second] = [new Script(), new Script()];
    await harness.receive(updateAbout({ partner: 'P1' }));
    await database.pool.query("UPDATE kept_update_reference SET received_at = '2026-01-05T08:00:00Z'");
    await harness.indexed(first, start('P1'));
    await harness.indexed(first, ended);
    await harness.indexed(second, start('P1'));
    expect(harness.recorded.map(({ session }) => session)).toEqual([first.sessionId]);
  });

  test('gets an update that came in after it began, though another session had it', async () => {
    const session = new Script();
    const update = updateAbout({ partner: 'P1' });
    await harness.receive(update);
    await database.pool.query('UPDATE kept_update_reference SET matched = true');
    await harness.indexed(session, start('P1'));
    expect(harness.recorded).toMatchObject([{ session: session.sessionId, before: false }]);
  });

  test('gets the latest twenty', async () => {
    const updates = Array.from({ length: 25 }, (_, index) => updateAbout({ partner: 'P1' }, on(index + 1)));
    await harness.receive(...updates);
    await harness.indexed(new Script(), start('P1'));
    expect(ids()).toEqual(updates.slice(5).map(({ update }) => update.source_event_id));
  });
});

test('sessions of a partner begin, however many updates the sessions before had', async () => {
  await database.pool.query(
    `WITH kept AS (
       INSERT INTO kept_update (identity, partner_id, kept_until, content)
       SELECT int4send(n), 'P1', now() + interval '1 day', '{}' FROM generate_series(1, 20000) AS n RETURNING id)
     INSERT INTO kept_update_reference (kind, reference, ordered_at, received_at, matched, update_id)
     SELECT 'partner', 'P1', now(), '2020-01-01', true, id FROM kept`,
  );
  const sessions = Array.from({ length: 256 }, () => new Script());
  const starts = sessions.map(({ sessionId: session_id }) => ({
    session_id,
    partner_id: 'P1',
    started_at: '2026-01-05T09:00:00.000Z',
    position: 10n,
  }));
  const mentions = starts.map((begun) => ({ ...begun, kind: 'partner', reference: 'P1' }));
  await harness.index.apply({ over: [], starts, mentions });
  // The time that the bridge gives a statement.
  const bounded = testPool(database.url, 'SET statement_timeout = 4000');
  const kept = new LateHarness(bounded).kept;
  await expect(kept.findFor(mentions, null))
    .resolves.toEqual([])
    .finally(() => bounded.end());
});

describe('whose order', () => {
  test('an update of a partner does not enter the session of another who mentions the order', async () => {
    await harness.receive(updateAbout({ order: 'O1', partner: 'P2' }));
    await harness.indexed(new Script(), start('P1'), mention({ order_id: 'O1' }));
    expect(harness.recorded).toEqual([]);
  });

  test('an update without a partner does not either, once another update named one', async () => {
    const session = new Script();
    await harness.receive(updateAbout({ order: 'O1', partner: 'P2' }), updateAbout({ order: 'O1' }));
    await harness.indexed(session, start('P1'), mention({ order_id: 'O1' }));
    expect(harness.recorded).toEqual([]);
  });

  test('an update without a partner enters the session of the owner', async () => {
    const update = updateAbout({ order: 'O1' });
    await harness.receive(updateAbout({ order: 'O1', partner: 'P1' }), update);
    await harness.indexed(new Script(), start('P1'), mention({ order_id: 'O1' }));
    expect(ids()).toContain(update.update.source_event_id);
  });

  test('an update about things of two partners enters no session', async () => {
    const [one, other] = [{ order: 'O1' }, { tracking: 'T1' }];
    await harness.receive(updateAbout({ ...one, partner: 'P1' }), updateAbout({ ...other, partner: 'P2' }));
    expect(await harness.ownership.addressees([{ ...one, ...other }])).toEqual([
      { references: [], partner: null },
    ]);
  });

  test('it enters the sessions of all when that is configured', async () => {
    harness = new LateHarness(database.pool, 'allow');
    const update = updateAbout({ order: 'O1' });
    await harness.receive(updateAbout({ order: 'O1', partner: 'P2' }), update);
    await harness.indexed(new Script(), start('P1'), mention({ order_id: 'O1' }));
    expect(ids()).toEqual([update.update.source_event_id]);
  });
});

describe('the index', () => {
  test('has the partner of a session and what it mentions', async () => {
    await harness.indexed(new Script(), start('P1'), mention({ order_id: 'O1', payout_id: 'PAY1' }));
    expect(await references()).toEqual(['O1', 'P1', 'PAY1']);
  });

  test('has nothing of a session that is over, also when it is read again', async () => {
    const session = new Script();
    await harness.indexed(session, start('P1'), mention({ order_id: 'O1' }));
    await harness.indexed(session, ended);
    const [, turnRecorded] = session.events;
    if (turnRecorded) await harness.indexEvents(session.sessionId, [turnRecorded]);
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
    await harness.index.apply(mergeChanges(items.slice(0, 2)));
    await harness.index.apply(mergeChanges(items));
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
    await harness.index.load();
    await harness.index.savePosition(70n, null);
    await database.pool.query(
      `INSERT INTO reference_index (kind, reference, session_id, partner_id, started_at, position)
       SELECT 'order', id::text, id, 'P1', now(), 1 FROM unnest($1::uuid[]) AS id`,
      [[own, foreign]],
    );
    await harness.index.startOver();
    expect(await references()).toEqual([foreign]);
    expect(await harness.index.load()).toBeNull();
  });

  test('is not written by a bridge that lost the partition', async () => {
    const fenced = new LateHarness(database.pool, 'refuse', 'another');
    await expect(fenced.indexed(new Script(), start('P1'))).rejects.toBeInstanceOf(LeaseLostError);
    await expect(fenced.index.savePosition(1n, null)).rejects.toBeInstanceOf(LeaseLostError);
    expect(await references()).toEqual([]);
  });

  test('knows its position, and until when it is current', async () => {
    expect(await harness.index.load()).toBeNull();
    await harness.index.savePosition(70n, '2100-01-01T00:00:00.000Z');
    expect(await harness.index.load()).toBe(70n);
    const { rows } = await database.pool.query(
      'SELECT current_until <= now() AS plausible FROM reference_index_position',
    );
    expect(rows).toEqual([{ plausible: true }]);
  });
});

test('a position alone does not say until when the index is current', async () => {
  const { pool } = database;
  await harness.index.load();
  await pool.query("UPDATE reference_index_position SET current_until = now() - interval '1 hour'");
  await harness.index.savePosition(80n, null);
  const { rows } = await pool.query(
    "SELECT current_until < now() - interval '59 min' AS old FROM reference_index_position",
  );
  expect(rows).toEqual([{ old: true }]);
});

describe('kept updates', () => {
  test('are kept once, however often they come in', async () => {
    const update = updateAbout({ order: 'O1' });
    const [first, again] = [await harness.kept.keep([update, update]), await harness.kept.keep([update])];
    expect([...first, ...again]).toEqual(Array(3).fill(first[0]));
    expect(await keptCount()).toBe(1);
  });

  test('are dropped when their time is over', async () => {
    await harness.receive(updateAbout({ order: 'O1' }), updateAbout({ order: 'O2' }));
    await database.pool.query(
      'UPDATE kept_update SET kept_until = now() WHERE id = (SELECT min(id) FROM kept_update)',
    );
    expect(await harness.kept.dropSome()).toBe(false);
    expect(await keptCount()).toBe(1);
  });

  test('may hold what no text of PostgreSQL can', async () => {
    const odd = { source_event_id: `/\0/${randomUUID()}`, data: { note: '\0 \ud800' } };
    const [id = ''] = await harness.kept.keep([updateAbout({ order: 'O1' }, odd)]);
    expect((await harness.kept.read(id))?.update).toMatchObject(odd);
  });
});
