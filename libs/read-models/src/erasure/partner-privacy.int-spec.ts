import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase } from '../test-support.ts';
import { inactivePartners, lastContact } from './partner-privacy.ts';

let database: TestDatabase;
let partner: string;

beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(() => {
  partner = `P-${randomUUID()}`;
});
afterAll(() => database.drop());

const [before, since, after] = [
  '2024-06-01T00:00:00.000Z',
  '2025-01-01T00:00:00.000Z',
  '2025-06-01T00:00:00.000Z',
];

/** The partner has a session that was last active at a time. */
async function session(at: string, fork = false): Promise<void> {
  await database.pool.query(
    `INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language,
       expires_at, expires_in_s, status, revision, forked_from)
     VALUES ($1, $2, $3, $3, 'whatsapp', 'hi', $3, 60, 'ended', 0, $4)`,
    [randomUUID(), partner, at, fork ? randomUUID() : null],
  );
}
/** The retention has deleted a session that was last active at a time. */
async function deleted(at: string): Promise<void> {
  await database.pool.query('INSERT INTO partner_retention (partner_id, seen_at) VALUES ($1, $2)', [
    partner,
    at,
  ]);
}
async function erased(at: string): Promise<void> {
  await database.pool.query(
    `INSERT INTO partner_privacy (partner_id, held, erased_at, receipt_id, revision)
     VALUES ($1, false, $2, $3, 1)`,
    [partner, at, randomUUID()],
  );
}
const isInactive = async (): Promise<boolean> =>
  (await inactivePartners(database.pool, since, '', 1_000)).includes(partner);

test('a partner whose sessions the retention has deleted is inactive by the last of them', async () => {
  await deleted(before);
  expect(await isInactive()).toBe(true);
  expect(await lastContact(database.pool, partner)).toEqual({ at: before, active: false });
});

test('a deleted session counts as contact, beside an older one that is left', async () => {
  await session(before);
  await deleted(after);
  expect(await isInactive()).toBe(false);
  expect(await lastContact(database.pool, partner)).toEqual({ at: after, active: false });
});

test('a session that is left counts as contact, beside an older one that was deleted', async () => {
  await deleted(before);
  await session(after);
  expect(await isInactive()).toBe(false);
  expect(await lastContact(database.pool, partner)).toEqual({ at: after, active: false });
});

test('a fork is no contact, where a deleted session is', async () => {
  await deleted(before);
  await session(after, true);
  expect(await isInactive()).toBe(true);
  expect(await lastContact(database.pool, partner)).toEqual({ at: before, active: false });
});

test('a partner who was erased after the deleted sessions is not inactive', async () => {
  await deleted(before);
  await erased(after);
  expect(await isInactive()).toBe(false);
  expect(await lastContact(database.pool, partner)).toBeNull();
});

test('an unknown partner has no contact', async () => {
  expect(await lastContact(database.pool, partner)).toBeNull();
});
