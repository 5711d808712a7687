import { randomUUID } from 'node:crypto';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { jsonEvent, START } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SessionCommand } from '#domain';
import type { EventStore, StoredEvent } from '#sessions';
import { CommandExecutor, HistoryKeys, readSession, Roots, verifySession } from '#sessions';
import { readRemovals } from '../../libs/sessions/src/chain/removals.ts';
import {
  assignSession,
  noCache,
  raiseFlag,
  request,
  startSession,
} from '../../libs/sessions/src/test-support.ts';
import { ChainedAppends } from './chained-appends.ts';
import type { Copied, Stores } from './copy.ts';
import { Copy } from './copy.ts';
import { places, startStores } from './test-stores.ts';
import { differences } from './verify.ts';

const unsigned = new HistoryKeys([]);
let stores: Stores;
let plain: EventStore;
let stop: () => Promise<void>;

beforeEach(async () => {
  ({ stores, plain, stop } = await startStores());
});
afterEach(() => stop());

interface Data {
  readonly id: string;
  readonly partner_id: string;
  /** The streams of the session, its partner, and a day of the access log. */
  readonly streams: readonly string[];
}

const run = (session: string, command: SessionCommand) =>
  new CommandExecutor(plain, noCache).execute(request(session, command));

const event = (type: string) => jsonEvent({ type, data: {} });

/** A conversation, and a day on which it was read. */
async function write(): Promise<Data> {
  const data = { id: randomUUID(), partner_id: `P-${randomUUID()}` };
  const access = 'access-2026-01-05';
  await assignSession(plain, data.partner_id, data.id);
  await run(data.id, { ...startSession, partner_id: data.partner_id, name: 'CANARY' });
  await run(data.id, raiseFlag('vip'));
  await plain.append(access, [event('PersonalDataAccessed')], -1);
  return { ...data, streams: [`session-${data.id}`, `partner-${data.partner_id}`, access] };
}

/** How many events each stream has. */
function counts(store: EventStore, streams: readonly string[]): Promise<number[]> {
  return Promise.all(streams.map(async (stream) => (await places(store, stream)).length));
}

async function copyAll(): Promise<Copied> {
  const copied = await new Copy(stores).run();
  expect(await differences(stores.from, stores.to, copied.streams)).toEqual([]);
  expect([...copied.withoutPartner]).toEqual([]);
  return copied;
}

/** Deletes the session and its partner; the function that it returns starts both again. */
async function remove({ id, partner_id, streams: [session = '', partner = ''] }: Data) {
  const { type, data, metadata } = (await plain.readLast(partner)) as StoredEvent;
  for (const stream of [session, partner]) await plain.deleteStream(stream);
  return async (): Promise<void> => {
    await run(id, { ...startSession, partner_id, name: 'CANARY' });
    await plain.append(partner, [{ ...event(type), data, metadata }], -1);
  };
}

/** What the new store has of the session and its partner. */
async function copiedOf({ id, streams }: Data) {
  const events = await Promise.all(streams.slice(0, 2).map((stream) => places(stores.to, stream)));
  const roots = await Roots.read(stores.to, unsigned);
  const { intact } = (await verifySession(stores.to, id, roots, unsigned)) ?? {};
  return { events, intact, name: (await readSession(stores.to, id))?.state.identity.name };
}

async function expected({ streams }: Data) {
  const events = await Promise.all(streams.slice(0, 2).map((stream) => places(stores.from, stream)));
  return { events, intact: true, name: 'CANARY' };
}

describe.each(['deleteStream', 'tombstoneStream'] as const)('after %s', (how) => {
  test('a session, a partner and a day of the access log are not copied', async () => {
    const { streams } = await write();
    await Promise.all(streams.map((stream) => stores.reader[how](stream)));
    const { deleted } = await copyAll();
    expect([...deleted]).toEqual(expect.arrayContaining([...streams]));
    expect(await counts(stores.to, streams)).toEqual([0, 0, 0]);
    expect(await Promise.all(streams.map((stream) => stores.to.wasDeleted(stream)))).toEqual([
      false,
      false,
      false,
    ]);
  });

  test('what an earlier run had copied is deleted, too, and stays deleted', async () => {
    const { id, streams } = await write();
    await copyAll();
    expect(await counts(stores.to, streams)).toEqual([2, 1, 1]);
    await run(id, raiseFlag('later'));
    await Promise.all(streams.map((stream) => stores.reader[how](stream)));
    for (let runs = 0; runs < 2; runs += 1) {
      expect(await copyAll()).toMatchObject({ events: 0, sealed: 0, fillers: 0 });
      expect(await counts(stores.to, streams)).toEqual([0, 0, 0]);
    }
    const removals = await readRemovals(stores.to, id, unsigned);
    expect(removals).toMatchObject([{ reason: 'encrypt-history', before: 2 }]);
  });
});

test('of what was deleted and started again only the newer part is copied, at the same revisions', async () => {
  const data = await write();
  const startAgain = await remove(data);
  await startAgain();
  await copyAll();
  expect(await counts(stores.to, data.streams)).toEqual([1, 1, 1]);
  expect(await copiedOf(data)).toEqual(await expected(data));
});

test('the same after an earlier run had carried the deletion over', async () => {
  const data = await write();
  await copyAll();
  await run(data.id, raiseFlag('later'));
  const startAgain = await remove(data);
  await copyAll();
  await startAgain();
  for (let runs = 0; runs < 2; runs += 1) {
    await copyAll();
    expect(await counts(stores.to, data.streams)).toEqual([1, 1, 1]);
    expect(await copiedOf(data)).toEqual(await expected(data));
  }
});

/** Reads the log as it is after a scavenge of a stream whose events up to a revision were truncated. */
async function withoutTruncated(reader: EventStoreDBClient, stream: string, upTo: number) {
  const log = (await Array.fromAsync(reader.readAll())).filter(
    ({ event }) => event?.streamId !== stream || event.revision > upTo,
  );
  const readAll = ({ fromPosition }: { fromPosition: unknown }) => (fromPosition === START ? log : []);
  return { readAll } as unknown as EventStoreDBClient;
}

test('thousands of deleted events are replaced in several appends, which a later run continues', async () => {
  const { streams } = await write();
  const [, partner = ''] = streams;
  const { type, data, metadata } = (await plain.readLast(partner)) as StoredEvent;
  const count = 12_000;
  for (let at = 0; at < count; at += 2_000)
    await plain.append(
      partner,
      Array.from({ length: 2_000 }, () => event('Any')),
      at,
    );
  await plain.append(partner, [{ ...event(type), data, metadata }], count);
  await stores.reader.setStreamMetadata(partner, { truncateBefore: count + 1 });
  const scavenged = { ...stores, reader: await withoutTruncated(stores.reader, partner, count) };
  const append = stores.to.append.bind(stores.to);
  let left = 3;
  stores.to.append = async (stream, events, expected) => {
    if (stream === partner && (left -= 1) < 0) throw new Error('killed');
    return append(stream, events, expected);
  };
  await expect(new Copy(scavenged).run()).rejects.toThrow('killed');
  stores.to.append = append;
  const { fillers } = await new Copy(scavenged).run();
  expect(fillers).toBeGreaterThan(0);
  expect(fillers).toBeLessThan(count);
  expect(await places(stores.to, partner)).toEqual(await places(stores.from, partner));
});

test('a stream that was deleted in the new store continues after its last revision', async () => {
  const stream = `session-${randomUUID()}`;
  await new ChainedAppends(stores.to).append(stream, [event('Any'), event('Any')], -1);
  await stores.to.deleteStream(stream);
  const appends = new ChainedAppends(stores.to);
  expect(await appends.revisionOf(stream, true)).toBe(1);
  await appends.append(stream, [event('Any')], 1);
  expect(await places(stores.to, stream)).toMatchObject([[expect.any(String), 'Any', 2]]);
});
