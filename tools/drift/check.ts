import type { Pool } from 'pg';
import { createLogger, createRedis, inParallel, loadRedisConnection, redisReady } from '#platform';
import type { DriftResult, DriftSources, SessionCheck } from '#read-models';
import {
  allSessions,
  checkSession,
  isDriftListed,
  loadTextSearchConfig,
  recordDrift,
  StoredContexts,
} from '#read-models';
import { EventCodec, EventStore } from '#sessions';
import { addressOf } from '../shared/address.ts';
import { openKeys } from '../shared/data-keys.ts';

const limits = { mostEvents: 100_000, confirmMs: 1_000 };
const redisMs = 3_000;
/** Sessions checked concurrently, and how often progress is reported (ms). */
const atOnce = 16;
const toldEveryMs = 5_000;

/** The number of sessions by result. */
export type Counts = Readonly<Partial<Record<DriftResult, number>>>;

/** Compares these sessions, or all, with their streams, and lists the differences. */
export async function checkSessions(
  pool: Pool,
  sessionIds: readonly string[] | 'all',
  onChecked: (check: SessionCheck) => void,
  onProgress: (counts: Counts) => void,
): Promise<Counts> {
  const textSearch = loadTextSearchConfig(process.env).scope;
  const opened = openKeys();
  const store = new EventStore(addressOf('EVENTSTORE_URL'), new EventCodec(undefined, opened?.keys));
  const redis = createRedis(loadRedisConnection(addressOf('REDIS_URL'), process.env), {
    logger: createLogger('drift', 'silent'),
  });
  const counts: Partial<Record<DriftResult, number>> = {};
  let toldAt = performance.now();
  try {
    await redisReady(redis, redisMs);
    const contexts = new StoredContexts(redis, opened?.keys);
    const sources = { store, pool, contexts, keys: opened?.keys, textSearch };
    for await (const ids of batches(sessionIds === 'all' ? allSessions(store, pool) : sessionIds)) {
      await inParallel(ids, atOnce, async (id) => {
        const found = await checked(sources, id);
        counts[found.result] = (counts[found.result] ?? 0) + 1;
        onChecked(found);
      });
      if (performance.now() - toldAt < toldEveryMs) continue;
      toldAt = performance.now();
      onProgress(counts);
    }
    return counts;
  } finally {
    redis.disconnect();
    await store.dispose();
    await opened?.close();
  }
}

async function checked(sources: DriftSources, id: string): Promise<SessionCheck> {
  const found = await checkSession(sources, id, limits);
  if (found.result === 'different' || (await isDriftListed(sources.pool, id)))
    await recordDrift(sources.pool, found);
  return found;
}

async function* batches(ids: Iterable<string> | AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let batch: string[] = [];
  for await (const id of ids) {
    batch.push(id);
    if (batch.length < atOnce) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}
