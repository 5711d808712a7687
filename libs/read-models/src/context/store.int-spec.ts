import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { changedSections, contextOf, newSession } from '#domain';
import type { ProcessedCommand, Session } from '#domain';
import { sections } from './document.ts';
import { ContextStore } from './store.ts';
import { emptyRedis, Script, startSession, turn } from '../test-support.ts';

let redis: Redis;
let contexts: ContextStore;

beforeAll(async () => {
  redis = await emptyRedis(5);
  contexts = new ContextStore(redis, { ttlSeconds: 60 });
});
beforeEach(() => redis.flushdb());
afterAll(() => redis.quit());

const command = (id: string, revision: number, count = 1): ProcessedCommand => ({
  id,
  revision,
  count,
  hash: 'h',
});

/** A session at several revisions, the first of them with one event. */
function history(length: number): Session[] {
  const script = new Script();
  script.request(startSession);
  const states = [script.session];
  while (states.length < length) {
    script.request(turn(randomUUID(), { message_text: `turn ${states.length}` }));
    states.push(script.session);
  }
  return states;
}

function write(
  before: Session | undefined,
  after: Session,
  ...commands: ProcessedCommand[]
): Promise<string> {
  const changed = before ? changedSections(before.state, after.state) : sections;
  return contexts.apply(before?.revision ?? -1, after, changed, commands);
}

async function stored({ session_id }: Session): Promise<unknown> {
  const document = await contexts.document(session_id);
  return document && JSON.parse(document.body);
}

describe('a context', () => {
  test('is written on top of the revision before it, and read as document and as session', async () => {
    const [first, second] = history(2) as [Session, Session];
    expect(await contexts.load(first.session_id)).toBeUndefined();
    expect(await stored(first)).toBeUndefined();
    expect(await write(undefined, first)).toBe('applied');
    expect(await write(first, second)).toBe('applied');
    expect(await stored(second)).toEqual(contextOf(second));
    expect(await contexts.document(second.session_id)).toMatchObject({ revision: 1 });
    const loaded = await contexts.load(second.session_id);
    expect(loaded).toEqual({ ...second, known: { from: 2, list: [] } });
  });

  test('only the changed sections are written', async () => {
    const [first, second] = history(2) as [Session, Session];
    await write(undefined, first);
    await redis.hset(`ctx:{${first.session_id}}`, 'identity', '{"partner_id":"untouched"}');
    await write(first, second);
    expect(await stored(second)).toMatchObject({ identity: { partner_id: 'untouched' }, revision: 1 });
  });

  test('an older projector cannot overwrite a newer one', async () => {
    const [first, second, third] = history(3) as [Session, Session, Session];
    await write(undefined, first);
    await write(first, second);
    await write(second, third);
    expect(await write(undefined, first)).toBe('stale');
    expect(await write(first, second)).toBe('stale');
    expect(await write(second, third)).toBe('stale');
    await contexts.replace(second, []);
    expect(await stored(third)).toEqual(contextOf(third));
  });

  test('on top of another revision nothing is written: a gap', async () => {
    const [first, second, third] = history(3) as [Session, Session, Session];
    expect(await write(first, second)).toBe('gap');
    await write(undefined, first);
    expect(await write(second, third)).toBe('gap');
    expect(await stored(first)).toEqual(contextOf(first));
  });

  test('a change that overlaps with what is there brings it to the end of the change', async () => {
    const [first, second, third] = history(3) as [Session, Session, Session];
    await write(undefined, first);
    await write(first, second);
    expect(await write(first, third)).toBe('applied');
    expect(await stored(third)).toEqual(contextOf(third));
  });

  test('without its record of commands, or in another format, counts as missing', async () => {
    const [first, second] = history(2) as [Session, Session];
    await write(undefined, first);
    await redis.del(`cmd:{${first.session_id}}`);
    expect(await write(first, second)).toBe('gap');
    await contexts.replace(first, []);
    expect(await contexts.findCommand(first.session_id, [])).toEqual({ revision: 0 });
    await redis.hset(`ctx:{${first.session_id}}`, 'format', '0');
    expect(await write(first, second)).toBe('gap');
    expect(await contexts.load(first.session_id)).toBeUndefined();
    expect(await contexts.document(first.session_id)).toBeUndefined();
    // The record of commands has a form of its own and stays good.
    expect(await contexts.findCommand(first.session_id, ['x'])).toEqual({ revision: first.revision });
    await contexts.replace(second, []);
    expect(await stored(second)).toEqual(contextOf(second));
  });

  test('expires with its record, the time renewed by each write', async () => {
    const [first, second] = history(2) as [Session, Session];
    const keys = [`ctx:{${first.session_id}}`, `cmd:{${first.session_id}}`];
    const left = (): Promise<number[]> => Promise.all(keys.map((key) => redis.pttl(key)));
    await write(undefined, first);
    await Promise.all(keys.map((key) => redis.pexpire(key, 1_000)));
    await write(first, second);
    for (const ttl of await left()) expect(ttl).toBeGreaterThan(50_000);
    await Promise.all(keys.map((key) => redis.pexpire(key, 1_000)));
    await contexts.replace({ ...second, revision: 2 }, []);
    for (const ttl of await left()) expect(ttl).toBeGreaterThan(50_000);
  });

  test('scripts that Redis has forgotten are sent again', async () => {
    const [first, second] = history(2) as [Session, Session];
    await write(undefined, first);
    await redis.script('FLUSH');
    expect(await write(first, second)).toBe('applied');
  });
});

describe('the record of commands', () => {
  test('finds a command under any of its ids, and says up to where it is complete', async () => {
    const [first, second] = history(2) as [Session, Session];
    expect(await contexts.findCommand(first.session_id, ['a'])).toEqual({ revision: -1 });
    await write(undefined, first, command('a', 0), command('turn:1', 0));
    await write(first, second, command('b', 1));
    expect(await contexts.findCommand(first.session_id, ['x', 'turn:1'])).toEqual({
      revision: 1,
      command: command('turn:1', 0),
    });
    expect(await contexts.findCommand(first.session_id, ['x'])).toEqual({ revision: 1 });
    expect(await contexts.findCommand(first.session_id, [])).toEqual({ revision: 1 });
  });

  test('the first of two commands with one id stays; one that grows is updated', async () => {
    const [first, second, third] = history(3) as [Session, Session, Session];
    await write(undefined, first, command('a', 0));
    await write(first, second, command('a', 0, 2), command('b', 1));
    await write(second, third, command('b', 2));
    const find = async (id: string): Promise<unknown> =>
      (await contexts.findCommand(first.session_id, [id])).command;
    expect(await find('a')).toEqual(command('a', 0, 2));
    expect(await find('b')).toEqual(command('b', 1));
  });

  test('of a long conversation is written whole', async () => {
    const session = { ...newSession(randomUUID()), revision: 25_000 };
    const commands = Array.from({ length: 25_001 }, (_, revision) => command(`c${revision}`, revision));
    await contexts.replace(session, commands);
    expect(await redis.hlen(`cmd:{${session.session_id}}`)).toBe(25_002);
    expect((await contexts.findCommand(session.session_id, ['c0'])).command).toEqual(command('c0', 0));
    expect((await contexts.findCommand(session.session_id, ['c25000'])).command?.revision).toBe(25_000);
  });
});

test('the mark of a slot is kept beside', async () => {
  expect(await contexts.mark('session-0')).toBeUndefined();
  await contexts.setMark('session-0', 12_345_678_901_234_567n);
  const [first] = history(1) as [Session];
  const change = { before: -1, after: first, changed: sections, commands: [] };
  expect(await contexts.mark('session-0')).toBe(12_345_678_901_234_567n);
  expect(await contexts.applyMany([change], { name: 'session-0', position: 7n })).toEqual(['applied']);
  expect(await contexts.mark('session-0')).toBe(7n);
});
