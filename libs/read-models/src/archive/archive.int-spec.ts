import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SessionCommand } from '#domain';
import { CommandExecutor, commandPartner, EventStore } from '#sessions';
import { noCache } from '../../../sessions/src/test-support.ts';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase, serviceUrl, startSession, turn } from '../test-support.ts';
import { archiveOf } from './archive.ts';

let database: TestDatabase;
const store = new EventStore(serviceUrl('EVENTSTORE_URL'));

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(async () => {
  await store.dispose();
  await database.drop();
});

test('has each session as JSON and as a text, and nothing of others', async () => {
  const partner_id = `P-${randomUUID()}`;
  const id = randomUUID();
  const actor = { role: 'agent', id: 'spec' } as const;
  const commands = new CommandExecutor(store, noCache);
  const execute = (command: SessionCommand) =>
    commands.execute({ sessionId: id, commands: [command], actor, commandIds: [], body: {} });
  const assignment = { session_id: id, completable: false, language: null, updates: [] };
  await commandPartner(
    store,
    { type: 'AssignSession', partner_id, ...assignment },
    { actor, $correlationId: 'spec' },
  );
  await execute({ ...startSession, partner_id } as SessionCommand);
  await execute(turn(randomUUID(), { message_text: 'where is my payout?' }));

  const files = (await archiveOf({ store, pool: database.pool }, partner_id)) ?? [];
  const read = async (name: string): Promise<string> => {
    const file = files.find((item) => item.name === name);
    return (await Array.fromAsync(file?.read() ?? [])).join('');
  };
  expect(files.map(({ name }) => name)).toEqual([
    'README.txt',
    'partner.json',
    `sessions/${id}.json`,
    `sessions/${id}.txt`,
    'access.json',
  ]);
  expect(JSON.parse(await read('partner.json'))).toMatchObject({ partner_id, sessions: [id] });
  const { context, events } = JSON.parse(await read(`sessions/${id}.json`)) as {
    context: object;
    events: { type: string }[];
  };
  expect(context).toMatchObject({ session_id: id, partner_id });
  expect(events.map(({ type }) => type)).toEqual(['SessionStarted', 'TurnRecorded']);
  expect(await read(`sessions/${id}.txt`)).toContain('user: where is my payout?');
  expect(JSON.parse(await read('access.json'))).toEqual([]);
});

test('of an unknown partner there is none', async () => {
  expect(await archiveOf({ store, pool: database.pool }, randomUUID())).toBeUndefined();
});
