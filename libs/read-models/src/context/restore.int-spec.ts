import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { newSession } from '#domain';
import { ContextStore } from './store.ts';
import { serviceUrl } from '../test-support.ts';

let redis: Redis;
let contexts: ContextStore;
beforeAll(() => {
  redis = new Redis(serviceUrl('REDIS_URL'));
  contexts = new ContextStore(redis);
});
afterAll(() => redis.quit());

/** The connection, with a fault before its n-th call. */
function connectionThatFails(nth: number, fault?: () => Promise<unknown>): Redis {
  let calls = 0;
  const pipeline = (list: unknown[][]): object => ({
    exec: async () => {
      calls += 1;
      if (calls === nth && fault === undefined) throw new Error('cut off');
      if (calls === nth) await fault?.();
      return redis.pipeline(list).exec();
    },
  });
  return Object.assign(Object.create(redis) as Redis, { pipeline });
}

describe('a record of commands that is restored in parts', () => {
  const session = { ...newSession(randomUUID()), revision: 2_500 };
  const partial = (): Promise<string[]> => redis.keys(`cmd:{${session.session_id}}:*`);
  const commands = Array.from({ length: 2_501 }, (_, revision) => ({
    ids: [`c${revision}`],
    at: '2026-01-01T00:00:00.000Z',
    revision,
    count: 1,
    hash: 'h',
  }));

  test('does not exist before its last part is written', async () => {
    const failing = connectionThatFails(3);
    await expect(new ContextStore(failing).replace(session, commands)).rejects.toThrow('cut off');
    expect(await redis.exists(`cmd:{${session.session_id}}`, `ctx:{${session.session_id}}`)).toBe(0);
    const [left = ''] = await partial();
    expect(await redis.pttl(left)).toBeGreaterThan(0);
  });

  test('is not written when its first parts have expired', async () => {
    const forgetful = connectionThatFails(3, async () => redis.del(await partial()));
    await expect(new ContextStore(forgetful).replace(session, commands)).rejects.toThrow('are gone');
    expect(await redis.exists(`cmd:{${session.session_id}}`, `ctx:{${session.session_id}}`)).toBe(0);
  });
  test('exists once its last part is written', async () => {
    await contexts.replace(session, commands);
    expect(await contexts.findCommand(session.session_id, ['c0'])).toMatchObject({
      revision: 2_500,
      command: { id: 'c0' },
    });
    expect(await partial()).toEqual([]);
  });
});
