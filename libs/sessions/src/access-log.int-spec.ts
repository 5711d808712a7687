import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AccessEntry } from './access-log.ts';
import { AccessLog } from './access-log.ts';
import { accessStream } from './access-stream.ts';
import type { StoredEvent } from './client/page.ts';
import { StoreUnavailableError } from './errors.ts';
import { EventStore } from './store.ts';
import { patientStore } from './test-support.ts';

const store = patientStore(process.env['EVENTSTORE_URL'] ?? '');
const [one, other] = [new AccessLog(store), new AccessLog(store)];
let appends = 0;
beforeAll(() => {
  const append = store.append.bind(store);
  store.append = (...call) => {
    appends += 1;
    return append(...call);
  };
});
afterAll(async () => {
  await Promise.all([one.close(), other.close()]);
  await store.dispose();
});

const auditor = { role: 'auditor', subject: 'asif', instance: null } as const;
const entry = (partner: string, more: Partial<AccessEntry> = {}): AccessEntry => ({
  caller: auditor,
  action: 'read_turns',
  partner_ids: [partner],
  session_ids: [randomUUID()],
  purpose: 'complaint:4711',
  ...more,
});

/** The records of some partners, read from today's stream. */
async function recordsOf(...partners: string[]): Promise<StoredEvent[]> {
  const events = await Array.fromAsync(store.read(accessStream(new Date()), { reaching: 0 }));
  return events.filter(({ data }) =>
    (data as { partner_ids: string[] }).partner_ids.some((id) => partners.includes(id)),
  );
}

test('an entry is stored when it is recorded, with who, what, when and why', async () => {
  const partner = randomUUID();
  await one.record(entry(partner, { correlationId: 'c-1' }));
  const [record] = await recordsOf(partner);
  expect(record).toMatchObject({
    type: 'PersonalDataAccessed',
    data: { ...auditor, action: 'read_turns', partner_ids: [partner], purpose: 'complaint:4711', what: null },
    metadata: { occurred_at: expect.any(String), $correlationId: 'c-1' },
  });
});

test('entries recorded at the same time share an append, and two nodes lose none', async () => {
  const partners = Array.from({ length: 200 }, () => randomUUID());
  const before = appends;
  await Promise.all(partners.map((id, index) => (index % 2 === 0 ? one : other).record(entry(id))));
  expect(await recordsOf(...partners)).toHaveLength(200);
  expect(appends - before).toBeLessThan(40);
});

test('entries of the same record have the same id on every node', async () => {
  const partner = randomUUID();
  const once = `${partner} bot-7 2026-11-29T08`;
  await Promise.all([one, one, other].map((log) => log.record(entry(partner, { once }))));
  const ids = (await recordsOf(partner)).map(({ id }) => id);
  expect(new Set(ids).size).toBe(1);
});

test('an entry that cannot be stored is an error', async () => {
  const silent = new EventStore('esdb://127.0.0.1:1?tls=false', undefined, { answerMs: 50, totalMs: 100 });
  const log = new AccessLog(silent);
  await expect(log.record(entry('P1'))).rejects.toThrow(StoreUnavailableError);
  await log.close();
  await silent.dispose();
});
