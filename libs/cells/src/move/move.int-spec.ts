import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEventStore, type EventStore as EmbeddedStore } from '@turnstream/embedded-eventstore';
import type { RecordedEvent } from '#domain';
import { readEvents, readPartner, sessionStream } from '#sessions';
import type { TestDatabase } from '../../../platform/src/testing/test-services.ts';
import { createTestDatabase, serviceUrl } from '../../../platform/src/testing/test-services.ts';
import { CellDirectory } from '../directory.ts';
import { copyStream, digestOf } from './copy-stream.ts';
import type { MoveStep } from './move.ts';
import { abortMove, movePartner } from './move.ts';
import type { TestCell } from './test-cells.ts';
import { Client, openCell } from './test-cells.ts';

const steps: readonly MoveStep[] = [
  'expect',
  'key',
  'fence_partner',
  'fence_sessions',
  'copy_sessions',
  'verify',
  'copy_partner',
  'decide',
  'sessions_arrive',
  'partner_arrives',
  'switch',
  'clean',
  'finish',
];
const turn = (text: string) =>
  ({
    type: 'RecordTurn',
    turn_id: randomUUID(),
    message_id: null,
    sender: 'user',
    message_text: text,
    parsed_intent: null,
    intent_confidence: null,
    extracted_entities: {},
    in_reply_to: null,
    bot_action: null,
    response: null,
  }) as const;

type Turn = ReturnType<typeof turn>;

let database: TestDatabase;
let directory: CellDirectory;
const dir = mkdtempSync(join(tmpdir(), 'turnstream-cells-'));
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

/** The mover, which ends at a step as if it was killed; calls that it has started continue a little. */
async function crashAt(step: MoveStep, partnerId: string, to: string): Promise<void> {
  const move = await directory.begin(partnerId, to);
  const cells = move.from === 'a' ? ([a, b] as const) : ([b, a] as const);
  const crash = async (begun: MoveStep): Promise<void> => {
    if (begun === step) throw new Error('killed');
  };
  await movePartner(directory, move, cells, crash).catch((error: Error) => {
    if (error.message !== 'killed') throw error;
  });
}

async function moveTo(to: string, partnerId: string): Promise<void> {
  const move = await directory.begin(partnerId, to);
  await movePartner(directory, move, move.from === 'a' ? [a, b] : [b, a]);
}

interface Written {
  readonly sessionId: string;
  readonly commands: readonly { readonly key: string; readonly command: Turn; readonly revision: number }[];
}

async function write(client: Client, partnerId: string, signal: AbortSignal): Promise<Written> {
  const sessionId = await client.start(partnerId);
  const commands: { key: string; command: Turn; revision: number }[] = [];
  while (!signal.aborted) {
    const [key, command] = [randomUUID(), turn(`turn ${commands.length}`)];
    const { revision } = await client.send(sessionId, command, key);
    commands.push({ key, command, revision });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { sessionId, commands };
}

const eventsIn = (cell: TestCell, id: string): Promise<RecordedEvent[]> =>
  Array.fromAsync(readEvents(cell.store, id));

describe('a partner that moves during writes to its sessions, with a mover that dies at each step', () => {
  const partnerId = `P-${randomUUID()}`;
  let written: Written[];
  beforeAll(async () => {
    const stop = new AbortController();
    const writing = [0, 1, 2].map(() => write(new Client([a, b]), partnerId, stop.signal));
    try {
      for (const step of steps) await crashAt(step, partnerId, 'b');
      await moveTo('b', partnerId);
    } finally {
      stop.abort();
      written = await Promise.all(writing);
    }
  });

  it('has every acknowledged command at its acknowledged revision', async () => {
    for (const { sessionId, commands } of written) {
      const events = await eventsIn(b, sessionId);
      for (const { revision, command } of commands)
        expect(events[revision]).toMatchObject({ type: 'TurnRecorded', data: { turn_id: command.turn_id } });
    }
  });

  it('has no command twice', async () => {
    for (const { sessionId, commands } of written) {
      const turns = (await eventsIn(b, sessionId)).filter(({ type }) => type === 'TurnRecorded');
      expect(turns).toHaveLength(commands.length);
    }
  });

  it('has byte-identical events up to the move', async () => {
    for (const { sessionId } of written) {
      const { revision } = (await eventsIn(b, sessionId)).find(({ type }) => type === 'SessionMoved') ?? {
        revision: -1,
      };
      const digests = [a, b].map(({ store }) => digestOf(store, sessionStream(sessionId), revision));
      const [own, copied] = await Promise.all(digests);
      expect(copied).toBe(own);
    }
  });

  it('is not written to in the cell that it has left', async () => {
    for (const { sessionId } of written) {
      const last = await a.store.readLast(sessionStream(sessionId));
      expect(last?.type).toBe('SessionMoved');
    }
  });

  it('gets the first answer of a repeated command', async () => {
    for (const { sessionId, commands } of written) {
      const [first] = commands;
      if (first === undefined) continue;
      const again = await new Client([a, b]).send(sessionId, first.command, first.key);
      expect(again).toMatchObject({ revision: first.revision, replayed: true });
    }
  });

  it('starts new sessions in its present cell', async () => {
    const sessionId = await new Client([a, b]).start(partnerId);
    expect(
      [await eventsIn(a, sessionId), await eventsIn(b, sessionId)].map((events) => events.length),
    ).toEqual([0, 1]);
  });

  it('has no key in the cell that it has left', async () => {
    a.dataKeys.forget(partnerId);
    expect(await a.keys?.store.current(partnerId)).toBeUndefined();
    expect((await b.keys?.store.current(partnerId))?.wrapped).not.toBeNull();
  });

  it('comes back with all its events', async () => {
    await moveTo('a', partnerId);
    const [first] = written;
    const id = first?.sessionId ?? '';
    await new Client([a, b]).send(id, turn('back'), randomUUID());
    const turns = (await eventsIn(a, id)).filter(({ type }) => type === 'TurnRecorded');
    expect(turns).toHaveLength((first?.commands.length ?? 0) + 1);
  });
});

describe('a move', () => {
  it('that is aborted leaves the partner where it was', async () => {
    const partnerId = `P-${randomUUID()}`;
    const sessionId = await new Client([a, b]).start(partnerId);
    await crashAt('decide', partnerId, 'b');
    const [move] = await directory.moves();
    if (move === undefined) throw new Error('no move is in progress');
    await abortMove(directory, move, [a, b]);
    await a.executor.execute({
      sessionId,
      commands: [turn('still here')],
      actor: { role: 'agent', id: 'spec' },
      commandIds: [],
      body: {},
    });
    expect((await readPartner(a.store, partnerId)).state.home).toEqual({
      cell: 'a',
      moved_by: move.move_id,
    });
    expect(await directory.moves()).toEqual([]);
  });

  it('cannot be aborted once the other cell may accept commands', async () => {
    const partnerId = `P-${randomUUID()}`;
    await new Client([a, b]).start(partnerId);
    await crashAt('sessions_arrive', partnerId, 'b');
    const [move] = await directory.moves();
    if (move === undefined) throw new Error('no move is in progress');
    await expect(abortMove(directory, move, [a, b])).rejects.toMatchObject({ code: 'not_movable' });
    await moveTo('b', partnerId);
  });

  it('drops what the new cell has read of the sessions without their key, before they accept commands', async () => {
    const partnerId = `P-${randomUUID()}`;
    const stream = sessionStream(await new Client([a, b]).start(partnerId));
    const log: (string | undefined)[] = [];
    const contexts = { delete: async () => void log.push((await b.store.readLast(stream))?.type) };
    const redis = { publish: async () => log.push('announced') } as unknown as TestCell['redis'];
    const move = await directory.begin(partnerId, 'b');
    await movePartner(directory, move, [a, { ...b, contexts, redis }], (step) => void log.push(step));
    const arrival = log.slice(log.indexOf('sessions_arrive') + 1, log.indexOf('partner_arrives'));
    expect(arrival).toEqual(['SessionMoved', 'announced']);
  });

  it('to the partner’s present cell is refused', async () => {
    await expect(directory.begin(`P-${randomUUID()}`, 'a')).rejects.toMatchObject({ code: 'not_movable' });
  });

  it('copies a stream of more than one batch', async () => {
    const stream = `session-${randomUUID()}`;
    const events = Array.from({ length: 300 }, () => ({
      id: randomUUID(),
      type: 'Any',
      contentType: 'application/octet-stream',
      data: Buffer.alloc(3_000, 1),
      metadata: Buffer.from('{}'),
    }));
    for (const [n, event] of events.entries()) await a.store.append(stream, [event], n - 1);
    await Promise.all([copyStream(stream, 299, a.store, b.store), copyStream(stream, 299, a.store, b.store)]);
    expect(await digestOf(b.store, stream, 299)).toBe(await digestOf(a.store, stream, 299));
  });
});
