import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { SessionCommand } from '#domain';
import type { Reach } from '#privacy';
import type { Appended } from './command-executor.ts';
import { CommandExecutor } from './command-executor.ts';
import {
  CommandRejectedError,
  OutOfReachError,
  StoreUnavailableError,
  WrongExpectedRevisionError,
} from './errors.ts';
import { readPartner } from './partner-memory.ts';
import {
  assignSession,
  endSession,
  FaultyStore,
  noCache,
  raiseFlag,
  request,
  sessionOfEachTest,
  startSession,
} from './test-support.ts';

const testSession = sessionOfEachTest();
const { store, run, revisions } = testSession;

describe('the expected revision', () => {
  test('accepts one of 64 writers that expect the same revision, and shows the others the events since', async () => {
    await run(startSession);
    const tries = Array.from({ length: 64 }, (_, index) =>
      run(raiseFlag(`f${index}`), { expectedRevision: 0 }),
    );
    const outcomes = await Promise.allSettled(tries);
    const lost = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    expect(lost).toHaveLength(63);
    for (const error of lost) {
      expect(error).toBeInstanceOf(WrongExpectedRevisionError);
      expect(error).toMatchObject({ expected: 0, current: 1, retrySafe: true, events: [{ revision: 1 }] });
    }
    expect(await revisions()).toEqual([0, 1]);
  });

  test('is optional: without it, all concurrent writers succeed, one after the other', async () => {
    await run(startSession);
    await Promise.all(Array.from({ length: 20 }, (_, index) => run(raiseFlag(`f${index}`))));
    expect(await revisions()).toEqual(Array.from({ length: 21 }, (_, index) => index));
  });

  test('that matches lets the command in', async () => {
    await run(startSession);
    expect(await run(raiseFlag('a'), { expectedRevision: 0 })).toMatchObject({ revision: 1 });
  });

  test('of a command that would be rejected anyway conflicts and says that a retry cannot succeed', async () => {
    await run(startSession);
    await run(endSession);
    const late = run(raiseFlag('late'), { expectedRevision: 0 });
    await expect(late).rejects.toMatchObject({ current: 1, retrySafe: false });
  });

  test('of a session that does not exist yet is a conflict for its start', async () => {
    await expect(run(startSession, { expectedRevision: 5 })).rejects.toMatchObject({
      expected: 5,
      current: -1,
    });
  });

  test('of a session that does not exist yet is not found for any other command', async () => {
    await expect(run(raiseFlag('a'), { expectedRevision: 5 })).rejects.toBeInstanceOf(CommandRejectedError);
  });

  test('of a command without effect is a conflict when it differs', async () => {
    await run(startSession);
    await run(raiseFlag('a'));
    await expect(run(raiseFlag('a'), { expectedRevision: 0 })).rejects.toMatchObject({ retrySafe: true });
  });
});

describe('a cached session that lags', () => {
  test('is brought up to its stream when the command has no effect on the latest state', async () => {
    const { session: stale } = await run(startSession);
    await run(raiseFlag('a'));
    const cache = { ...noCache, load: async () => stale };
    expect(await run(raiseFlag('a'), { cache })).toMatchObject({ revision: 1, events: [] });
  });

  test('is brought up to its stream when the append conflicts', async () => {
    const { session: stale } = await run(startSession);
    await run(raiseFlag('a'));
    const cache = { ...noCache, load: async () => stale };
    expect(await run(raiseFlag('b'), { cache })).toMatchObject({ revision: 2 });
  });
});

describe('a rejected command', () => {
  test('reports the reason and the revision', async () => {
    await run(startSession);
    const rejected = run({ type: 'AcceptHandoff', accepted_by: 'x' });
    await expect(rejected).rejects.toMatchObject({
      code: 'command_rejected',
      rejection: { code: 'handoff_not_possible' },
      revision: 0,
    });
  });

  test('appends nothing, nor do the commands sent with it', async () => {
    await run(startSession);
    const commands: SessionCommand[] = [raiseFlag('a'), { type: 'AcceptHandoff', accepted_by: 'x' }];
    await expect(run(endSession, { commands })).rejects.toMatchObject({ command: 1 });
    expect(await revisions()).toEqual([0]);
  });
});

describe('the metadata of an event', () => {
  test('carries the fields of the request', async () => {
    await run(startSession);
    const commands: SessionCommand[] = [
      {
        type: 'AttachAgent',
        instance: 'bot',
        pool: 'p',
        node: 'n',
        after: null,
        reason: 'requested',
        replaces: null,
      },
    ];
    await run(endSession, { commands });
    const more = {
      correlationId: 'c1',
      causationId: 'c2',
      traceparent: '00-1',
      agentEpoch: 1,
      commandIds: ['k'],
    };
    const { events } = await run(raiseFlag('a'), more);
    expect(events[0]?.metadata).toMatchObject({
      schema_version: 1,
      actor: { role: 'agent', id: 'spec' },
      $correlationId: 'c1',
      $causationId: 'c2',
      traceparent: '00-1',
      agent_epoch: 1,
      command_id: 'k',
    });
  });

  test('has a correlation id of its own, and no command id, where the request has none', async () => {
    const { events } = await run(startSession);
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(events[0]?.metadata).toMatchObject({ $correlationId: id });
    for (const name of ['traceparent', 'command_id', 'command_aliases'])
      expect(events[0]?.metadata).not.toHaveProperty(name);
  });

  test('names all ids of the request on its first event', async () => {
    await run(startSession);
    const commands = [raiseFlag('a'), raiseFlag('b')];
    const { events } = await run(endSession, { commands, commandIds: ['key:1', 'turn:1'] });
    expect(events.map(({ metadata }) => [metadata.command_id, metadata.command_aliases])).toEqual([
      ['key:1', ['turn:1']],
      ['key:1', undefined],
    ]);
  });
});

describe('an append', () => {
  test('is announced once, with the session after it', async () => {
    const announced: Appended[] = [];
    const executor = new CommandExecutor(store, noCache, (appended) => announced.push(appended));
    const { session, events } = await executor.execute(
      request(testSession.id, startSession, { commandIds: ['k'] }),
    );
    await executor.execute(request(testSession.id, startSession, { commandIds: ['k'] }));
    await executor.execute(request(testSession.id, { type: 'SwitchChannel', channel: 'whatsapp' }));
    expect(announced).toEqual([{ session, events }]);
  });

  test('waits for earlier appends to the same session in the same process', async () => {
    const executor = new CommandExecutor(store, noCache);
    const flags = Array.from({ length: 20 }, (_, index) => `f${index}`);
    await executor.execute(request(testSession.id, startSession));
    const results = await Promise.all(
      flags.map((flag) => executor.execute(request(testSession.id, raiseFlag(flag)))),
    );
    expect(results.map(({ revision }) => revision)).toEqual(flags.map((_, index) => index + 1));
  });
});

const reachesActive = ({ inactive_since }: Reach): boolean => inactive_since === null;

describe('a session that is over', () => {
  test.each([
    ['ended', endSession],
    ['expired', { type: 'ExpireSession', now: '2999-01-01T00:00:00.000Z' } as const],
  ])('leaves the memory of its partner when it has %s', async (_, end) => {
    const partner_id = randomUUID();
    await assignSession(store, partner_id, testSession.id);
    await run({ ...startSession, partner_id });
    await run({ type: 'ChangePreferences', preferences: { language: 'ta' } });
    await run(end);
    const { state } = await readPartner(store, partner_id);
    expect(state).toMatchObject({ memory: { language: 'ta' }, sessions: [] });
  });

  test.each([
    ['', {}],
    [' of a sender that reaches only active sessions', { reaches: reachesActive }],
  ])('leaves it on a repetition%s when the first attempt failed after the append', async (_, sender) => {
    const partner_id = randomUUID();
    await assignSession(store, partner_id, testSession.id);
    await run({ ...startSession, partner_id });
    const faulty = new FaultyStore(store.url, async (stream, append) => {
      if (stream.startsWith('partner-')) throw new StoreUnavailableError();
      return append();
    });
    const end = request(testSession.id, endSession, { commandIds: ['end'], ...sender });
    await expect(new CommandExecutor(faulty, noCache).execute(end)).rejects.toBeInstanceOf(
      StoreUnavailableError,
    );
    await faulty.dispose();
    expect(await run(endSession, { commandIds: ['end'], ...sender })).toMatchObject({ replayed: true });
    expect((await readPartner(store, partner_id)).state.sessions).toEqual([]);
  });
});

const reaches = ({ channel }: { channel: string }): boolean => channel === 'whatsapp';

describe('a sender that does not reach the session', () => {
  const toIvr = { type: 'SwitchChannel', channel: 'ivr' } as const;

  test('is told that it does not exist, before a repetition is looked for', async () => {
    await run(startSession);
    await run(raiseFlag('a'), { commandIds: ['key:a'] });
    await run(toIvr);
    const known = run(raiseFlag('a'), { commandIds: ['key:a'], reaches });
    await expect(known).rejects.toMatchObject({ rejection: { code: 'session_not_found' }, revision: -1 });
    expect(await revisions()).toEqual([0, 1, 2]);
  });

  test.each<[string, SessionCommand, string]>([
    ['another command', raiseFlag('b'), 'b'],
    ['another command under the same id', raiseFlag('b'), 'end'],
  ])('since it is over is told for %s that it does not exist', async (_, command, id) => {
    await run(startSession);
    await run(endSession, { commandIds: ['end'] });
    const known = run(command, { commandIds: [id], reaches: reachesActive });
    await expect(known).rejects.toMatchObject({ rejection: { code: 'session_not_found' }, revision: -1 });
  });

  test('cannot move a session that it reaches out of its reach', async () => {
    await run(startSession, { reaches });
    await expect(run(toIvr, { reaches })).rejects.toThrow(OutOfReachError);
    expect(await revisions()).toEqual([0]);
  });
});
