import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { JsonObject, Session, SessionCommand } from '#domain';
import {
  CommandIdReusedError,
  CommandRejectedError,
  StoreUnavailableError,
  WrongExpectedRevisionError,
} from './errors.ts';
import type { CommandRequest, CommandResult, SessionCachePort } from './command-executor.ts';
import { handleCommand } from './command-executor.ts';
import { readPartner, rememberSession } from './partner-memory.ts';
import { readEvents, readSession } from './streams.ts';
import { EventStore } from './store.ts';

const store = new EventStore(process.env['EVENTSTORE_URL'] ?? '');
afterAll(() => store.dispose());

/** SessionCache that are lost at once, so that every command folds the stream. */
const none: SessionCachePort = {
  load: async () => undefined,
  remember: () => undefined,
  findCommand: async () => ({ revision: Number.MAX_SAFE_INTEGER }),
  restore: async () => undefined,
};

let sessionId: string;
beforeEach(() => {
  sessionId = randomUUID();
});

function run(
  command: SessionCommand,
  { sessionCache = none, ...request }: Partial<CommandRequest> & { sessionCache?: SessionCachePort } = {},
): Promise<CommandResult> {
  return handleCommand(store, sessionCache, {
    sessionId,
    commands: [command],
    actor: { role: 'agent', id: 'spec' },
    commandIds: [],
    body: { ...command } as unknown as JsonObject,
    ...request,
  });
}

const start: SessionCommand = {
  type: 'StartSession',
  partner_id: 'P7689',
  channel: 'whatsapp',
  language: 'hi',
  region: null,
  name: null,
  device: null,
  expires_in_s: 3_600,
  memory: null,
};
const flag = (name: string): SessionCommand => ({ type: 'RaiseFlag', flag: name, value: true });

async function revisions(): Promise<number[]> {
  const found: number[] = [];
  for await (const event of readEvents(store, sessionId)) found.push(event.revision);
  return found;
}

describe('the expected revision', () => {
  test('64 writers that saw the same revision: one wins, the others learn what came between', async () => {
    await run(start);
    const tries = Array.from({ length: 64 }, (_, index) => run(flag(`f${index}`), { expectedRevision: 0 }));
    const outcomes = await Promise.allSettled(tries);
    const lost = outcomes
      .filter((outcome) => outcome.status === 'rejected')
      .map((outcome) => outcome.reason as unknown);
    expect(lost).toHaveLength(63);
    for (const error of lost) {
      expect(error).toBeInstanceOf(WrongExpectedRevisionError);
      expect(error).toMatchObject({ expected: 0, current: 1, retrySafe: true, events: [{ revision: 1 }] });
    }
    expect(await revisions()).toEqual([0, 1]);
  });

  test('without one, writers at the same time all get in and the stream has no gap', async () => {
    await run(start);
    await Promise.all(Array.from({ length: 20 }, (_, index) => run(flag(`f${index}`))));
    expect(await revisions()).toEqual(Array.from({ length: 21 }, (_, index) => index));
  });

  test('a conflict that would be refused anyway says that a retry is of no use', async () => {
    await run(start);
    await run({ type: 'EndSession', reason: null });
    const late = run(flag('late'), { expectedRevision: 0 });
    await expect(late).rejects.toMatchObject({ current: 1, retrySafe: false });
  });

  test('of a session that is not there yet is a conflict for its start, and not found for the rest', async () => {
    await expect(run(start, { expectedRevision: 5 })).rejects.toMatchObject({ expected: 5, current: -1 });
    await expect(run(flag('a'), { expectedRevision: 5 })).rejects.toBeInstanceOf(CommandRejectedError);
  });

  test('a stale snapshot is found out and read on from', async () => {
    const { session: stale } = await run(start);
    await run(flag('a'));
    const sessionCache = { ...none, load: async (): Promise<Session> => stale };
    const result = await run(flag('a'), { sessionCache });
    expect(result).toMatchObject({ revision: 1, events: [] });
    expect(await run(flag('b'), { sessionCache })).toMatchObject({ revision: 2 });
  });
});

describe('the command id', () => {
  test('200 identical requests at once make one event and all get the same answer', async () => {
    await run(start);
    const requests = Array.from({ length: 200 }, () => run(flag('once'), { commandIds: ['key:1'] }));
    const results = await Promise.all(requests);
    expect(new Set(results.map((result) => `${result.revision} ${result.events[0]?.event_id}`)).size).toBe(1);
    expect(await revisions()).toEqual([0, 1]);
  });

  test('is recognised after other commands, and with another body refused', async () => {
    await run(start, { commandIds: ['key:start'] });
    const first = await run(flag('a'), { commandIds: ['key:a'] });
    await run(flag('b'), { commandIds: ['key:b'] });
    const again = await run(flag('a'), { commandIds: ['key:a'] });
    expect(again).toMatchObject({ replayed: true, revision: 1, events: first.events });
    await expect(run(flag('c'), { commandIds: ['key:a'] })).rejects.toBeInstanceOf(CommandIdReusedError);
    expect(await revisions()).toEqual([0, 1, 2]);
  });

  test('repeated on top of a snapshot that lags leaves the session as the stream has it', async () => {
    const { session: behind } = await run(start);
    const first = await run(flag('once'), { commandIds: ['key:1'] });
    await sleep(5);
    const sessionCache: SessionCachePort = { ...none, load: async () => behind };
    const again = await run(flag('once'), { commandIds: ['key:1'], sessionCache });
    expect(again).toMatchObject({ replayed: true, events: first.events });
    expect(again.session).toEqual(await readSession(store, sessionId));
  });

  test('two bodies at once under one key: one gets in, the other is refused', async () => {
    await run(start);
    const outcomes = await Promise.allSettled(
      ['a', 'b'].map((name) => run(flag(name), { commandIds: ['key:1'] })),
    );
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await revisions()).toEqual([0, 1]);
  });

  test('older than what a session remembers is looked up, and the record is restored when it has a gap', async () => {
    await run(start);
    const { session, events } = await run(flag('old'), { commandIds: ['key:old'] });
    const [event] = events;
    const record = {
      id: 'key:old',
      hash: event?.metadata.command_hash ?? '',
      revision: event?.revision ?? 0,
      count: 1,
    };
    let restored = 0;
    const sessionCache: SessionCachePort = {
      ...none,
      load: async () => ({ ...session, known: { from: 2, list: [] } }),
      findCommand: async () => (restored > 0 ? { revision: 1, command: record } : { revision: -1 }),
      restore: async () => {
        restored += 1;
      },
    };
    const again = await run(flag('old'), { commandIds: ['key:old'], sessionCache });
    expect(again).toMatchObject({ replayed: true, revision: 1 });
    expect(restored).toBe(1);
  });
});

test('a command that the state does not allow is refused with the reason and changes nothing', async () => {
  await expect(run(flag('a'))).rejects.toBeInstanceOf(CommandRejectedError);
  await run(start);
  await expect(run({ type: 'AcceptHandoff', accepted_by: 'x' })).rejects.toMatchObject({
    rejection: { code: 'handoff_not_possible' },
    revision: 0,
  });
  expect(await revisions()).toEqual([0]);
});

test('without a store a command fails within seconds, saying so', async () => {
  const nowhere = new EventStore('esdb://127.0.0.1:1?tls=false');
  const request = {
    sessionId,
    commands: [start],
    actor: { role: 'agent', id: 'spec' },
    commandIds: [],
    body: {},
  } as const;
  await expect(handleCommand(nowhere, none, request)).rejects.toBeInstanceOf(StoreUnavailableError);
  await nowhere.dispose();
});

test('a partner’s memory follows the newest session, whoever writes last', async () => {
  const partner_id = randomUUID();
  const older = (await run({ ...start, partner_id })).session;
  await new Promise((resolve) => {
    setTimeout(resolve, 5);
  });
  sessionId = randomUUID();
  const newer = (await run({ ...start, partner_id, language: 'ta' })).session;
  await Promise.all([
    rememberSession(store, newer),
    rememberSession(store, older),
    rememberSession(store, newer),
  ]);
  const { memory } = await readPartner(store, partner_id);
  expect(memory).toMatchObject({ session_id: newer.session_id, language: 'ta' });
  expect(await readSession(store, newer.session_id)).toMatchObject({ revision: 0 });
});
