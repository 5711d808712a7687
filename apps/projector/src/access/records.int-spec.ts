import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import type { AccessRecord } from '#read-models';
import { accessCheckpoint, listAccess, summarizeAccess } from '#read-models';
import type { AccessEntry } from '#sessions';
import { AccessLog, accessStream } from '#sessions';
import { rebuildAccess } from '../rebuild/access.ts';
import { ProjectorHarness, rowsPool } from '../test-harness.ts';

let harness: ProjectorHarness;
let log: AccessLog;
beforeAll(async () => {
  harness = await ProjectorHarness.create();
  await harness.reset();
  log = new AccessLog(harness.store);
  await harness.start();
});
afterAll(async () => {
  await log.close();
  await harness.end();
});

const entry = (partner_ids: string[], more: Partial<AccessEntry> = {}): AccessEntry => ({
  caller: { role: 'auditor', subject: 'asif', instance: null },
  action: 'read_turns',
  partner_ids,
  session_ids: [randomUUID()],
  purpose: 'complaint:4711',
  ...more,
});

/** The records of a partner, when there are as many as expected. */
async function recordsOf(partner_id: string, count: number): Promise<AccessRecord[]> {
  const list = (): Promise<{ items: AccessRecord[] }> => listAccess(harness.pool, { partner_id, limit: 100 });
  await waitUntil(async () => (await list()).items.length >= count, { what: 'the records' });
  return (await list()).items;
}

test('a read is a record of each partner whose data it showed', async () => {
  const partners = [randomUUID(), randomUUID()].toSorted();
  await log.record(entry(partners));
  const [record] = await recordsOf(partners[1] ?? '', 1);
  expect(record).toMatchObject({
    kind: 'read',
    role: 'auditor',
    subject: 'asif',
    action: 'read_turns',
    partner_ids: partners,
    purpose: 'complaint:4711',
  });
});

test('a limited token sees only records of its partners, without sessions of others', async () => {
  const from = new Date().toISOString();
  const [own, other] = [randomUUID(), randomUUID()];
  for (const partners of [[own], [own, other], [other]]) await log.record(entry(partners));
  await recordsOf(other, 2);
  const limits = { partners: [own], limit: 100 };
  const { items } = await listAccess(harness.pool, { ...limits, from });
  expect(items.map(({ partner_ids, session_ids }) => [partner_ids, session_ids.length])).toEqual([
    [[own], 0],
    [[own], 1],
  ]);
  expect((await listAccess(harness.pool, { ...limits, partner_id: other })).items).toEqual([]);
  const counts = await summarizeAccess(harness.pool, {
    ...limits,
    from,
    to: new Date(Date.now() + 60_000).toISOString(),
  });
  expect(counts.items).toMatchObject([{ partner_id: own, records: 2 }]);
});

describe('of a record of several partners', () => {
  const from = new Date().toISOString();
  const [one, two, earlier, alone] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const sessions = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const sessionsOf = async (...partners: string[]): Promise<(number | null)[]> => {
    const to = new Date(Date.now() + 60_000).toISOString();
    const counts = await summarizeAccess(harness.pool, { partners, from, to, limit: 100 });
    return partners.map((id) => counts.items.find((item) => item.partner_id === id)?.sessions ?? null);
  };
  beforeAll(async () => {
    const read = { session_ids: sessions, session_partners: [one, two, one, one] };
    await log.record(entry([one, two], read));
    await log.record(entry([one, two], read));
    // As earlier releases recorded reads.
    await log.record(entry([earlier, alone]));
    await log.record(entry([alone]));
    await recordsOf(alone, 2);
  });

  test('each partner counts its own sessions', async () => {
    expect(await sessionsOf(one, two)).toEqual([3, 1]);
    expect(await sessionsOf(two)).toEqual([1]);
  });

  test('the count is unknown when a record does not say whose its sessions are', async () => {
    expect(await sessionsOf(earlier, alone)).toEqual([null, null]);
    await log.record(entry([two], { session_partners: [null] }));
    await recordsOf(two, 3);
    expect(await sessionsOf(one, two)).toEqual([3, null]);
  });

  test('a record of one partner counts all its sessions', async () => {
    const partner = randomUUID();
    await log.record(entry([partner]));
    await log.record(entry([partner], { session_ids: [] }));
    await recordsOf(partner, 2);
    expect(await sessionsOf(partner)).toEqual([1]);
  });

  test('a limited token sees the sessions of its partners', async () => {
    const { items } = await listAccess(harness.pool, { partners: [one], limit: 100, from });
    expect(items).toHaveLength(2);
    const shown = {
      session_ids: [0, 2, 3].map((index) => sessions[index]),
      session_partners: [one, one, one],
    };
    expect(items).toMatchObject([shown, shown]);
    expect(JSON.stringify(items)).not.toContain(two);
  });
});

test('a record that two nodes have added is there once', async () => {
  const other = new AccessLog(harness.store);
  const partner = randomUUID();
  const once = randomUUID();
  for (const node of [log, other, log]) await node.record(entry([partner], { once }));
  await log.record(entry([partner]));
  expect(await recordsOf(partner, 2)).toHaveLength(2);
  await other.close();
});

test('a foreign event in the log stops nothing', async () => {
  const stream = accessStream(new Date());
  const strange = {
    contentType: 'application/json',
    metadata: {},
    data: { role: 7, subject: '\0' },
  } as const;
  const reaching = (await harness.store.readLast(stream))?.revision ?? -1n;
  await harness.store.append(
    stream,
    [{ ...strange, id: randomUUID(), type: 'AdminActed' }],
    Number(reaching),
  );
  const partner = randomUUID();
  await log.record(entry([partner], { isAct: true, action: 'erase_partner', what: 'a\0b' }));
  const [record] = await recordsOf(partner, 1);
  expect(record).toMatchObject({ kind: 'act', action: 'erase_partner', what: 'a\uFFFDb' });
});

describe('of many records', () => {
  const partner = randomUUID();
  const from = new Date().toISOString();
  let to: string;
  beforeAll(async () => {
    for (const subject of ['asif', 'asif', 'beate']) {
      const caller = { role: 'auditor', subject, instance: null } as const;
      await log.record(entry([partner], { caller, session_ids: ['s-1'] }));
    }
    await recordsOf(partner, 3);
    to = new Date().toISOString();
  });

  test('pages continue where the previous one ended, newest first', async () => {
    const filter = { partner_id: partner, limit: 2 };
    const first = await listAccess(harness.pool, filter);
    const second = await listAccess(harness.pool, { ...filter, after: first.next ?? '' });
    const subjects = [...first.items, ...second.items].map(({ subject }) => subject);
    expect([subjects, second.next]).toEqual([['beate', 'asif', 'asif'], null]);
  });

  test('those of a subject within a time are found', async () => {
    const found = await listAccess(harness.pool, { subject: 'beate', from, to, limit: 10 });
    expect(found.items).toHaveLength(1);
    expect((await listAccess(harness.pool, { subject: 'beate', to: from, limit: 10 })).items).toEqual([]);
  });

  test('one query shows whose data was accessed in a period, and by whom', async () => {
    const all = await summarizeAccess(harness.pool, { from, to, limit: 100 });
    const ours = all.items.filter(({ partner_id }) => partner_id === partner);
    expect(ours).toMatchObject([
      { subject: 'asif', role: 'auditor', records: 2, sessions: 1 },
      { subject: 'beate', role: 'auditor', records: 1, sessions: 1 },
    ]);
    const first = await summarizeAccess(harness.pool, { from, to, limit: 1 });
    const second = await summarizeAccess(harness.pool, { from, to, limit: 100, after: first.next ?? '' });
    expect([...first.items, ...second.items]).toEqual(all.items);
  });
});

test('a rebuild gives the same records, and the projector continues', async () => {
  const list = (): Promise<object> => listAccess(harness.pool, { limit: 500 });
  const before = await list();
  await harness.pool.query(`UPDATE access_record SET purpose = 'changed'`);
  await rebuildAccess(harness.store, rowsPool(harness.database.url));
  expect(await list()).toEqual(before);
  expect(await accessCheckpoint(harness.pool)).not.toBeNull();
  const partner = randomUUID();
  await log.record(entry([partner]));
  expect(await recordsOf(partner, 1)).toHaveLength(1);
});

test('a rebuild leaves out a deleted day, although the log has its events', async () => {
  const partner = randomUUID();
  await log.record(entry([partner]));
  const [record] = await recordsOf(partner, 1);
  await harness.store.deleteStream(accessStream(new Date(record?.at ?? '')));
  await rebuildAccess(harness.store, rowsPool(harness.database.url));
  expect((await listAccess(harness.pool, { partner_id: partner, limit: 10 })).items).toEqual([]);
});
