import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { partitionReport, setPartitions } from '#partitions';
import { sleep, waitUntil } from '#platform';
import { followTurns } from '#read-models';
import { readEvents } from '#sessions';
import { ProjectorHarness, turn } from './test-harness.ts';

/** The number of partitions changes while projectors work. */
const program = fileURLToPath(new URL('../../../dist/apps/projector/main.js', import.meta.url));
/** As long as that of a real projector, and longer where a machine is busy. */
const leaseMs = 12_000;
let harness: ProjectorHarness;
let child: ChildProcess | undefined;
beforeAll(async () => {
  harness = await ProjectorHarness.create();
});
beforeEach(async () => {
  await harness.reset();
});
afterAll(async () => {
  child?.kill('SIGKILL');
  await harness.end();
});

/** Starts the built program beside the projectors of the spec. */
async function startProcess(): Promise<ChildProcess> {
  const env = {
    ...process.env,
    DATABASE_URL: harness.database.url,
    REDIS_URL: harness.redisProxy.url,
    KAFKA_BROKERS: '127.0.0.1:9',
    PORT: '0',
    HOST: '127.0.0.1',
  };
  child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  await untilDivided(4, 2);
  return child;
}

async function projectors() {
  const [report] = (await partitionReport(harness.pool)).reports;
  if (report === undefined) throw new Error('no report');
  return { ...report, shares: Object.values(report.owned) };
}

async function untilDivided(partitions: number, instances: number): Promise<void> {
  const isDivided = async (): Promise<boolean> => {
    const { shares, ...report } = await projectors();
    const isWhole = report.toReplace === 0 && report.withoutOwner === 0;
    const isEven = shares.length === instances && Math.max(...shares) - Math.min(...shares) <= 1;
    return isWhole && isEven && report.partitions === partitions;
  };
  await waitUntil(isDivided, { what: `${partitions} partitions on ${instances} projectors` }).catch(
    async (error: unknown) => {
      throw new Error(JSON.stringify(await projectors()), { cause: error });
    },
  );
}

/** The ids of all turns that a follower receives. */
async function follow(until: () => boolean): Promise<string[]> {
  const found: string[] = [];
  let after: string | undefined;
  for (let isLast = false; ; isLast = until()) {
    const { items, next } = await followTurns(harness.pool, { limit: 100, after });
    found.push(...items.map(({ turn_id }) => turn_id));
    after = next ?? undefined;
    if (isLast && items.length === 0) return found;
  }
}

/** The ids of the turns in a session's stream. */
async function turnsOf(id: string): Promise<string[]> {
  const found: string[] = [];
  for await (const event of readEvents(harness.store, id))
    if (event.type === 'TurnRecorded') found.push(event.data.turn_id);
  return found;
}

/**
 * Records turns in the sessions until the returned function is called. A turn may be recorded even if its answer is
 * lost.
 */
function talk(ids: readonly string[]): () => Promise<void> {
  const stopping = new AbortController();
  const talking = (async () => {
    while (!stopping.signal.aborted) await Promise.all([...ids.map(say), sleep(100)]);
  })();
  return async () => {
    stopping.abort();
    await talking;
  };
}

async function say(id: string): Promise<void> {
  await harness.send(id, turn(randomUUID())).catch(() => harness.forget(id));
}

test('from 4 to 256 to 16 partitions under load, with a killed projector, rows, contexts and followers have each event once', async () => {
  const ids = await harness.sessions(24);
  await harness.start({ name: 'a', leaseMs });
  const other = await startProcess();
  let isSettled = false;
  const stopTalking = talk(ids);
  const following = follow(() => isSettled);
  try {
    await setPartitions(harness.pool, 256);
    await waitUntil(async () => (await projectors()).partitions > 4, {
      what: 'partitions of both divisions',
    });
    other.kill('SIGKILL');
    await once(other, 'exit');
    await untilDivided(256, 1);
    await harness.start({ name: 'b', leaseMs });
    await untilDivided(256, 2);
    await setPartitions(harness.pool, 16);
    await untilDivided(16, 2);
    await stopTalking();
    expect(await harness.settled(ids)).toBe(24);
  } finally {
    await stopTalking();
    isSettled = true;
  }
  const said = (await Promise.all(ids.map(turnsOf))).flat();
  expect((await following).toSorted()).toEqual(said.toSorted());
});

test('one projector works on 256 partitions with one subscription', async () => {
  await setPartitions(harness.pool, 256);
  const { projector, deps } = await harness.start();
  const areLive = (): boolean => projector.status().filter(({ state }) => state === 'live').length === 256;
  await waitUntil(areLive, { what: '256 partitions to be live' });
  await waitUntil(() => deps.subscriptions.size === 1, { what: 'one subscription' });
  const ids = await harness.sessions(30);
  expect(await harness.settled(ids)).toBe(30);
  // One connection for appends, which are those of another store here, one for reads, one for subscriptions.
  expect(deps.store.counts.connections).toBeLessThanOrEqual(3);
});
