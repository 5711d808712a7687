import type { Pool } from 'pg';
import { partitionCounts } from './division.ts';

/** Thrown when the number of partitions cannot be changed; the message says why. */
export class PartitionsError extends Error {}

/** The partitions of one kind of process. */
interface PartitionReport {
  readonly of: 'projectors' | 'bridges';
  readonly partitions: number;
  /** How many partitions still belong to another division than the configured one. */
  readonly toReplace: number;
  /** How many each instance owns. */
  readonly owned: Readonly<Record<string, number>>;
  readonly withoutOwner: number;
}

/** @throws PartitionsError when the number is not allowed */
export function checkPartitionCount(count: number): void {
  if (!partitionCounts.includes(count))
    throw new PartitionsError(`The number of partitions is one of ${partitionCounts.join(', ')}.`);
}

/**
 * Sets the number of partitions of the session streams. Projectors and bridges then migrate.
 * @throws PartitionsError
 */
export async function setPartitions(pool: Pool, count: number): Promise<void> {
  checkPartitionCount(count);
  const { rows } = await pool.query<{ instance: string }>(
    `SELECT instance FROM (SELECT * FROM projection_instance UNION ALL SELECT * FROM bridge_instance) AS i
     WHERE NOT divides AND seen_at > now() - interval '30 s'`,
  );
  if (rows.length > 0) {
    const names = rows.map(({ instance }) => instance).join(', ');
    throw new PartitionsError(`Instances of the release before cannot change it: ${names}.`);
  }
  await pool.query(
    `INSERT INTO session_partitions (partitions) VALUES ($1)
     ON CONFLICT (is_only) DO UPDATE SET partitions = $1, set_at = now()
     WHERE session_partitions.partitions <> $1`,
    [count],
  );
}

/** The configured number of partitions, and how far projectors and bridges have migrated. */
export async function partitionReport(
  pool: Pool,
): Promise<{ set: number | null; reports: PartitionReport[] }> {
  const { rows: set } = await pool.query<{ partitions: number }>('SELECT partitions FROM session_partitions');
  const reports = [await reportOf(pool, 'projectors'), await reportOf(pool, 'bridges')];
  return { set: set[0]?.partitions ?? null, reports };
}

async function reportOf(pool: Pool, of: PartitionReport['of']): Promise<PartitionReport> {
  const { rows } = await pool.query<{ owner: string | null; partitions: number; to_replace: number }>(
    `SELECT CASE WHEN lease_until >= now() THEN owner END AS owner, count(*)::int AS partitions,
       count(*) FILTER (WHERE ${pairsOf} * (SELECT partitions FROM session_partitions) <> 256)::int AS to_replace
     FROM ${of === 'projectors' ? 'projection' : 'bridge'}_slot GROUP BY 1 ORDER BY 1`,
  );
  return {
    of,
    partitions: rows.reduce((sum, { partitions }) => sum + partitions, 0),
    toReplace: rows.reduce((sum, { to_replace }) => sum + to_replace, 0),
    owned: Object.fromEntries(
      rows.flatMap(({ owner, partitions }) => (owner === null ? [] : [[owner, partitions]])),
    ),
    withoutOwner: rows.find(({ owner }) => owner === null)?.partitions ?? 0,
  };
}

/** SQL: the number of digit pairs of a partition. */
export const pairsOf = `(cardinality(prefixes) * CASE length(prefixes[1]) WHEN 9 THEN 16 ELSE 1 END)`;
