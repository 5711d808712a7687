import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CommandRejectedError, StoreUnavailableError } from '#sessions';
import type { TestDatabase } from '../../../../libs/read-models/src/test-support.ts';
import { Script } from '../../../../libs/read-models/src/test-support.ts';
import { createTestDatabase } from '../../../../libs/platform/src/testing/test-services.ts';
import { InterruptedError } from './recorder.ts';
import { LateHarness, mention, start, updateAbout } from './test-updates.ts';

let database: TestDatabase;
let harness: LateHarness;

beforeAll(async () => {
  // The bridge's time limit of a statement.
  database = await createTestDatabase('SET statement_timeout = 4000');
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
/** How many updates are kept. */
async function keptCount(): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>('SELECT count(*)::int FROM kept_update');
  return rows[0]?.count ?? 0;
}

/** Options for an update that occurred on a day of a month. */
function on(day: number): { readonly occurred_at_source: string } {
  return { occurred_at_source: `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z` };
}

const ended = { type: 'EndSession', reason: null } as const;

describe('an update that came in before its session mentioned the order', () => {
  test('is recorded when the session mentions it', async () => {
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

  test('is not searched again when the order is mentioned again', async () => {
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

  test('is recorded when its session is found by a reference in another update', async () => {
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
  test('begins with the updates received since the previous session, ordered by time', async () => {
    const [late, early] = [updateAbout({ partner: 'P1' }, on(9)), updateAbout({ partner: 'P1' }, on(8))];
    await harness.receive(late, early);
    // The clock of the script is in the past; the updates arrived an hour before that.
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

  test('does not begin with an update that the previous session had', async () => {
    const [first, second] = [new Script(), new Script()];
    await harness.receive(updateAbout({ partner: 'P1' }));
    await database.pool.query("UPDATE kept_update_reference SET received_at = '2026-01-05T08:00:00Z'");
    await harness.indexed(first, start('P1'));
    await harness.indexed(first, ended);
    await harness.indexed(second, start('P1'));
    expect(harness.recorded.map(({ session }) => session)).toEqual([first.sessionId]);
  });

  test('gets an update received after its start, even if another session had it', async () => {
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

test('sessions of a partner begin, however many updates earlier sessions had', async () => {
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
  expect(await harness.kept.findFor(mentions, null)).toEqual([]);
});

describe('whose order', () => {
  test('an update of a partner does not enter the session of another who mentions the order', async () => {
    await harness.receive(updateAbout({ order: 'O1', partner: 'P2' }));
    await harness.indexed(new Script(), start('P1'), mention({ order_id: 'O1' }));
    expect(harness.recorded).toEqual([]);
  });

  test('many updates of the order’s former partner do not displace those of the present one', async () => {
    const [first, last] = [updateAbout({ order: 'O1' }, on(1)), updateAbout({ order: 'O1', partner: 'P1' })];
    const former = Array.from({ length: 25 }, () => updateAbout({ order: 'O1', partner: 'P2' }, on(2)));
    await harness.receive(first, ...former, last);
    await harness.indexed(new Script(), start('P1'), mention({ order_id: 'O1' }));
    expect(ids()).toEqual([first, last].map(({ update }) => update.source_event_id));
  });

  test('an update without a partner does not either, once another update named the partner', async () => {
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

  test('an event of a clock that is ahead does not outlast a later event', async () => {
    const ahead = { occurred_at_source: '2999-01-01T00:00:00.000Z' };
    await harness.receive(
      updateAbout({ order: 'O1', partner: 'P1' }, ahead),
      updateAbout({ order: 'O1', partner: 'P2' }),
    );
    expect(await harness.ownership.addressees([{ order: 'O1' }])).toMatchObject([{ partner: 'P2' }]);
  });

  test('an update without a partner enters the sessions of all partners if configured', async () => {
    harness = new LateHarness(database.pool, 'allow');
    const update = updateAbout({ order: 'O1' });
    await harness.receive(updateAbout({ order: 'O1', partner: 'P2' }), update);
    await harness.indexed(new Script(), start('P1'), mention({ order_id: 'O1' }));
    expect(ids()).toEqual([update.update.source_event_id]);
  });
});

describe('kept updates', () => {
  test('are kept once, however often they come in', async () => {
    const update = updateAbout({ order: 'O1' });
    const [first, again] = [await harness.kept.keep([update, update]), await harness.kept.keep([update])];
    expect([...first, ...again]).toEqual(Array(3).fill(first[0]));
    expect(await keptCount()).toBe(1);
  });

  test('are kept from their last arrival on', async () => {
    const update = updateAbout({ order: 'O1' });
    await harness.receive(update);
    await database.pool.query('UPDATE kept_update SET kept_until = now()');
    await harness.receive(update);
    await harness.indexed(new Script(), start('P1'), mention({ order_id: 'O1' }));
    expect(ids()).toEqual([update.update.source_event_id]);
  });

  test('are dropped when their time is over', async () => {
    await harness.receive(updateAbout({ order: 'O1' }), updateAbout({ order: 'O2' }));
    await database.pool.query(
      'UPDATE kept_update SET kept_until = now() WHERE id = (SELECT min(id) FROM kept_update)',
    );
    expect(await harness.kept.dropSome()).toBe(false);
    expect(await keptCount()).toBe(1);
  });

  test('are recorded in no session when their time is over, although they are not dropped yet', async () => {
    await harness.receive(updateAbout({ order: 'O1' }), updateAbout({ partner: 'P1' }));
    await database.pool.query('UPDATE kept_update SET kept_until = now()');
    await harness.indexed(new Script(), start('P1'), mention({ order_id: 'O1' }));
    expect(harness.recorded).toEqual([]);
  });

  test('may hold characters that PostgreSQL texts cannot', async () => {
    const odd = { source_event_id: `/\0/${randomUUID()}`, data: { note: '\0 \ud800' } };
    const [id = ''] = await harness.kept.keep([updateAbout({ order: 'O1' }, odd)]);
    expect((await harness.kept.read(id))?.update).toMatchObject(odd);
  });
});
