import { randomUUID } from 'node:crypto';
import type { EventData } from '@eventstore/db-client';
import { expect, test } from '@jest/globals';
import type { Session } from '#domain';
import { CommandExecutor } from './command-executor.ts';
import type { CommandResult } from './command-request.ts';
import type { TailLimits } from './command-tail.ts';
import { commandLimits, CommandTail } from './command-tail.ts';
import type { SessionCachePort } from './session-cache-port.ts';
import type { ReadOptions } from './store.ts';
import { EventStore } from './store.ts';
import { readEvents, readSession, sessionStream } from './streams.ts';
import { noCache, request, sessionOfEachTest, startSession } from './test-support.ts';

const testSession = sessionOfEachTest();
const { store, run } = testSession;

/** The n-th of the session's commands. */
function flag(executor: CommandExecutor, value: number): Promise<CommandResult> {
  const command = { type: 'RaiseFlag', flag: 'f', value } as const;
  return executor.execute(request(testSession.id, command, { commandIds: [`key:${value}`] }));
}

async function started(flags: number): Promise<void> {
  await run(startSession);
  const executor = new CommandExecutor(store, noCache);
  for (let value = 1; value <= flags; value += 1) await flag(executor, value);
}

/** A cached session at its latest revision that knows none of its commands, and an empty record. */
async function withoutRecord(): Promise<SessionCachePort> {
  const session = await readSession(store, testSession.id);
  if (session === undefined) throw new Error('The session is not started.');
  let latest: Session = { ...session, known: { from: session.revision + 1, list: [] } };
  return {
    load: async () => latest,
    remember: (next) => {
      latest = next;
    },
    forget: async () => undefined,
    findCommand: async () => ({ revision: -1 }),
  };
}

test('without a record, an old command is recognised', async () => {
  await started(100);
  const again = await flag(new CommandExecutor(store, await withoutRecord()), 3);
  expect(again).toMatchObject({ replayed: true, revision: 3 });
});

/** How many events are read of the session for each of three further commands. */
async function eventsRead(limits?: TailLimits): Promise<(number | undefined)[]> {
  const read: (number | undefined)[] = [];
  const watched = new EventStore(store.url);
  const events = watched.read.bind(watched);
  watched.read = (...args) => {
    if (args[0].startsWith('session-')) read.push(args[1]?.limit);
    return events(...args);
  };
  const executor = new CommandExecutor(watched, await withoutRecord(), undefined, limits);
  for (const value of [101, 102, 103]) expect(await flag(executor, value)).toMatchObject({ replayed: false });
  await watched.dispose();
  return read;
}

test('without a record, a stream is read once for all new commands', async () => {
  await started(100);
  expect(await eventsRead()).toEqual([101]);
});

test('commands that take more memory than they may are read again', async () => {
  await started(100);
  expect(await eventsRead({ ...commandLimits, keptBytes: 10_000 })).toEqual([101, 101, 101]);
});

/** Reads and appends another stream once it is restored. */
class RestoredStore extends EventStore {
  restored: string | undefined;

  override read(stream: string, options?: ReadOptions) {
    return super.read(this.restored ?? stream, options);
  }

  override append(stream: string, events: readonly EventData[], expected: number) {
    return super.append(this.restored ?? stream, events, expected);
  }
}

test('a command that a restored stream no longer contains is new', async () => {
  await started(100);
  const cache = await withoutRecord();
  const changing = new RestoredStore(store.url);
  const executor = new CommandExecutor(changing, cache);
  const { session } = await flag(executor, 101);
  cache.remember({ ...session, known: { from: session.revision + 1, list: [] } });
  await flag(executor, 102);
  const events = await Array.fromAsync(readEvents(store, testSession.id, { limit: 101 }));
  const copies = events.map((event) => store.codec.encode({ ...event, event_id: randomUUID() }));
  changing.restored = sessionStream(randomUUID());
  await store.append(changing.restored, copies, -1);
  expect(await flag(executor, 101)).toMatchObject({ replayed: false, revision: 101 });
  await changing.dispose();
});

test.each([
  ['within the limits', 100, 3_600, true],
  ['when more commands followed it', 8, 3_600, false],
  ['when it is too old', 100, -1, false],
])('a command %s is found: %i, %i, %s', async (_, commands, seconds, isFound) => {
  await started(20);
  const events = await Array.fromAsync(readEvents(store, testSession.id));
  const tail = new CommandTail(store, { ...commandLimits, commands, seconds }, 4);
  const found = await tail.find(testSession.id, ['key:2'], { from: 0, to: events.length });
  expect(found?.revision).toBe(isFound ? 2 : undefined);
});

test('a command whose events span two pages is found', async () => {
  await run(startSession);
  const commands = ['a', 'b', 'c', 'd', 'e'].map(
    (name) => ({ type: 'RaiseFlag', flag: name, value: 1 }) as const,
  );
  const { events } = await run(startSession, { commands, commandIds: ['key:1', 'turn:1'] });
  const tail = new CommandTail(store, { ...commandLimits, commands: 100, seconds: 3_600 }, 4);
  const found = await tail.find(testSession.id, ['turn:1'], { from: 0, to: 6 });
  expect(found).toMatchObject({ revision: 1, count: events.length });
});
