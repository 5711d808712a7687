import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { newPartner } from '#domain';
import { waitUntil } from '#platform';
import { accessStream, partnerStream, readPartner, readRetentionRuns, readSession } from '#sessions';
import { testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import { erasureWorld, makeUnreadable } from '../erasure/test-partner.ts';
import type { RetentionPolicy } from './retention.ts';
import { runRetention } from './retention.ts';

let world: Awaited<ReturnType<typeof erasureWorld>>;

beforeAll(async () => {
  world = await erasureWorld(testDataKeys());
});
afterAll(() => world.close());
afterEach(() => void jest.restoreAllMocks());

const none: RetentionPolicy = { sessionsDays: 0, partnersDays: 0, accessDays: 0, floorDays: 0 };
const dayMs = 86_400_000;
/** Runs the retention some days later than now. */
const runIn = (days: number, policy: Partial<RetentionPolicy>, apply = true) =>
  runRetention({
    ...world,
    signer: undefined,
    policy: { ...none, ...policy },
    apply,
    now: new Date(Date.now() + days * dayMs),
  });

async function endedSession(partner_id = `P-${randomUUID()}`): Promise<{ partner_id: string; id: string }> {
  const id = await world.start(partner_id);
  await world.execute(id, { type: 'EndSession', reason: null });
  await world.project(id);
  return { partner_id, id };
}
/** An access log record of a day, and its row. */
async function accessOn(at: Date): Promise<void> {
  const id = randomUUID();
  const event = { contentType: 'application/json', id, type: 'AdminActed', data: {}, metadata: {} } as const;
  await world.store.append(accessStream(at), [event], -1);
  await world.pool.query(
    `INSERT INTO access_record (event_id, at, kind, role, subject, action, session_ids, correlation_id)
     VALUES ($1, $2, 'act', 'admin', 'spec', 'spec', '{}', 'spec')`,
    [id, at],
  );
}
async function accessRows(): Promise<number> {
  return (await world.pool.query('SELECT FROM access_record')).rowCount ?? 0;
}

const isThere = async (id: string): Promise<boolean> => (await readSession(world.store, id)) !== undefined;

test('ended sessions are deleted with their streams when their retention ends', async () => {
  const { id } = await endedSession();
  const active = await world.start(`P-${randomUUID()}`);
  expect((await runIn(9, { sessionsDays: 10 })).deleted.sessions).toBe(0);
  expect((await runIn(11, { sessionsDays: 10 }, false)).deleted.sessions).toBeGreaterThan(0);
  expect(await isThere(id)).toBe(true);
  await runIn(11, { sessionsDays: 10 });
  expect([await isThere(id), await isThere(active)]).toEqual([false, true]);
  expect(await world.store.wasDeleted(`session-${id}`)).toBe(true);
});

test('nothing is deleted before the retention floor', async () => {
  const { id } = await endedSession();
  await runIn(11, { sessionsDays: 10, floorDays: 30 });
  expect(await isThere(id)).toBe(true);
});

async function placeHold(partner_id: string): Promise<void> {
  const by = { role: 'human', id: 'dpo' } as const;
  const hold = { reason: 'case-7', placed_at: new Date().toISOString(), placed_by: by };
  await world.command({ type: 'PlaceHold', partner_id, hold });
}

test('a legal hold keeps sessions and the partner’s memory', async () => {
  const { partner_id, id } = await endedSession();
  await placeHold(partner_id);
  await world.follower.write(partner_id);
  await runIn(11, { sessionsDays: 10, partnersDays: 10 });
  expect(await isThere(id)).toBe(true);
  expect((await readPartner(world.store, partner_id)).state.last_session_id).toBe(id);
});

test('a legal hold keeps sessions before the table shows it', async () => {
  const { partner_id, id } = await endedSession();
  await placeHold(partner_id);
  await runIn(11, { sessionsDays: 10 });
  expect(await isThere(id)).toBe(true);
});

test('a legal hold keeps sessions of which a run has already made its list', async () => {
  const { partner_id, id } = await endedSession();
  const list = world.store.readLast.bind(world.store);
  const stream = partnerStream(partner_id);
  // The first read of the partner makes the list.
  jest.spyOn(world.store, 'readLast').mockImplementation(async (name, reaching) => {
    const last = await list(name, reaching);
    if (name !== stream) return last;
    jest.restoreAllMocks();
    await placeHold(partner_id);
    return last;
  });
  await runIn(11, { sessionsDays: 10 });
  expect((await readPartner(world.store, partner_id)).state.privacy?.hold).toBeDefined();
  expect(await isThere(id)).toBe(true);
});

test('a legal hold keeps the partner’s memory that a run is about to delete', async () => {
  const { partner_id } = await endedSession();
  const stream = partnerStream(partner_id);
  const deleteStream = world.store.deleteStream.bind(world.store);
  jest.spyOn(world.store, 'deleteStream').mockImplementation(async (name, at) => {
    if (name === stream) await placeHold(partner_id);
    return deleteStream(name, at);
  });
  const before = await runIn(11, { partnersDays: 10 }, false);
  const { deleted } = await runIn(11, { partnersDays: 10 });
  expect((await readPartner(world.store, partner_id)).state.privacy?.hold).toMatchObject({
    reason: 'case-7',
  });
  expect(deleted.partners).toBe(before.deleted.partners - 1);
});

test('a partner’s memory is deleted, even after its sessions', async () => {
  const { partner_id } = await endedSession();
  await runIn(11, { sessionsDays: 10 });
  await world.pool.query('DELETE FROM conversation_turn WHERE partner_id = $1', [partner_id]);
  await world.pool.query('DELETE FROM conversation_session WHERE partner_id = $1', [partner_id]);
  await runIn(15, { partnersDays: 20 });
  expect((await readPartner(world.store, partner_id)).state.last_session_id).not.toBeNull();
  await runIn(21, { partnersDays: 20 });
  expect(await readPartner(world.store, partner_id)).toMatchObject({ revision: -1 });
});

test('a partner whose sessions were deleted is erased for inactivity', async () => {
  const { partner_id, id } = await endedSession();
  await world.pool.query(
    `UPDATE conversation_session SET last_activity_time = now() - interval '400 days' WHERE session_id = $1`,
    [id],
  );
  await runIn(0, { sessionsDays: 90 });
  expect(await isThere(id)).toBe(false);
  for (const table of ['conversation_turn', 'conversation_session'])
    await world.pool.query(`DELETE FROM ${table} WHERE partner_id = $1`, [partner_id]);
  const worker = world.worker({ inactiveDays: 365, noticeHours: 0 });
  await worker.announceInactive();
  await waitUntil(async () => {
    await worker.round();
    return (await world.privacy(partner_id))?.receipt?.after === 'announcement';
  });
  await worker.announceInactive();
  expect((await world.privacy(partner_id))?.erasure).toBeUndefined();
});

test('the memory of a partner who came back after an erasure is deleted, and the receipt is kept', async () => {
  const { partner_id } = await endedSession();
  await world.request(partner_id);
  const receipt = await world.eraser.erase(partner_id);
  await endedSession(partner_id);
  const stored = () =>
    Array.fromAsync(world.store.read(partnerStream(partner_id)), ({ revision, type }) => ({
      revision,
      type,
    }));
  await runIn(11, { partnersDays: 10 }, false);
  expect((await readPartner(world.store, partner_id)).state.last_session_id).not.toBeNull();
  await runIn(11, { partnersDays: 10 });
  expect((await readPartner(world.store, partner_id)).state).toEqual({ ...newPartner, privacy: { receipt } });
  const left = await stored();
  expect(left).toEqual([{ revision: expect.anything(), type: 'PartnerErased' }]);
  await runIn(30, { partnersDays: 10 });
  expect(await stored()).toEqual(left);
});

test('days of the access log are deleted even with gaps, and their rows only with them', async () => {
  const [first, second] = [200, 150].map((days) => new Date(Date.now() - days * dayMs)) as [Date, Date];
  for (const at of [first, second]) await accessOn(at);
  const streams = [first, second].map((at) => accessStream(at));
  const there = () =>
    Promise.all(streams.map(async (name) => (await world.store.readLast(name)) !== undefined));
  expect((await runIn(0, { accessDays: 100 }, false)).deleted.access_days).toBe(2);
  expect([await there(), await accessRows()]).toEqual([[true, true], 2]);
  expect((await runIn(0, { accessDays: 175 })).deleted.access_days).toBe(1);
  expect([await there(), await accessRows()]).toEqual([[false, true], 1]);
  const stopped = {
    ...world,
    signer: undefined,
    policy: { ...none, accessDays: 100 },
    apply: true,
    signal: AbortSignal.abort(),
  };
  await runRetention(stopped);
  expect([await there(), await accessRows()]).toEqual([[false, true], 1]);
  await runIn(0, { accessDays: 100 });
  expect([await there(), await accessRows()]).toEqual([[false, false], 0]);
});

test('a run is recorded with what it deleted', async () => {
  const { deleted } = await runIn(11, { sessionsDays: 10 });
  expect((await readRetentionRuns(world.store)).at(-1)).toMatchObject({
    before: { partners: null, access: null },
    deleted,
  });
});

test('nothing is deleted of a partner whose stream cannot be read', async () => {
  const [unreadable, other] = [await endedSession(), await endedSession()];
  await makeUnreadable(world.store, unreadable.partner_id);
  await runIn(11, { sessionsDays: 10, partnersDays: 10 });
  expect([await isThere(unreadable.id), await isThere(other.id)]).toEqual([true, false]);
  expect(await world.store.readLast(partnerStream(unreadable.partner_id))).toBeDefined();
});
