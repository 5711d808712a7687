import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEventStore, type EventStore as EmbeddedStore } from '@turnstream/embedded-eventstore';
import type { SessionCommand } from '#domain';
import { firstOf, readPartner, readSession, sessionStream } from '#sessions';
import type { TestDatabase } from '../../../platform/src/testing/test-services.ts';
import { createTestDatabase, serviceUrl } from '../../../platform/src/testing/test-services.ts';
import type { PartnerMove } from '../directory.ts';
import { CellDirectory } from '../directory.ts';
import type { MoveStep } from './move.ts';
import { abortMove, movePartner } from './move.ts';
import type { TestCell } from './test-cells.ts';
import { Client, openCell } from './test-cells.ts';

const end: SessionCommand = { type: 'EndSession', reason: 'done' };
const flag: SessionCommand = { type: 'RaiseFlag', flag: 'urgent', value: true };
const actor = { role: 'agent', id: 'spec' } as const;

let database: TestDatabase;
let directory: CellDirectory;
const dir = mkdtempSync(join(tmpdir(), 'turnstream-faults-'));
let servers: EmbeddedStore[];
let a: TestCell;
let b: TestCell;

beforeAll(async () => {
  database = await createTestDatabase();
  directory = new CellDirectory(database.pool);
  servers = await Promise.all(
    ['a', 'b'].map((name) => startEventStore({ dir: join(dir, name), likeAServer: true })),
  );
  const [first = '', second = ''] = servers.map(({ connectionString }) => connectionString);
  a = openCell('a', first, database.pool, serviceUrl('REDIS_URL'));
  b = openCell('b', second, database.pool, serviceUrl('REDIS_URL'));
  await directory.setCell({ name: 'a', url: 'http://a' });
  await directory.setCell({ name: 'b', url: 'http://b' });
});
afterAll(async () => {
  await Promise.all([a.stop(), b.stop()]);
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(dir, { recursive: true, force: true });
  await database.drop();
});

const cellsOf = (move: PartnerMove): readonly [TestCell, TestCell] => (move.from === 'a' ? [a, b] : [b, a]);

async function moveTo(to: string, partnerId: string): Promise<void> {
  const move = await directory.begin(partnerId, to);
  await movePartner(directory, move, cellsOf(move));
}

/** A mover that waits before a step until it is released. */
async function moverBefore(step: MoveStep, move: PartnerMove): Promise<() => Promise<unknown>> {
  const [reached, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const moving = movePartner(directory, move, cellsOf(move), async (begun) => {
    if (begun !== step) return;
    reached.resolve();
    await go.promise;
  }).catch((error: unknown) => error);
  await reached.promise;
  return () => {
    go.resolve();
    return moving;
  };
}

/** Pauses the next call of a method, once it is done, until it is let go. */
function pauseAfter<Name extends string>(
  target: { [name in Name]: (...args: never[]) => Promise<unknown> } | undefined,
  name: Name,
): { readonly reached: Promise<void>; readonly go: () => void } {
  const [reached, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  if (target === undefined) throw new Error('There is nothing to pause.');
  const original = target[name];
  target[name] = async (...args) => {
    target[name] = original;
    const result = await original.call(target, ...args);
    reached.resolve();
    await go.promise;
    return result;
  };
  return { reached: reached.promise, go: go.resolve };
}

async function insertRow(sessionId: string, partnerId: string): Promise<void> {
  await database.pool.query(
    `INSERT INTO conversation_session (session_id, partner_id, start_time, last_activity_time, channel, language,
       expires_at, expires_in_s, status, revision) VALUES ($1, $2, now(), now(), 'whatsapp', 'hi', now(), 60, 'active', 0)`,
    [sessionId, partnerId],
  );
}

async function current(partnerId: string): Promise<PartnerMove> {
  const move = (await directory.moves()).find(({ partner_id }) => partner_id === partnerId);
  if (move === undefined) throw new Error('no move is in progress');
  return move;
}

const send = (cell: TestCell, sessionId: string, command: SessionCommand) =>
  cell.executor.execute({ sessionId, commands: [command], actor, commandIds: [randomUUID()], body: {} });
const newPartner = (): string => `P-${randomUUID()}`;

describe('a partner', () => {
  it('whose session has ended moves and comes back', async () => {
    const partnerId = newPartner();
    const sessionId = await new Client([a, b]).start(partnerId);
    await send(a, sessionId, end);
    await moveTo('b', partnerId);
    await moveTo('a', partnerId);
    expect((await a.store.readLast(sessionStream(sessionId)))?.type).toBe('SessionArrived');
  });

  it('takes along a session that the old cell learns of while the others are copied', async () => {
    const partnerId = newPartner();
    const client = new Client([a, b]);
    await client.start(partnerId);
    const finish = await moverBefore('decide', await directory.begin(partnerId, 'b'));
    const fork = randomUUID();
    await client.begin(partnerId, fork);
    await insertRow(fork, partnerId);
    await finish();
    await send(b, fork, flag);
    expect((await a.store.readLast(sessionStream(fork)))?.type).toBe('SessionMoved');
  });

  it('may end a session while it leaves', async () => {
    const partnerId = newPartner();
    const sessionId = await new Client([a, b]).start(partnerId);
    const finish = await moverBefore('fence_sessions', await directory.begin(partnerId, 'b'));
    expect(await send(a, sessionId, end)).toMatchObject({ replayed: false });
    await finish();
    expect((await readSession(b.store, sessionId))?.state.session.status).toBe('ended');
  });

  it('whose session was only named starts it in the other cell', async () => {
    const partnerId = newPartner();
    const client = new Client([a, b]);
    const sessionId = await client.name(partnerId);
    await moveTo('b', partnerId);
    await client.begin(partnerId, sessionId);
    expect((await firstOf(b.store, sessionId))?.type).toBe('SessionStarted');
  });

  it('whose session was deleted moves without it', async () => {
    const partnerId = newPartner();
    const sessionId = await new Client([a, b]).start(partnerId);
    await send(a, sessionId, flag);
    await a.store.deleteStream(sessionStream(sessionId));
    await moveTo('b', partnerId);
    expect(await a.store.readLast(sessionStream(sessionId))).toBeUndefined();
  });

  it('with an unreadable session stays, and accepts commands', async () => {
    const partnerId = newPartner();
    const sessionId = await new Client([a, b]).start(partnerId);
    const [data, metadata] = [Buffer.from('x'), Buffer.from('{}')];
    const broken = {
      id: randomUUID(),
      type: 'TurnRecorded',
      contentType: 'application/json',
      data,
      metadata,
    };
    await a.store.append(sessionStream(sessionId), [broken], 0);
    await expect(moveTo('b', partnerId)).rejects.toMatchObject({ code: 'not_movable' });
    expect((await readPartner(a.store, partnerId)).state.home).toEqual({ cell: 'a' });
    await abortMove(directory, await current(partnerId), [a, b]);
  });

  it('gets no key in the cell that it has left, even from an outdated process', async () => {
    const partnerId = newPartner();
    const sessionId = await new Client([a, b]).start(partnerId);
    await moveTo('b', partnerId);
    a.dataKeys.forget(partnerId);
    await expect(send(a, sessionId, flag)).rejects.toMatchObject({
      rejection: { code: 'session_elsewhere' },
    });
    expect(await a.keys?.store.current(partnerId)).toBeUndefined();
  });

  it('arrives in a cell that has an unused key for it', async () => {
    const partnerId = newPartner();
    await new Client([a, b]).start(partnerId);
    await b.dataKeys.of(partnerId);
    await moveTo('b', partnerId);
    expect((await b.keys?.store.current(partnerId))?.wrapped).not.toBeNull();
  });

  it('whose session was written to by a process without support for moves does not arrive', async () => {
    const partnerId = newPartner();
    const sessionId = await new Client([a, b]).start(partnerId);
    const finish = await moverBefore('verify', await directory.begin(partnerId, 'b'));
    const last = Number((await a.store.readLast(sessionStream(sessionId)))?.revision);
    const [data, metadata] = [Buffer.from('{}'), Buffer.from('{}')];
    const late = { id: randomUUID(), type: 'FlagRaised', contentType: 'application/json', data, metadata };
    await a.store.append(sessionStream(sessionId), [late], last);
    expect(await finish()).toMatchObject({ code: 'not_movable' });
  });
});

describe('a delayed mover', () => {
  it('destroys no key of a partner that has come back', async () => {
    const partnerId = newPartner();
    await new Client([a, b]).start(partnerId);
    const finish = await moverBefore('clean', await directory.begin(partnerId, 'b'));
    await movePartner(directory, await current(partnerId), [a, b]);
    await moveTo('a', partnerId);
    await finish();
    expect((await a.keys?.store.current(partnerId))?.wrapped).toBeTruthy();
  });

  it.each([
    ['it deletes the rows', (cell: TestCell) => pauseAfter(cell.keys?.store, 'current')],
    ['it destroys the key', (cell: TestCell) => pauseAfter(cell.contexts, 'delete')],
  ])('just before %s, destroys nothing of a partner that has come back', async (_, pause) => {
    const partnerId = newPartner();
    const sessionId = await new Client([a, b]).start(partnerId);
    const clean = await moverBefore('clean', await directory.begin(partnerId, 'b'));
    const { reached, go } = pause(a);
    const cleaned = clean();
    await reached;
    await movePartner(directory, await current(partnerId), [a, b]);
    await moveTo('a', partnerId);
    await insertRow(sessionId, partnerId);
    go();
    await cleaned;
    expect((await a.keys?.store.current(partnerId))?.wrapped).toBeTruthy();
    await send(a, sessionId, flag);
    const { rowCount } = await database.pool.query('SELECT FROM conversation_session WHERE session_id = $1', [
      sessionId,
    ]);
    expect(rowCount).toBe(1);
  });

  it('adds nothing to the stream of a partner that has arrived, however much the stream has lost since', async () => {
    const partnerId = newPartner();
    const client = new Client([a, b]);
    await client.start(partnerId);
    const finish = await moverBefore('copy_partner', await directory.begin(partnerId, 'b'));
    await movePartner(directory, await current(partnerId), [a, b]);
    for (let n = 0; n < 70; n += 1) await client.name(partnerId);
    const { revision } = await readPartner(b.store, partnerId);
    expect(await finish()).toMatchObject({ code: 'not_movable' });
    expect(await readPartner(b.store, partnerId)).toMatchObject({ revision, state: { home: { cell: 'b' } } });
  });

  it.each(['fence_partner', 'fence_sessions', 'copy_sessions'] as const)(
    'before %s does not block a partner whose move was aborted',
    async (step) => {
      const partnerId = newPartner();
      const sessionId = await new Client([a, b]).start(partnerId);
      const finish = await moverBefore(step, await directory.begin(partnerId, 'b'));
      await abortMove(directory, await current(partnerId), [a, b]);
      await finish();
      await send(a, sessionId, flag);
      expect((await readPartner(a.store, partnerId)).state.home).toMatchObject({ cell: 'a' });
    },
  );
});

describe('an aborted move', () => {
  it('leaves no key in the other cell, which knows where the partner is, and can be repeated', async () => {
    const partnerId = newPartner();
    await new Client([a, b]).start(partnerId);
    const stale = await moverBefore('decide', await directory.begin(partnerId, 'b'));
    await abortMove(directory, await current(partnerId), [a, b]);
    await stale();
    expect(await b.keys?.store.current(partnerId)).toBeUndefined();
    expect((await readPartner(b.store, partnerId)).state.home).toMatchObject({ cell: 'a' });
    await moveTo('b', partnerId);
    expect((await readPartner(b.store, partnerId)).state.home).toMatchObject({ cell: 'b' });
  });
});
