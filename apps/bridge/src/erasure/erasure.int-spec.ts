import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { erased } from '#privacy';
import type { SessionCommand } from '#domain';
import { readSession } from '#sessions';
import { turn } from '../../../../libs/read-models/src/test-support.ts';
import { MemoryKeyStore, testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import type { Step } from './eraser.ts';
import { erasureWorld } from './test-partner.ts';

const keyStore = new MemoryKeyStore();
const keys = testDataKeys(keyStore);
let world: Awaited<ReturnType<typeof erasureWorld>>;

beforeAll(async () => {
  world = await erasureWorld(keys);
});
afterAll(() => world.close());

const partner = (): string => `P-${randomUUID()}`;

describe('a partner that was erased', () => {
  const partner_id = partner();
  const other = partner();
  let sessions: string[];
  let kept: string;
  let keyId: string;

  beforeAll(async () => {
    sessions = [await world.start(partner_id), await world.start(partner_id)];
    kept = await world.start(other);
    await world.execute(sessions[0] ?? '', { type: 'EndSession', reason: null });
    keyId = (await keys.of(partner_id)).id;
    await world.pool.query(
      `INSERT INTO reference_owner (kind, reference, partner_id, named_at) VALUES ('order', 'ORD1', $1, now())`,
      [partner_id],
    );
    await world.pool.query(
      `INSERT INTO kept_update (identity, partner_id, kept_until, content) VALUES ('\\x01', $1, now(), '{}')`,
      [partner_id],
    );
    await world.pool.query(
      `INSERT INTO partner_retention (partner_id, seen_at) VALUES ($1, now() - interval '2 years')`,
      [partner_id],
    );
    await world.request(partner_id);
    await world.eraser.erase(partner_id);
  });

  test('has no row left', async () => {
    for (const table of [
      'conversation_session',
      'conversation_turn',
      'reference_index',
      'reference_owner',
      'kept_update',
      'partner_retention',
    ])
      expect([table, await world.count(table, partner_id)]).toEqual([table, 0]);
  });

  test('has neither a context nor records of commands', async () => {
    expect(await world.redis.exists(...sessions.flatMap((id) => [`ctx:{${id}}`, `cmd:{${id}}`]))).toBe(0);
  });

  test('has no key, and is in the ledger', async () => {
    expect(await keys.byId(keyId)).toBe(erased);
    expect(await keys.erasures()).toContainEqual(expect.objectContaining({ partner_id }));
  });

  test('gets no key for commands to its sessions', async () => {
    const id = sessions[0] ?? '';
    const answer = { type: 'CloseInquiry', inquiry_id: randomUUID(), cause: 'deadline' } as const;
    await world.execute(id, answer as unknown as SessionCommand).catch(() => undefined);
    await expect(world.execute(id, turn(randomUUID()))).rejects.toThrow('erased');
    expect(await keyStore.current(partner_id)).toBeUndefined();
  });

  test('has sessions that still fold, without personal data', async () => {
    for (const id of sessions) {
      const { state } = (await readSession(world.store, id)) ?? {};
      expect(state).toMatchObject({ session: { status: 'erased' }, identity: { partner_id, name: null } });
      expect(await world.stream(id)).toContain('[erased]');
      expect(await world.stream(id)).not.toContain('secret');
    }
  });

  test('has a receipt with every store and the expiry of the last backup of the key', async () => {
    const { receipt } = (await world.privacy(partner_id)) ?? {};
    const day = new Date(Date.parse(receipt?.erased_at ?? '') + 30 * 86_400_000).toISOString().slice(0, 10);
    expect(receipt).toMatchObject({
      reason: 'asked',
      after: 'request',
      sessions: 2,
      keys_destroyed: 1,
      last_key_copy_gone_on: day,
    });
    const checked = receipt?.checked.map(({ store, what, left }) => `${store} ${what} ${left}`);
    expect(checked).toEqual(
      expect.arrayContaining([
        'key_store data_key 0',
        'event_store plain events 0',
        'redis contexts 0',
        'postgresql conversation_turn 0',
        'postgresql kept_update 0',
      ]),
    );
  });

  test('begins anew with another key and without a memory', async () => {
    const id = await world.start(partner_id);
    expect((await keys.of(partner_id)).id).not.toBe(keyId);
    expect((await readSession(world.store, id))?.state.session).toMatchObject({
      status: 'active',
      previous_session_id: null,
    });
  });

  test('is erased a second time with a receipt that counts only the second key', async () => {
    await world.start(partner_id);
    await world.request(partner_id);
    expect(await world.eraser.erase(partner_id)).toMatchObject({ keys_destroyed: 1 });
  });

  test('leaves other partners unchanged', async () => {
    expect(await world.count('conversation_turn', other)).toBe(1);
    expect(await world.stream(kept)).toContain('secret');
  });
});

test.each<Step>([
  'sessions',
  'keys',
  'redis',
  'rows',
  'partner_stream',
  'projections',
  'check',
  'replicas',
  'receipt',
])('an erasure that ended before the step %s is finished by the worker', async (last) => {
  const partner_id = partner();
  const id = await world.start(partner_id);
  await world.request(partner_id);
  const crash = (step: Step): void => {
    if (step === last) throw new Error('the process ends');
  };
  await expect(world.eraser.erase(partner_id, crash)).rejects.toThrow('the process ends');
  expect((await world.privacy(partner_id))?.receipt).toBeUndefined();
  await world.follower.write(partner_id);
  expect(await world.worker().round()).toBe(1);
  expect((await world.privacy(partner_id))?.receipt).toMatchObject({ sessions: 1 });
  expect(await world.count('conversation_session', partner_id)).toBe(0);
  expect(await world.stream(id)).not.toContain('secret');
});

test('without encryption, the events before the erasure are removed from a session’s stream', async () => {
  const plain = await erasureWorld();
  const partner_id = partner();
  const id = await plain.start(partner_id);
  expect(await plain.stored(id)).toContain('secret');
  await plain.request(partner_id);
  const receipt = await plain.eraser.erase(partner_id);
  expect(receipt).toMatchObject({ last_key_copy_gone_on: null, keys_destroyed: 0 });
  expect(await plain.stored(id)).not.toContain('secret');
  expect((await readSession(plain.store, id))?.state.session.status).toBe('erased');
  await plain.close();
});

test('a session that was named and has not started cannot start after the erasure', async () => {
  const partner_id = partner();
  const session_id = randomUUID();
  const assignment = { session_id, completable: true, language: null, updates: [] };
  await world.command({ type: 'AssignSession', partner_id, ...assignment });
  await world.request(partner_id);
  await world.eraser.erase(partner_id);
  expect((await readSession(world.store, session_id))?.state.session.status).toBe('erased');
});

describe('data that have to be kept', () => {
  test('stay until the end of the retention floor, and longer under a hold', async () => {
    const partner_id = partner();
    const id = await world.start(partner_id);
    const soon = new Date(Date.now() + 200).toISOString();
    await world.request(partner_id, soon);
    const hold = { reason: 'case-7', placed_at: soon, placed_by: { role: 'human', id: 'dpo' } } as const;
    await world.command({ type: 'PlaceHold', partner_id, hold });
    await world.follower.write(partner_id);
    expect(await world.worker().round()).toBe(0);
    expect((await readSession(world.store, id))?.state.session.status).toBe('ended');
    expect(await world.stream(id)).toContain('secret');
    await world.command({ type: 'LiftHold', partner_id });
    await world.follower.write(partner_id);
    await waitUntil(async () => (await world.worker().round()) === 1);
    expect((await world.privacy(partner_id))?.receipt).toMatchObject({ after: 'restriction' });
  });
});

/** A partner whose last contact was two days ago. */
const idle = async (): Promise<string> => {
  const partner_id = partner();
  const id = await world.start(partner_id);
  await world.pool.query(
    `UPDATE conversation_session SET last_activity_time = now() - interval '2 days' WHERE session_id = $1`,
    [id],
  );
  return partner_id;
};

describe('a partner without contact for long', () => {
  const config = { inactiveDays: 1, noticeHours: 48 };
  test('gets an announcement 48 hours before', async () => {
    const partner_id = await idle();
    await world.worker(config).announceInactive();
    const { erasure } = (await world.privacy(partner_id)) ?? {};
    expect(erasure).toMatchObject({ status: 'announced', reason: 'inactivity' });
    const due = erasure !== undefined && 'due_at' in erasure ? Date.parse(erasure.due_at) : 0;
    expect(due - Date.parse(erasure?.requested_at ?? '')).toBe(48 * 3_600_000);
  });

  test('is erased then, unless there was contact', async () => {
    const [gone, back] = [await idle(), await idle()];
    await world.worker({ inactiveDays: 1, noticeHours: 1 / 3_600 }).announceInactive();
    await world.pool.query(
      'UPDATE conversation_session SET last_activity_time = now() WHERE partner_id = $1',
      [back],
    );
    await waitUntil(async () => {
      await world.worker().round();
      return (await world.privacy(gone))?.receipt?.after === 'announcement';
    });
    expect(await world.privacy(back)).toEqual({});
    expect(await world.count('conversation_session', back)).toBe(1);
  });
});
