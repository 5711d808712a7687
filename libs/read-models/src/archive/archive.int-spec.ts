import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SessionCommand } from '#domain';
import { seal } from '#privacy';
import {
  CommandExecutor,
  commandPartner,
  EventCodec,
  EventStore,
  partnerStream,
  readEvents,
  sessionStream,
} from '#sessions';
import { testDataKeys } from '../../../privacy/src/keys/test-keys.ts';
import { noCache } from '../../../sessions/src/test-support.ts';
import type { TestDatabase } from '../test-support.ts';
import { createDatabase, serviceUrl, startSession, turn } from '../test-support.ts';
import { keptUpdatePlace } from '../queries/kept-updates.ts';
import { itemOf } from '../tables/items.ts';
import { RowsStore } from '../tables/store.ts';
import type { ArchiveFile, ArchiveLimits } from './archive.ts';
import { archiveOf } from './archive.ts';
import { accessJson } from './rows.ts';
import { zipOf } from './zip.ts';

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
async function keepUpdate(partnerId: string, identity: string, update: object): Promise<void> {
  const content = seal(await keys.of(partnerId), keptUpdatePlace(identity), JSON.stringify(update));
  await database.pool.query(
    `WITH kept AS (INSERT INTO kept_update (identity, partner_id, kept_until, content)
       VALUES (decode($3, 'hex'), $1, now(), $2) RETURNING id)
     INSERT INTO kept_update_reference (kind, reference, ordered_at, update_id)
     SELECT 'partner', $1, now(), id FROM kept`,
    [partnerId, content, identity],
  );
}

const actor = { role: 'agent', id: 'spec' } as const;

/** Starts a session with one turn, whose text holds a phone number. */
async function startWithTurn(partner_id: string, id: string): Promise<void> {
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
}

async function read(files: readonly ArchiveFile[], name: string): Promise<string> {
  const file = files.find((item) => item.name === name);
  return (await Array.fromAsync(file?.read() ?? [])).join('');
}

test('holds each session as JSON and text, the values of tokens, and kept updates', async () => {
  const partner_id = `P-${randomUUID()}`;
  const id = randomUUID();
  await startWithTurn(partner_id, id);
  await keepUpdate(partner_id, '0a', { update: { data: { status: 'paid' } } });

  const files = (await archiveOf({ store, pool: database.pool, keys }, partner_id)) ?? [];
  expect(files.map(({ name }) => name)).toEqual([
    'README.txt',
    'partner.json',
    `sessions/${id}.json`,
    `sessions/${id}.txt`,
    'tokens.json',
    'kept-updates.json',
    'access.json',
    'problems.txt',
  ]);
  expect(JSON.parse(await read(files, 'partner.json'))).toMatchObject({ partner_id, sessions: [id] });
  const { context, events } = JSON.parse(await read(files, `sessions/${id}.json`)) as {
    context: object;
    events: { type: string }[];
  };
  expect(context).toMatchObject({ session_id: id, partner_id });
  expect(events.map(({ type }) => type)).toEqual(['SessionStarted', 'TurnRecorded']);
  expect(await read(files, `sessions/${id}.txt`)).toContain('user: where is my payout? call tok_phone_');
  const [token] = JSON.parse(await read(files, 'tokens.json')) as { token: string }[];
  expect(token).toEqual({ token: expect.any(String), type: 'phone', value: '+919876543210' });
  expect(await read(files, `sessions/${id}.txt`)).toContain(token?.token);
  expect(JSON.parse(await read(files, 'kept-updates.json'))).toEqual([
    { update: { data: { status: 'paid' } } },
  ]);
  expect(JSON.parse(await read(files, 'access.json'))).toEqual([]);
  expect(await read(files, 'problems.txt')).toBe('None.\n');
});

/** An event that this version cannot decode: its key is unknown, or its schema version newer. */
function undecodable(event: { message_text: unknown; sealed?: string[]; schema_version: number }) {
  const { message_text, ...metadata } = event;
  const written = { occurred_at: '2026-03-01T10:00:00.000Z', actor, $correlationId: 'spec', ...metadata };
  const data = { turn_id: randomUUID(), sender: 'user', message_text };
  return {
    contentType: 'application/json',
    id: randomUUID(),
    type: 'TurnRecorded',
    data,
    metadata: written,
  } as const;
}

test('holds everything else when events, tokens and kept updates cannot be opened', async () => {
  const partner_id = `P-${randomUUID()}`;
  const id = randomUUID();
  await startWithTurn(partner_id, id);
  await keepUpdate(partner_id, '0b', { update: { data: { status: 'paid' } } });
  const sealed = `A256GCM.${randomUUID()}.t.AAAA`;
  const events = [
    undecodable({ message_text: sealed, sealed: ['message_text'], schema_version: 1 }),
    undecodable({ message_text: 'from the future', schema_version: 99 }),
    undecodable({ message_text: 7, schema_version: 1 }),
    undecodable({ message_text: JSON.parse('['.repeat(600) + ']'.repeat(600)), schema_version: 1 }),
  ] as never;
  await store.append(sessionStream(id), events, 1);
  const { pool } = database;
  await pool.query(
    `UPDATE personal_token SET sealed = overlay(sealed placing 'AAAA' from 60) WHERE partner_id = $1`,
    [partner_id],
  );
  await pool.query('UPDATE kept_update SET content = $2 WHERE partner_id = $1', [partner_id, sealed]);

  const files = (await archiveOf({ store, pool, keys }, partner_id)) ?? [];
  const session = JSON.parse(await read(files, `sessions/${id}.json`)) as { events: object[] };
  expect(session).toMatchObject({
    context: null,
    events: [
      { type: 'SessionStarted', data: { partner_id } },
      { type: 'TurnRecorded', data: { message_text: expect.stringContaining('where is my payout?') } },
      { type: 'TurnRecorded', data: { message_text: sealed }, problem: 'unknown_key' },
      { type: 'TurnRecorded', data: { message_text: 'from the future' }, problem: 'newer_schema_version' },
      { type: 'TurnRecorded', data: { message_text: 7 } },
      { type: 'TurnRecorded', data: null, problem: 'malformed_event' },
    ],
  });
  expect(session.events.slice(0, 2).map((event) => Object.hasOwn(event, 'problem'))).toEqual([false, false]);
  const text = await read(files, `sessions/${id}.txt`);
  expect(text).toContain('user: where is my payout?');
  expect(text).toContain(`2026-03-01 10:00:00  user: ${sealed}  [unknown_key]`);
  expect(text).toContain('user: from the future  [newer_schema_version]');
  expect(JSON.parse(await read(files, 'tokens.json'))).toEqual([
    { token: expect.stringMatching(/^tok_phone_/), type: 'phone', value: null, problem: 'broken_seal' },
  ]);
  expect(JSON.parse(await read(files, 'kept-updates.json'))).toEqual([{ problem: 'unknown_key' }]);
  expect((await read(files, 'problems.txt')).split('\n')).toEqual([
    expect.stringMatching(`^sessions/${id}.json: there is no context: Event 2 .* unknown_key`),
    `sessions/${id}.json: event 2 (TurnRecorded) is shown as it is stored: unknown_key`,
    `sessions/${id}.json: event 3 (TurnRecorded) is shown as it is stored: newer_schema_version`,
    `sessions/${id}.json: event 5 (TurnRecorded) is shown as it is stored: malformed_event`,
    expect.stringMatching('^tokens.json: the value of tok_phone_.* cannot be opened: broken_seal'),
    expect.stringMatching('^kept-updates.json: update .* cannot be opened: unknown_key'),
    '',
  ]);
  const zip = await Array.fromAsync(zipOf(files));
  expect(zip.length).toBeGreaterThan(0);
});

test('holds the sessions when what is remembered of the partner cannot be read', async () => {
  const partner_id = `P-${randomUUID()}`;
  const id = randomUUID();
  await startWithTurn(partner_id, id);
  const newer = {
    schema_version: 99,
    occurred_at: '2026-03-01T10:00:00.000Z',
    actor,
    $correlationId: 'spec',
  };
  const event = {
    contentType: 'application/json',
    id: randomUUID(),
    type: 'PartnerSessionAssigned',
  } as const;
  await store.append(partnerStream(partner_id), [{ ...event, data: {}, metadata: newer }], 0);

  const files = (await archiveOf({ store, pool: database.pool, keys }, partner_id)) ?? [];
  expect(JSON.parse(await read(files, 'partner.json'))).toEqual({
    partner_id,
    problem: 'newer_schema_version',
    sessions: [id],
  });
  expect(JSON.parse(await read(files, `sessions/${id}.json`))).toMatchObject({ context: { partner_id } });
  expect(await read(files, 'problems.txt')).toContain('partner.json: ');
});

test('holds the access records of the partner without the sessions of others', async () => {
  const [partner, other] = [`P-${randomUUID()}`, `P-${randomUUID()}`];
  const record = async (partners: string[], owners: string[] | null): Promise<void> => {
    const id = randomUUID();
    await database.pool.query(
      `WITH record AS (INSERT INTO access_record (event_id, at, kind, role, subject, action, session_ids,
         session_partners, correlation_id)
         VALUES ($1, now(), 'read', 'auditor', 'spec', 'list_turns', $3, $4, 'spec'))
       INSERT INTO access_record_partner (partner_id, at, event_id) SELECT unnest($2::text[]), now(), $1`,
      [id, partners, partners.map((name) => `session of ${name}`), owners],
    );
  };
  await record([partner], null);
  await record([partner, other], null);
  await record([partner, other], [partner, other]);
  const { pool } = database;
  const text = (await Array.fromAsync(accessJson({ pool, keys }, partner))).join('');
  const records = JSON.parse(text) as { session_ids: string[] }[];
  const own = [`session of ${partner}`];
  expect(records.map(({ session_ids }) => session_ids)).toEqual([own, [], own]);
  expect(text).not.toContain(other);
  const later = new Date(Date.now() + 60_000).toISOString();
  expect((await Array.fromAsync(accessJson({ pool, keys }, partner, later))).join('')).toBe('[\n]\n');
});

test('with a limit leaves out a session that has no row yet', async () => {
  const [partner_id, id, named] = [`P-${randomUUID()}`, randomUUID(), randomUUID()];
  await startWithTurn(partner_id, id);
  const assignment = { session_id: named, completable: false, language: null, updates: [] };
  const context = { actor, $correlationId: 'spec' };
  await commandPartner(store, { type: 'AssignSession', partner_id, ...assignment }, context);
  const namesOf = async (limits: ArchiveLimits): Promise<string[]> => {
    const files = await archiveOf({ store, pool: database.pool, keys }, partner_id, limits);
    return (files ?? []).map(({ name }) => name).filter((name) => name.endsWith('.json'));
  };
  expect(await namesOf({})).toContain(`sessions/${named}.json`);
  const names = await namesOf({ active_since: '2000-01-01T00:00:00.000Z' });
  expect(names).toContain(`sessions/${id}.json`);
  expect(names).not.toContain(`sessions/${named}.json`);
});

test('an unknown partner has no archive', async () => {
  expect(await archiveOf({ store, pool: database.pool, keys }, randomUUID())).toBeUndefined();
});
