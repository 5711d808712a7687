import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from '@jest/globals';
import type { Session } from '#domain';
import { testDataKeys } from '../../../privacy/src/keys/test-keys.ts';
import { EventCodec } from '../codec.ts';
import { CommandExecutor } from '../command-executor.ts';
import type { SessionCachePort } from '../session-cache-port.ts';
import { EventStore } from '../store.ts';
import { readSession, sessionStream } from '../streams.ts';
import {
  deleteStream,
  endSession,
  noCache,
  raiseFlag,
  request,
  sessionOfEachTest,
  startSession,
} from '../test-support.ts';
import { readRemovals, recordRemoval } from './removals.ts';
import { checkedEvents } from './checked-events.ts';
import { HistoryKeys } from './signing.ts';
import { ChainCheck } from './verify.ts';

const session = sessionOfEachTest();
const url = process.env['EVENTSTORE_URL'] ?? '';
const keys = new HistoryKeys([]);

class CountingStore extends EventStore {
  reads = 0;

  override readExact(...args: Parameters<EventStore['readExact']>): ReturnType<EventStore['readExact']> {
    this.reads += 1;
    return super.readExact(...args);
  }
}
const counting = new CountingStore(url);
afterAll(() => counting.dispose());

async function report() {
  const stream = sessionStream(session.id);
  const removals = await readRemovals(session.store, session.id, keys);
  const check = new ChainCheck({ stream, removals, sealed: new Map() });
  const { faults, gaps, events, revision, chain } = await check.run(checkedEvents(session.store, stream));
  return { intact: faults.length === 0, faults, gaps, events, revision, chain };
}

/** A cache that always returns one session and records what it is told to remember. */
function cacheWith(kept: Session | undefined): SessionCachePort {
  let known = kept;
  return { ...noCache, load: async () => known, remember: (next) => (known = next) };
}

/** An event as the release before chains wrote it. */
async function appendUnchained(): Promise<void> {
  const last = await session.store.readLast(sessionStream(session.id));
  const event_id = randomUUID();
  const metadata = {
    schema_version: 1,
    occurred_at: new Date().toISOString(),
    actor: { role: 'agent', id: 'old' },
  };
  const data = { flag: 'old', value: true };
  const event = session.store.codec.encode({ event_id, type: 'FlagRaised', data, metadata });
  await session.store.append(sessionStream(session.id), [event], Number(last?.revision ?? -1));
}

test('every event of every command is chained, whoever executes it', async () => {
  await session.run(startSession);
  const cache = cacheWith(undefined);
  for (const flag of ['a', 'b']) await session.run(raiseFlag(flag), { cache });
  await Promise.all(Array.from({ length: 12 }, (_, n) => session.run(raiseFlag(`f${n}`))));
  await session.run(endSession, { commands: [raiseFlag('c'), endSession] });
  expect(await report()).toMatchObject({ intact: true, events: 17, gaps: [] });
});

test('a cached session knows the hash that the next event continues from, so nothing is read', async () => {
  await session.run(startSession);
  const cache = cacheWith(undefined);
  const executor = new CommandExecutor(counting, cache);
  await executor.execute(request(session.id, raiseFlag('a')));
  counting.reads = 0;
  for (const flag of ['b', 'c', 'd']) await executor.execute(request(session.id, raiseFlag(flag)));
  expect(counting.reads).toBe(0);
  expect(await report()).toMatchObject({ intact: true, events: 5, gaps: [] });
});

test('without the hash in the snapshot, the last event is read once', async () => {
  await session.run(startSession);
  await session.run(raiseFlag('a'));
  const { chain: _, ...older } = (await readSession(session.store, session.id)) as Session;
  const executor = new CommandExecutor(counting, cacheWith(older));
  counting.reads = 0;
  for (const flag of ['b', 'c']) await executor.execute(request(session.id, raiseFlag(flag)));
  expect(counting.reads).toBe(1);
  expect(await report()).toMatchObject({ intact: true, events: 4, gaps: [] });
});

test('events of an older release are reported as such, and the chain continues after them', async () => {
  await session.run(startSession);
  await appendUnchained();
  await appendUnchained();
  await session.run(raiseFlag('a'));
  expect(await report()).toMatchObject({
    intact: true,
    events: 4,
    gaps: [{ kind: 'not_chained', from: 1, to: 2 }],
  });
});

test('a repeated command adds nothing, and what follows is chained', async () => {
  await session.run(startSession);
  const repeat = () => session.run(raiseFlag('a'), { commandIds: ['key:1'] });
  const results = await Promise.all([repeat(), repeat(), repeat()]);
  expect(results.map(({ revision }) => revision)).toEqual([1, 1, 1]);
  await session.run(raiseFlag('b'));
  expect(await report()).toMatchObject({ intact: true, events: 3, gaps: [] });
});

test('a session that was deleted with a removal record and started again has no faults', async () => {
  await session.run(startSession);
  await session.run(raiseFlag('a'));
  await recordRemoval(session.store, session.id, { reason: 'retention', signer: undefined });
  await deleteStream(session.id, 'soft delete');
  expect(await report()).toMatchObject({ intact: true, events: 0, gaps: [{ kind: 'deleted', to: 1 }] });
  const cache = cacheWith(undefined);
  for (const command of [startSession, raiseFlag('b'), raiseFlag('c')]) await session.run(command, { cache });
  expect(await report()).toMatchObject({
    intact: true,
    events: 3,
    revision: 4,
    gaps: [{ kind: 'truncated', from: 0, to: 1, reason: 'retention' }],
  });
});

test('events removed without a removal record are missing', async () => {
  await session.run(startSession);
  await session.run(raiseFlag('a'));
  await session.store.truncateStream(sessionStream(session.id), 1);
  expect(await report()).toMatchObject({ intact: false, faults: [{ kind: 'missing', revision: 0, to: 0 }] });
});

test('a history stays verifiable when the keys of its partner are destroyed', async () => {
  const dataKeys = testDataKeys();
  const sealed = new EventStore(url, new EventCodec(undefined, dataKeys));
  const executor = new CommandExecutor(sealed, noCache);
  for (const command of [startSession, raiseFlag('a')]) await executor.execute(request(session.id, command));
  const before = await report();
  expect(await dataKeys.destroy(startSession.partner_id, new Date(Date.now() + 60_000).toISOString())).toBe(
    1,
  );
  expect(await report()).toEqual(before);
  expect(before).toMatchObject({ intact: true, events: 2 });
  await sealed.dispose();
});
