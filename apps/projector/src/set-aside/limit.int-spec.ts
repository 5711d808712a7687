import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { requestRedrive } from '#read-models';
import type { Instance, ProjectorHarness } from '../test-harness.ts';
import { startSession } from '../test-harness.ts';
import { kinds, newerVersion, SetAsideHarness } from './test-support.ts';

let aside: SetAsideHarness;
let harness: ProjectorHarness;
beforeAll(async () => {
  aside = await SetAsideHarness.create();
  harness = aside.projector;
});
beforeEach(() => harness.reset());
afterAll(() => harness.end());

/** Ids of one partition. */
function ids(count: number, digit = '0'): string[] {
  return Array.from({ length: count }, () => `${digit}${randomUUID().slice(1)}`);
}

async function stopPartition(bad = newerVersion): Promise<Instance> {
  for (const id of ids(4)) {
    await harness.send(id, startSession);
    await bad(harness, id);
  }
  const instance = await harness.start({ setAsidePerMinute: 3 });
  const isStopped = (): boolean => instance.projector.status().some(({ state }) => state === 'stopped');
  await waitUntil(isStopped, { what: 'the partition to stop' });
  return instance;
}

describe('more sessions set aside within a minute than the limit', () => {
  test('stop the partition: its checkpoint does not move', async () => {
    await stopPartition();
    const position = async (): Promise<unknown> =>
      (await harness.pool.query('SELECT position FROM projection_slot WHERE slot = 0')).rows;
    const before = await position();
    const others = (await harness.sessions(8)).filter((id) => !/^[0-3]/.test(id));
    const [stuck] = ids(1) as [string];
    await newerVersion(harness, stuck);
    await aside.say(...others);
    await harness.settled(others);
    expect(await position()).toEqual(before);
    expect(await aside.isBack(stuck)).toBe(true);
  });

  test.each(kinds)('stop the partition at events %s', async (_, bad) => {
    const { projector } = await stopPartition(bad);
    expect(projector.status().filter(({ state }) => state === 'stopped')).toMatchObject([{ slot: 0 }]);
  });

  test('make the projector unready', async () => {
    const { health } = await stopPartition();
    const { status, checks } = await health.ready();
    expect(status).toBe('unavailable');
    expect(checks['partitions']?.error).toContain('0');
  });

  test('are counted by the metrics', async () => {
    const { metrics } = await stopPartition();
    const text = await metrics.registry.metrics();
    expect(text).toMatch(/projector_partitions_stopped\{app="test"\} 1/);
    expect(text).toMatch(/projector_sessions_set_aside\{partition="0",app="test"\} 4/);
  });

  test('do not keep the partition stopped after a redrive', async () => {
    const { projector, health } = await stopPartition();
    await requestRedrive(harness.pool);
    const isLive = (): boolean => projector.status().every(({ state }) => state === 'live');
    await waitUntil(() => projector.status().length === 4 && isLive(), { what: 'the partition to resume' });
    const [id] = ids(1) as [string];
    await harness.append(id, 'FlagRaised', { flag: 'x', value: true });
    const isThere = async (): Promise<boolean> => (await aside.contextRevision(id)) === 0;
    await waitUntil(isThere, { what: 'the next session' });
    expect((await health.ready()).status).toBe('ok');
  });
});

/** Sets sessions of a partition aside while the projector runs. */
async function setAside(all: readonly string[]): Promise<void> {
  for (const id of all) await newerVersion(harness, id);
  for (const id of all) await harness.setAside(id);
}

/** Waits until the rows of the first partition hold its next session. */
async function continues(): Promise<void> {
  const [id] = ids(1) as [string];
  await harness.send(id, startSession);
  await harness.rowsSettled(id);
}

describe('a partition is not stopped', () => {
  test('by as many sessions as the limit', async () => {
    await harness.start({ setAsidePerMinute: 3 });
    await setAside(ids(3));
    await expect(continues()).resolves.toBeUndefined();
  });

  test('by sessions that were set aside more than a minute ago', async () => {
    await harness.start({ setAsidePerMinute: 3 });
    await setAside(ids(3));
    await harness.pool.query("UPDATE set_aside_session SET since = since - interval '1 minute'");
    await setAside(ids(1));
    await expect(continues()).resolves.toBeUndefined();
  });

  test('by sessions of other partitions', async () => {
    await harness.start({ setAsidePerMinute: 3 });
    await setAside(ids(3, 'f'));
    await setAside(ids(1));
    await expect(continues()).resolves.toBeUndefined();
  });
});
