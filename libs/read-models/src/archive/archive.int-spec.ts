import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SessionCommand } from '#domain';
import { seal } from '#privacy';
import { CommandExecutor, commandPartner, EventCodec, EventStore, readEvents } from '#sessions';
import { testDataKeys } from '../../../privacy/src/keys/test-keys.ts';
import { noCache } from '../../../sessions/src/test-support.ts';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase, serviceUrl, startSession, turn } from '../test-support.ts';
import { keptUpdatePlace } from '../queries/kept-updates.ts';
import { itemOf } from '../tables/items.ts';
import { RowsStore } from '../tables/store.ts';
import { archiveOf } from './archive.ts';
import { accessJson } from './rows.ts';

let database: TestDatabase;
const keys = testDataKeys();
const store = new EventStore(serviceUrl('EVENTSTORE_URL'), new EventCodec(undefined, keys));

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(async () => {
  await store.dispose();
  await database.drop();
});

/** Writes a session into the tables, as the projector does. */
async function project(session_id: string): Promise<void> {
  const events = await Array.fromAsync(readEvents(store, session_id));
  const items = events.map((event) => itemOf({ session_id, event, position: BigInt(event.revision + 1) }));
  const writer = { partition: 0, owner: 'spec', epoch: 0n, position: null };
  await new RowsStore(database.pool, { textSearch: 'off', keys, rebuilding: true }).write(
    writer,
    items,
    BigInt(events.length),
    null,
  );
}

/** Stores a kept update, as the bridge does. */
async function keepUpdate(partnerId: string, update: object): Promise<void> {
  const content = seal(await keys.of(partnerId), keptUpdatePlace('0a'), JSON.stringify(update));
  await database.pool.query(
    `WITH kept AS (INSERT INTO kept_update (identity, partner_id, kept_until, content)
       VALUES ('\\x0a', $1, now(), $2) RETURNING id)
     INSERT INTO kept_update_reference (kind, reference, ordered_at, update_id)
     SELECT 'partner', $1, now(), id FROM kept`,
    [partnerId, content],
  );
}

test('holds each session as JSON and text, the values of tokens, and kept updates', async () => {
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
  await execute(turn(randomUUID(), { message_text: 'where is my payout? call +91 98765 43210' }));
  await project(id);
  await keepUpdate(partner_id, { update: { data: { status: 'paid' } } });

  const files = (await archiveOf({ store, pool: database.pool, keys }, partner_id)) ?? [];
  const read = async (name: string): Promise<string> => {
    const file = files.find((item) => item.name === name);
    return (await Array.fromAsync(file?.read() ?? [])).join('');
  };
  expect(files.map(({ name }) => name)).toEqual([
    'README.txt',
    'partner.json',
    `sessions/${id}.json`,
    `sessions/${id}.txt`,
    'tokens.json',
    'kept-updates.json',
    'access.json',
  ]);
  expect(JSON.parse(await read('partner.json'))).toMatchObject({ partner_id, sessions: [id] });
  const { context, events } = JSON.parse(await read(`sessions/${id}.json`)) as {
    context: object;
    events: { type: string }[];
  };
  expect(context).toMatchObject({ session_id: id, partner_id });
  expect(events.map(({ type }) => type)).toEqual(['SessionStarted', 'TurnRecorded']);
  expect(await read(`sessions/${id}.txt`)).toContain('user: where is my payout? call tok_phone_');
  const [token] = JSON.parse(await read('tokens.json')) as { token: string }[];
  expect(token).toEqual({ token: expect.any(String), type: 'phone', value: '+919876543210' });
  expect(await read(`sessions/${id}.txt`)).toContain(token?.token);
  expect(JSON.parse(await read('kept-updates.json'))).toEqual([{ update: { data: { status: 'paid' } } }]);
  expect(JSON.parse(await read('access.json'))).toEqual([]);
});

test('holds the access records of the partner without the sessions of others', async () => {
  const [partner, other] = [`P-${randomUUID()}`, `P-${randomUUID()}`];
  const record = async (...partners: string[]): Promise<void> => {
    const id = randomUUID();
    await database.pool.query(
      `WITH record AS (INSERT INTO access_record (event_id, at, kind, role, subject, action, session_ids, correlation_id)
         VALUES ($1, now(), 'read', 'auditor', 'spec', 'list_turns', $3, 'spec'))
       INSERT INTO access_record_partner (partner_id, at, event_id) SELECT unnest($2::text[]), now(), $1`,
      [id, partners, partners.map((name) => `session of ${name}`)],
    );
  };
  await record(partner);
  await record(partner, other);
  const { pool } = database;
  const text = (await Array.fromAsync(accessJson({ pool, keys }, partner))).join('');
  const records = JSON.parse(text) as { session_ids: string[] }[];
  expect(records.map(({ session_ids }) => session_ids)).toEqual([[`session of ${partner}`], []]);
});

test('an unknown partner has no archive', async () => {
  expect(await archiveOf({ store, pool: database.pool, keys }, randomUUID())).toBeUndefined();
});
