import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { ProcessedCommand, Session } from '#domain';
import { newSession } from '#domain';
import { command, history, serviceUrl } from '../test-support.ts';
import { sections } from './document.ts';
import { ContextStore } from './store.ts';

let redis: Redis;
let contexts: ContextStore;

beforeAll(() => {
  redis = new Redis(serviceUrl('REDIS_URL'));
  contexts = storeKeeping(10_000, 86_400);
});
afterAll(() => redis.quit());

const storeKeeping = (commands: number, seconds: number): ContextStore =>
  new ContextStore(redis, {}, { commands, seconds });

const write = (
  store: ContextStore,
  before: Session | undefined,
  after: Session,
  ...commands: ProcessedCommand[]
): Promise<string> => store.apply(before?.revision ?? -1, after, sections, commands);

const place = (revision: number, count = 1) => ({ revision, count, hash: 'v2.h' });

describe('the record of commands', () => {
  test('finds a command under any of its ids, and returns the revision up to which it is complete', async () => {
    const [first, second] = history(2) as [Session, Session];
    expect(await contexts.findCommand(first.session_id, ['a'])).toEqual({ revision: -1 });
    await write(contexts, undefined, first, command(['a', 'turn:1'], 0));
    await write(contexts, first, second, command('b', 1));
    expect(await contexts.findCommand(first.session_id, ['x', 'turn:1'])).toEqual({
      revision: 1,
      command: { id: 'turn:1', ...place(0) },
    });
    expect(await contexts.findCommand(first.session_id, ['x'])).toEqual({ revision: 1 });
    expect(await contexts.findCommand(first.session_id, [])).toEqual({ revision: 1 });
  });

  test('the first of two commands with one id stays; one that grows is updated', async () => {
    const [first, second, third] = history(3) as [Session, Session, Session];
    await write(contexts, undefined, first, command('a', 0));
    await write(contexts, first, second, command('a', 0, 2), command('b', 1));
    await write(contexts, second, third, command('b', 2));
    const find = async (id: string): Promise<unknown> =>
      (await contexts.findCommand(first.session_id, [id])).command;
    expect(await find('a')).toEqual({ id: 'a', ...place(0, 2) });
    expect(await find('b')).toEqual({ id: 'b', ...place(1) });
  });

  test('of a long conversation is written up to the limit', async () => {
    const session = { ...newSession(randomUUID()), revision: 25_000 };
    const commands = Array.from({ length: 25_001 }, (_, revision) => command(`c${revision}`, revision));
    await contexts.replace(session, commands);
    expect(await redis.hlen(`cmd:{${session.session_id}}`)).toBe(3 + 2 * 10_000);
    const find = async (id: string): Promise<unknown> =>
      (await contexts.findCommand(session.session_id, [id])).command;
    expect(await find('c15000')).toBeUndefined();
    expect(await find('c15001')).toEqual({ id: 'c15001', ...place(15_001) });
    expect(await find('c25000')).toEqual({ id: 'c25000', ...place(25_000) });
  });
});

test('loading a session takes its latest commands from the record', async () => {
  const [first, second, third] = history(3) as [Session, Session, Session];
  const commands = [command(['key:"1"', 'turn:1'], 0), command('key:2', 1), command('key:3', 2)] as const;
  await write(contexts, undefined, first, commands[0]);
  await write(contexts, first, second, commands[1]);
  await write(contexts, second, third, commands[2]);
  const known = async (count: number): Promise<Session['known'] | undefined> => {
    const [session] = await contexts.loadMany([first.session_id], count);
    return session?.known;
  };
  expect(await known(64)).toEqual({ from: 0, list: commands });
  expect(await known(2)).toEqual({ from: 1, list: commands.slice(1) });
  await redis.hdel(`cmd:{${first.session_id}}`, '');
  expect(await known(64)).toEqual({ from: 3, list: [] });
});

test('a record of commands ahead of its session leaves out later commands', async () => {
  const [first, second] = history(2) as [Session, Session];
  await write(contexts, undefined, first, command('a', 0));
  await write(contexts, first, second, command('b', 1));
  await redis.hset(`ctx:{${first.session_id}}`, 'revision', '0');
  const loaded = await contexts.load(first.session_id);
  expect(loaded?.known).toEqual({ from: 0, list: [command('a', 0)] });
});

test('the record forgets the oldest commands beyond the limit, with all their ids', async () => {
  const few = storeKeeping(10, 3_600);
  const states = history(40);
  let before: Session | undefined;
  for (const state of states) {
    const ids = [`key:${state.revision}`, `turn:${state.revision}`];
    await write(few, before, state, command(ids, state.revision));
    before = state;
  }
  const { session_id } = states[0] as Session;
  const found = async (id: string): Promise<boolean> =>
    (await few.findCommand(session_id, [id])).command !== undefined;
  expect([await found('key:29'), await found('turn:29')]).toEqual([false, false]);
  expect([await found('key:30'), await found('turn:39')]).toEqual([true, true]);
  // Its revision, the two ends of the order, and for each command its place in the order and two ids.
  expect(await redis.hlen(`cmd:{${session_id}}`)).toBe(3 + 10 * 3);
  expect((await few.load(session_id))?.known).toMatchObject({
    from: 0,
    list: { length: 10, 0: { revision: 30 } },
  });
});

test('the record forgets commands that are too old', async () => {
  const short = storeKeeping(1_000, 60);
  const [first, second] = history(2) as [Session, Session];
  await write(short, undefined, first, command('old', 0));
  await write(short, first, second, { ...command('new', 1), at: command('', 61).at });
  expect(await short.findCommand(first.session_id, ['old'])).toEqual({ revision: 1 });
  expect((await short.findCommand(first.session_id, ['new'])).command).toBeDefined();
});

test('a record of an older version is replaced by one that keeps the order', async () => {
  const [first] = history(1) as [Session];
  await redis.hset(`cmd:{${first.session_id}}`, '', '0', 'key:a', '0:1:hash', 'unrepeatable', '0:1:hash');
  await contexts.replace(first, [command('key:a', 0)]);
  expect((await contexts.load(first.session_id))?.known.list).toEqual([command('key:a', 0)]);
  expect(await redis.hexists(`cmd:{${first.session_id}}`, 'unrepeatable')).toBe(0);
});
