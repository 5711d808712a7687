import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { type ProcessedCommand, type Session, changedSections, contextOf } from '#domain';
import { digitPairs } from '#sessions';
import { sections } from './document.ts';
import { SessionSetAsideError } from './errors.ts';
import { ContextStore } from './store.ts';
import { command, emptyRedis, entryFor, history, Script, startSession } from '../test-support.ts';

let redis: Redis;
let contexts: ContextStore;

beforeAll(async () => {
  redis = await emptyRedis();
  contexts = new ContextStore(redis);
});
beforeEach(() => redis.flushdb());
afterAll(() => redis.quit());

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
  test('is written on top of the revision before it and read as document and as session', async () => {
    const [first, second] = history(2) as [Session, Session];
    expect(await contexts.load(first.session_id)).toBeUndefined();
    expect(await stored(first)).toBeUndefined();
    expect(await write(undefined, first)).toBe('applied');
    expect(await write(first, second)).toBe('applied');
    expect(await stored(second)).toEqual(contextOf(second));
    expect(await contexts.document(second.session_id)).toMatchObject({ revision: 1 });
    const loaded = await contexts.load(second.session_id);
    expect(loaded).toEqual({ ...second, known: { from: 0, list: [] } });
  });

  test('has the hash of its stream, unless an older writer has written since', async () => {
    const [first, second] = history(2) as [Session, Session];
    const [one, two] = ['A', 'B'].map((letter) => letter.repeat(43));
    await write(undefined, { ...first, chain: one });
    expect((await contexts.load(first.session_id))?.chain).toBe(one);
    await contexts.replace({ ...first, chain: one }, []);
    expect((await contexts.load(first.session_id))?.chain).toBe(one);
    await write(first, second);
    expect((await contexts.load(first.session_id))?.chain).toBeUndefined();
    await contexts.delete([first.session_id]);
    await contexts.replace({ ...second, chain: two }, []);
    expect((await contexts.load(first.session_id))?.chain).toBe(two);
  });

  test('writes only the sections that changed', async () => {
    const [first, second] = history(2) as [Session, Session];
    await write(undefined, first);
    await redis.hset(`ctx:{${first.session_id}}`, 'identity', '{"partner_id":"untouched"}');
    await write(first, second);
    expect(await stored(second)).toMatchObject({ identity: { partner_id: 'untouched' }, revision: 1 });
  });

  test('is not overwritten by an older projector', async () => {
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

  test('is not written without its predecessor', async () => {
    const [first, second, third] = history(3) as [Session, Session, Session];
    expect(await write(first, second)).toBe('missing_predecessor');
    await write(undefined, first);
    expect(await write(second, third)).toBe('missing_predecessor');
    expect(await stored(first)).toEqual(contextOf(first));
  });

  test('advances by a change that overlaps with it', async () => {
    const [first, second, third] = history(3) as [Session, Session, Session];
    await write(undefined, first);
    await write(first, second);
    expect(await write(first, third)).toBe('applied');
    expect(await stored(third)).toEqual(contextOf(third));
  });

  test('without its record of commands counts as missing', async () => {
    const [first, second] = history(2) as [Session, Session];
    await write(undefined, first);
    await redis.del(`cmd:{${first.session_id}}`);
    expect(await write(first, second)).toBe('missing_predecessor');
    await contexts.replace(first, []);
    expect(await contexts.findCommand(first.session_id, [])).toEqual({ revision: 0 });
  });

  test('with an incomplete record of commands counts as missing', async () => {
    const [first, second] = history(2) as [Session, Session];
    await write(undefined, first, command('a', 0));
    await redis.hdel(`cmd:{${first.session_id}}`, '');
    expect(await write(first, second)).toBe('missing_predecessor');
  });

  test('in another format counts as missing', async () => {
    const [first, second] = history(2) as [Session, Session];
    await write(undefined, first);
    await redis.hset(`ctx:{${first.session_id}}`, 'format', '0');
    expect(await write(first, second)).toBe('missing_predecessor');
    expect(await contexts.load(first.session_id)).toBeUndefined();
    expect(await contexts.document(first.session_id)).toBeUndefined();
    // The record of commands has its own format and stays valid.
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

  test('of an ended session is kept for a short time, however it is written', async () => {
    const script = new Script();
    script.request(startSession);
    const first = script.session;
    script.request({ type: 'EndSession', reason: null });
    await write(undefined, first);
    expect(await redis.pttl(`ctx:{${first.session_id}}`)).toBeGreaterThan(600_000);
    await write(first, script.session);
    expect(await redis.pttl(`ctx:{${first.session_id}}`)).toBeLessThanOrEqual(600_000);
    await redis.flushdb();
    await contexts.replace(script.session, []);
    expect(await redis.pttl(`ctx:{${first.session_id}}`)).toBeLessThanOrEqual(600_000);
  });

  test('is written although Redis has forgotten the scripts', async () => {
    const [first, second] = history(2) as [Session, Session];
    await write(undefined, first);
    await redis.script('FLUSH');
    expect(await write(first, second)).toBe('applied');
  });
});

describe('a session that is set aside', () => {
  test('does not continue from the event before', async () => {
    const [first, second, third] = history(3) as [Session, Session, Session];
    await write(undefined, first);
    expect(await contexts.noteSetAside([entryFor(first.session_id, 1)])).toEqual([]);
    expect(await write(first, second)).toBe('set_aside');
    expect(await write(first, third)).toBe('set_aside');
    expect((await contexts.load(first.session_id))?.revision).toBe(0);
  });

  test('still accepts the events before that one', async () => {
    const [first, second] = history(2) as [Session, Session];
    await contexts.noteSetAside([entryFor(first.session_id, 2)]);
    expect(await write(undefined, first)).toBe('applied');
    expect(await write(first, second)).toBe('applied');
  });

  test('has no reliable document', async () => {
    const [first] = history(1) as [Session];
    await write(undefined, first);
    const entry = entryFor(first.session_id, 1);
    await contexts.noteSetAside([entry]);
    const { revision, event_id, type, reason, since } = entry;
    await expect(contexts.document(first.session_id)).rejects.toMatchObject({
      code: 'session_set_aside',
      set_aside: { revision, event_id, type, reason, since },
    });
  });

  test('is reported when its context is not at the revision before the event', async () => {
    const [first, second] = history(2) as [Session, Session];
    await write(undefined, first);
    await write(first, second);
    const entry = entryFor(first.session_id, 1);
    expect(await contexts.noteSetAside([entry])).toEqual([entry]);
    await contexts.restoreBefore(entry, first, []);
    expect(await contexts.load(first.session_id)).toMatchObject({ revision: 0 });
    expect(await contexts.noteSetAside([entry])).toEqual([]);
  });

  test('at its first event has no context', async () => {
    const [first] = history(1) as [Session];
    await write(undefined, first);
    await contexts.noteSetAside([entryFor(first.session_id, 0)]);
    expect(await contexts.load(first.session_id)).toBeUndefined();
    await expect(contexts.document(first.session_id)).rejects.toBeInstanceOf(SessionSetAsideError);
  });

  test('is not replaced by a rebuild', async () => {
    const [first, second] = history(2) as [Session, Session];
    await contexts.noteSetAside([entryFor(first.session_id, 1)]);
    await expect(contexts.replace(second, [])).rejects.toBeInstanceOf(SessionSetAsideError);
  });

  test('continues once it is restored', async () => {
    const [first, second, third] = history(3) as [Session, Session, Session];
    await write(undefined, first);
    await contexts.noteSetAside([entryFor(first.session_id, 1)]);
    await contexts.restore(second, []);
    expect(await stored(second)).toEqual(contextOf(second));
    expect(await write(second, third)).toBe('applied');
  });
});

test('the checkpoint of a partition is stored with the contexts', async () => {
  const prefixes = ['session-0'];
  expect(await contexts.checkpoints.read(prefixes)).toBeUndefined();
  await contexts.checkpoints.save({ prefixes, position: 12_345_678_901_234_567n });
  expect(await contexts.checkpoints.read(prefixes)).toBe(12_345_678_901_234_567n);
  const [first] = history(1) as [Session];
  const change = { before: -1, after: first, changed: sections, commands: [] };
  expect(await contexts.applyMany([change], { prefixes, position: 7n })).toEqual(['applied']);
  expect(await contexts.checkpoints.read(prefixes)).toBe(7n);
});

describe('the checkpoint after a change of partitioning', () => {
  beforeEach(async () => {
    await contexts.checkpoints.save({ prefixes: ['session-0', 'session-1'], position: 5n });
    await contexts.checkpoints.save({ prefixes: ['session-2', 'session-3'], position: 3n });
  });

  test('is the lowest of the previous ones', async () => {
    const prefixes = ['session-0', 'session-1', 'session-2', 'session-3'];
    expect(await contexts.checkpoints.read(prefixes)).toBe(3n);
  });

  test('is that of the partition that its streams were in', async () => {
    expect(await contexts.checkpoints.read(['session-1'])).toBe(5n);
  });

  test('is missing when one of its prefixes has none', async () => {
    expect(await contexts.checkpoints.read(['session-3', 'session-4'])).toBeUndefined();
  });
});

describe('a checkpoint', () => {
  const long = [...'0123456789abcdef'].map((digit) => `session-c${digit}`);

  test('is that of the shorter prefix when partitions become smaller', async () => {
    await contexts.checkpoints.save({ prefixes: ['session-c'], position: 9_007_199_254_740_993n });
    expect(await contexts.checkpoints.read(['session-c4', 'session-c5'])).toBe(9_007_199_254_740_993n);
    await contexts.checkpoints.save({ prefixes: ['session-c4'], position: 9_007_199_254_740_995n });
    expect(await contexts.checkpoints.read(['session-c4'])).toBe(9_007_199_254_740_995n);
    expect(await contexts.checkpoints.read(['session-c6'])).toBe(9_007_199_254_740_993n);
  });

  test('is the lowest of the longer prefixes when partitions become larger, not its own older one', async () => {
    await contexts.checkpoints.save({ prefixes: ['session-c'], position: 5n });
    await contexts.checkpoints.read(long);
    for (const [index, prefix] of long.entries())
      await contexts.checkpoints.save({
        prefixes: [prefix],
        position: 10_000_000_000_000_000_000n / 2n - BigInt(index),
      });
    expect(await contexts.checkpoints.read(['session-c'])).toBe(4_999_999_999_999_999_985n);
    expect(await redis.keys('projection:session-c*')).toEqual(['projection:session-c']);
  });

  test('is missing when a longer prefix has none', async () => {
    await contexts.checkpoints.save({ prefixes: long.slice(1), position: 5n });
    expect(await contexts.checkpoints.read(['session-c'])).toBeUndefined();
  });
});

test('a checkpoint in the old format is used once, when there is none in the new format', async () => {
  const prefixes = ['session-8', 'session-9'];
  await redis.set('projection:session-8,session-9', '12');
  expect(await contexts.checkpoints.read(prefixes)).toBe(12n);
  await redis.rename('projection:session-8', 'projection:session-8,session-9');
  const longer = digitPairs.slice(0x80, 0x90).map((pair) => `session-${pair}`);
  await contexts.checkpoints.save({ prefixes: longer, position: 11n });
  expect(await contexts.checkpoints.read(prefixes)).toBe(11n);
  await contexts.checkpoints.deletePartition(prefixes);
  expect(await redis.keys('projection:session-[89]*')).toEqual([]);
});

test.each(['18446744073709551615', '-2', 'x', ''])('a checkpoint %j is not a position', async (text) => {
  await redis.set('projection:session-a', text);
  expect(await contexts.checkpoints.read(['session-a'])).toBeUndefined();
});
