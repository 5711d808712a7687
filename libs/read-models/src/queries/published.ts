import { sessionStream } from '#sessions';
import type { Queryable } from './queryable.ts';

/**
 * Up to which position of the log the events of sessions are published; nothing of sessions that no bridge ever had. While partitions are
 * divided anew, the least counts.
 */
export async function publishedUpTo(
  db: Queryable,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  const { rows } = await db.query<{ session_id: string; position: string }>(
    `SELECT session_id, min(coalesce(position, 0))::text AS position
     FROM unnest($1::text[], $2::text[]) AS asked (session_id, stream)
     JOIN bridge_slot ON stream ^@ ANY (prefixes) GROUP BY session_id`,
    [sessionIds, sessionIds.map(sessionStream)],
  );
  return new Map(rows.map(({ session_id, position }) => [session_id, BigInt(position)]));
}
