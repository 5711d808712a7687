import { partitionReport, setPartitions } from '#partitions';
import { createLogger, createRedis, inParallel, redisReady, waitUntil } from '#platform';
import { checkSession, StoredContexts } from '#read-models';
import type { ConnectedSystem } from '../clients.ts';
import type { PublishedEvents } from '../inquiries/published.ts';
import { comparePublished } from '../inquiries/published.ts';
import { withSecondBridge, withSecondProjector } from '../second-bridge.ts';

interface Size {
  readonly sessions: number;
  /** The consecutive numbers of partitions. During the first change a projector is killed. */
  readonly numbers: readonly number[];
  readonly onProgress: (text: string) => void;
}

export interface PartitionChanges {
  readonly turns: number;
  /** Turns with missing or duplicate rows. */
  readonly notOnce: readonly string[];
  /** Sessions whose rows or context differ from their streams. */
  readonly different: readonly string[];
  readonly published: PublishedEvents;
  /** Instances whose number of partitions differs from others by more than one after a change. */
  readonly uneven: readonly string[];
  /** The duration of each change, in seconds. */
  readonly seconds: readonly number[];
}

const atOnce = 16;

/** Changes the number of partitions while two projectors and two bridges process new turns. */
export function changePartitions(system: ConnectedSystem, size: Size): Promise<PartitionChanges> {
  return withSecondProjector(system, () => withSecondBridge(system, () => changeUnderLoad(system, size)));
}

async function changeUnderLoad(
  system: ConnectedSystem,
  { sessions, numbers, onProgress }: Size,
): Promise<PartitionChanges> {
  const { turnstream, pool } = system;
  const ids: string[] = [];
  await inParallel(Array(sessions).keys(), atOnce, async (index) => {
    ids.push((await turnstream.startSession({ partner_id: `P-${index}`, channel: 'whatsapp' })).id);
  });
  const changed = new AbortController();
  let turns = 0;
  const talking = (async () => {
    while (!changed.signal.aborted)
      await inParallel(ids, atOnce, async (id) => {
        await turnstream.session(id).recordTurn({ sender: 'user', message_text: `Turn ${(turns += 1)}` });
      });
  })();
  const [seconds, uneven]: [number[], string[]] = [[], []];
  for (const [index, number] of numbers.entries()) {
    const began = performance.now();
    await setPartitions(pool, number);
    if (index === 0) {
      await waitUntil(async () => (await left(system)) > 0, { what: 'a change' });
      await system.kill('projector');
    }
    await waitUntil(async () => (await left(system)) === 0, { what: `${number} partitions`, everyMs: 50 });
    seconds.push((performance.now() - began) / 1_000);
    onProgress(`${number} partitions after ${seconds.at(-1)?.toFixed(1)} s, ${turns} turns`);
    uneven.push(...(await unevenShares(system)));
  }
  changed.abort();
  await talking;
  const { notOnce, different } = await compareModels(system, ids);
  return { turns, notOnce, different, published: await comparePublished(system), uneven, seconds };
}

/** The number of partitions that are still to be replaced, or have no owner. */
async function left({ pool }: ConnectedSystem): Promise<number> {
  const { reports } = await partitionReport(pool);
  return reports.reduce((sum, { toReplace, withoutOwner }) => sum + toReplace + withoutOwner, 0);
}

async function unevenShares({ pool }: ConnectedSystem): Promise<string[]> {
  let uneven: string[] = [];
  const isEven = async (): Promise<boolean> => {
    const { reports } = await partitionReport(pool);
    uneven = reports.flatMap(({ of, owned }) => {
      const shares = Object.values(owned);
      const isFair = shares.length === 2 && Math.max(...shares) - Math.min(...shares) <= 1;
      return isFair ? [] : [`${of}: ${shares.join(', ')}`];
    });
    return uneven.length === 0;
  };
  await waitUntil(isEven, { timeoutMs: 60_000, everyMs: 100 }).catch(() => undefined);
  return uneven;
}

async function compareModels(
  { store, pool, env }: ConnectedSystem,
  ids: readonly string[],
): Promise<Pick<PartitionChanges, 'notOnce' | 'different'>> {
  const redis = createRedis(env['REDIS_URL'] ?? '', { logger: createLogger('scenario', 'silent') });
  try {
    await redisReady(redis);
    const sources = {
      store,
      pool,
      contexts: new StoredContexts(redis, undefined),
      keys: undefined,
      textSearch: 'off',
    } as const;
    const different = new Set(ids);
    const areEqual = async (): Promise<boolean> => {
      await inParallel([...different], atOnce, async (id) => {
        const { result } = await checkSession(sources, id, { mostEvents: 100_000, confirmMs: 1_000 });
        if (result === 'equal') different.delete(id);
      });
      return different.size === 0;
    };
    await waitUntil(areEqual, { timeoutMs: 120_000, everyMs: 500 }).catch(() => undefined);
    const { rows } = await pool.query<{ what: string }>(
      `SELECT s.session_id || ': ' || s.revision || ', ' || count(t.turn_id) || ', ' || count(DISTINCT t.turn_id) AS what
       FROM conversation_session AS s LEFT JOIN conversation_turn AS t USING (session_id)
       WHERE session_id = ANY ($1) GROUP BY s.session_id, s.revision
       HAVING count(t.turn_id) <> s.revision OR count(DISTINCT t.turn_id) <> s.revision`,
      [ids],
    );
    return { notOnce: rows.map(({ what }) => what), different: [...different] };
  } finally {
    redis.disconnect();
  }
}
