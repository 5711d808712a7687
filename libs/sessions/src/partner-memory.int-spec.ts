import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import type { SessionCommand } from '#domain';
import { inheritance, newPartner } from '#domain';
import { CommandExecutor } from './command-executor.ts';
import { readPartner, rememberSession } from './partner-memory.ts';
import { assignSession, endSession, noCache, patientStore, request, startSession } from './test-support.ts';

const store = patientStore(process.env['EVENTSTORE_URL'] ?? '');
afterAll(() => store.dispose());

let partner_id: string;
beforeEach(() => {
  partner_id = randomUUID();
});

const executor = new CommandExecutor(store, noCache);
const prefer = (preferences: Record<string, string>): SessionCommand => ({
  type: 'ChangePreferences',
  preferences,
});

async function start(): Promise<string> {
  const id = randomUUID();
  await assignSession(store, partner_id, id);
  await executor.execute(request(id, { ...startSession, partner_id }));
  return id;
}

async function remembered(): Promise<Record<string, unknown>> {
  const { state } = await readPartner(store, partner_id);
  return { ...inheritance(state, '', new Date().toISOString()) };
}

test('a partner without sessions has no memory', async () => {
  expect(await readPartner(store, partner_id)).toEqual({ partner_id, revision: -1, state: newPartner });
});

test('parallel sessions that end at the same time leave the changes of both', async () => {
  const ids = [await start(), await start(), await start()];
  await Promise.all(
    ids.map(async (id, index) => {
      await executor.execute(request(id, prefer({ [`p${index}`]: 'x', shared: String(index) })));
      await new CommandExecutor(store, noCache).execute(request(id, endSession));
    }),
  );
  expect(await remembered()).toMatchObject({ preferences: { p0: 'x', p1: 'x', p2: 'x', shared: '2' } });
});

test('remembering a session again adds nothing', async () => {
  const { session } = await executor.execute(request(await start(), endSession));
  const { revision } = await readPartner(store, partner_id);
  await rememberSession(store, session);
  expect(await readPartner(store, partner_id)).toMatchObject({ revision });
});

test('a partner’s stream keeps its last 32 events', async () => {
  for (let index = 0; index < 20; index += 1) await executor.execute(request(await start(), endSession));
  const events = await Array.fromAsync(store.read(`partner-${partner_id}`));
  expect(events).toHaveLength(32);
  expect(await readPartner(store, partner_id)).toMatchObject({ revision: 39, state: { sessions: [] } });
});

test('a partner’s stream that began without a limit gets one later', async () => {
  await assignSession(store, partner_id, randomUUID());
  await store.limitStream(`partner-${partner_id}`, 1_000);
  for (let index = 0; index < 64; index += 1) await assignSession(store, partner_id, randomUUID());
  const events = await Array.fromAsync(store.read(`partner-${partner_id}`));
  expect(events).toHaveLength(32);
});

test('a partner whose memory was deleted comes back', async () => {
  await start();
  await store.deleteStream(`partner-${partner_id}`);
  const id = await start();
  const { state } = await readPartner(store, partner_id);
  expect(state.sessions.map(({ session_id }) => session_id)).toEqual([id]);
  for (let index = 0; index < 40; index += 1) await assignSession(store, partner_id, randomUUID());
  expect(await Array.fromAsync(store.read(`partner-${partner_id}`))).toHaveLength(32);
});
