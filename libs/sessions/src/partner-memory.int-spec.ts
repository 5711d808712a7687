import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Session } from '#domain';
import { sleep } from '#platform';
import { CommandExecutor } from './command-executor.ts';
import { readPartner, rememberSession } from './partner-memory.ts';
import { EventStore } from './store.ts';
import { noCache, request, startSession } from './test-support.ts';

jest.setTimeout(60_000);

const store = new EventStore(process.env['EVENTSTORE_URL'] ?? '');
afterAll(() => store.dispose());

let partner_id: string;
beforeEach(() => {
  partner_id = randomUUID();
});

async function session(language: string): Promise<Session> {
  const command = { ...startSession, partner_id, language };
  return (await new CommandExecutor(store, noCache).execute(request(randomUUID(), command))).session;
}

test('a partner without sessions has no memory', async () => {
  expect(await readPartner(store, partner_id)).toEqual({ revision: -1, memory: null });
});

test('a partner’s memory is that of the newest session, whoever writes last', async () => {
  const older = await session('hi');
  await sleep(5);
  const newer = await session('ta');
  await Promise.all([newer, older, newer].map((one) => rememberSession(store, one)));
  const { memory } = await readPartner(store, partner_id);
  expect(memory).toMatchObject({ session_id: newer.session_id, language: 'ta' });
});

test('remembering a session again adds nothing', async () => {
  const only = await session('hi');
  await rememberSession(store, only);
  await rememberSession(store, only);
  expect(await readPartner(store, partner_id)).toMatchObject({ revision: 0 });
});
