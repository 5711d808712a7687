import { formerNodes, formerPartitions, nodeChannels, PartitionsError } from '#partitions';
import type { loadRedisConnection } from '#platform';
import { clusterOf, createLogger, createRedis, redisReady } from '#platform';

type RedisConnection = ReturnType<typeof loadRedisConnection>;

const redisMs = 3_000;

/**
 * Nodes of a release before answer followers of turns wrongly when there are more partitions than they know.
 * @throws PartitionsError while such a node runs
 */
export async function checkApiNodes(count: number, connection: RedisConnection): Promise<void> {
  if (count <= formerPartitions) return;
  const names = formerNodes(await listenedTo(connection));
  if (names.length === 0) return;
  throw new PartitionsError(
    `Nodes of the api of the release before cannot have more than ${formerPartitions} partitions; upgrade them first: ${names.join(', ')}.`,
  );
}

/** The channels of nodes on which somebody listens, on whichever master. */
async function listenedTo(connection: RedisConnection): Promise<string[]> {
  const redis = createRedis(connection, { logger: createLogger('partitions', 'silent') });
  try {
    await redisReady(redis, redisMs);
    const masters = clusterOf(redis)?.masters().values() ?? [redis];
    const asked = [...masters].map(async (master) => {
      const channels = await master?.pubsub('CHANNELS', `${nodeChannels}*`);
      return (channels ?? []) as string[];
    });
    return (await Promise.all(asked)).flat();
  } finally {
    redis.disconnect();
  }
}
