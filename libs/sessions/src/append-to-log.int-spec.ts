import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from '@jest/globals';
import { loggedErasures, logErasures } from './erasure-log.ts';
import { readRetentionRuns, recordRetentionRun } from './retention-log.ts';
import { patientStore } from './test-support.ts';

const store = patientStore(process.env['EVENTSTORE_URL'] ?? '');
afterAll(() => store.dispose());

const processes = Array.from({ length: 40 }, () => randomUUID());

test('many processes list erasures at the same time', async () => {
  const now = new Date().toISOString();
  await Promise.all(
    processes.map((id) => logErasures(store, [{ partner_id: id, receipt_id: id, erased_at: now }])),
  );
  const listed = (await loggedErasures(store)).erasures.map(({ receipt_id }) => receipt_id);
  expect(listed).toEqual(expect.arrayContaining(processes));
});

test('many processes record retention runs at the same time', async () => {
  const before = { sessions: null, partners: null, access: null };
  const deleted = { sessions: 0, partners: 0, access_days: 0 };
  const run = { before, deleted, finished_at: new Date().toISOString() };
  await Promise.all(processes.map((started_at) => recordRetentionRun(store, { ...run, started_at })));
  const runs = (await readRetentionRuns(store)).map(({ started_at }) => started_at);
  expect(runs).toEqual(expect.arrayContaining(processes));
});
