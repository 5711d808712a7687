import type { Pool, PoolClient } from 'pg';
import { fairShare, partitionPrefixes, startPosition } from './assignment.ts';

/** A partition that this instance owns: nobody else writes its rows as long as the epoch is current. */
export interface Lease {
  readonly partition: number;
  readonly epoch: bigint;
  readonly prefixes: readonly string[];
  /** Up to where the rows are written; null: from the start on. */
  readonly position: bigint | null;
  /** The end of the event store's log when the position was found beyond it: the rows have to be rebuilt. */
  readonly aheadOf: bigint | null;
}

interface PartitionState {
  readonly slot: number;
  readonly owner: string | null;
  readonly position: bigint | null;
  /** Seconds since the time up to which the rows are known to be current; null: no row was ever written. */
  readonly lag_s: number | null;
  /** Whether its rows hold more than the event store, which was restored to an earlier state. */
  readonly ahead_of_store: boolean;
}

/** A partition's row; its number is the column `slot`. */
interface PartitionRow {
  slot: number;
  epoch: string;
  prefixes: string[];
  position: string | null;
  ahead_of: string | null;
}

/** The leases in PostgreSQL: which instance works on which partition of the session streams. Time is the database's. */
export class PartitionLeaseStore {
  constructor(
    private readonly pool: Pool,
    private readonly instance: string,
    private readonly leaseMs: number,
    /** Whose partitions: the projectors' or the bridges', which have tables of their own. */
    private readonly model: 'projection' | 'bridge' = 'projection',
  ) {}

  /** Creates the partitions at the first start, and divides the streams again when their number changed. */
  async ensure(count: number): Promise<void> {
    await this.transaction(async (client) => {
      await client.query(`LOCK TABLE ${this.model}_slot IN ACCESS EXCLUSIVE MODE`);
      const { rows } = await client.query<PartitionRow & { updated_at: Date }>(
        `SELECT slot, epoch, prefixes, position, ahead_of, updated_at FROM ${this.model}_slot`,
      );
      if (rows.length === count) return;
      const before = rows.map(({ prefixes, position }) => ({ prefixes, position: toPosition(position) }));
      const epoch = rows.reduce((max, row) => (BigInt(row.epoch) > max ? BigInt(row.epoch) : max), -1n) + 1n;
      const aheadOf = rows.find((row) => row.ahead_of !== null)?.ahead_of ?? null;
      const [savedAt = null] = rows.map((row) => row.updated_at).sort((a, b) => Number(a) - Number(b));
      await client.query(`DELETE FROM ${this.model}_slot`);
      for (const [partition, prefixes] of partitionPrefixes(count).entries()) {
        const values = [partition, prefixes, epoch, startPosition(prefixes, before), aheadOf, savedAt];
        await client.query(
          `INSERT INTO ${this.model}_slot (slot, prefixes, epoch, position, ahead_of, updated_at)
           VALUES ($1, $2, $3, $4, $5, coalesce($6, now()))`,
          values,
        );
      }
    });
  }

  /** Renews this instance's entry; returns its share of the partitions among the live instances, undefined: there are none. */
  async heartbeat(): Promise<number | undefined> {
    const { rows } = await this.pool.query<{ instances: string[]; partitions: number }>(
      `WITH dead AS (
         DELETE FROM ${this.model}_instance WHERE seen_at < now() - $2 * interval '1 millisecond' AND instance <> $1
       ), alive AS (
         INSERT INTO ${this.model}_instance VALUES ($1, now()) ON CONFLICT (instance) DO UPDATE SET seen_at = now()
       )
       SELECT (SELECT count(*)::int FROM ${this.model}_slot) AS partitions, array(
         SELECT instance FROM ${this.model}_instance
         WHERE seen_at >= now() - $2 * interval '1 millisecond' UNION SELECT $1) AS instances`,
      [this.instance, this.leaseMs],
    );
    const [row] = rows;
    if (row === undefined || row.partitions === 0) return undefined;
    return fairShare(this.instance, row.instances, row.partitions);
  }

  /** Takes up to `count` partitions that nobody owns, whose lease is over, or that this instance owned before a restart. */
  async claim(count: number, owned: readonly Lease[]): Promise<Lease[]> {
    if (count <= 0) return [];
    const { rows } = await this.pool.query<PartitionRow>(
      `UPDATE ${this.model}_slot SET owner = $1, epoch = epoch + 1, lease_until = now() + $2 * interval '1 millisecond'
       WHERE slot IN (
         SELECT slot FROM ${this.model}_slot
         WHERE (owner IS NULL OR lease_until < now() OR owner = $1) AND slot <> ALL ($4)
         ORDER BY slot LIMIT $3 FOR UPDATE SKIP LOCKED)
       RETURNING slot, epoch, prefixes, position, ahead_of`,
      [this.instance, this.leaseMs, count, owned.map((lease) => lease.partition)],
    );
    return rows.map(toLease);
  }

  /** Prolongs leases; returns the partitions that are still owned. `idle`: those whose rows hold all that there is. */
  async renew(leases: readonly Lease[], idle: readonly number[]): Promise<number[]> {
    if (leases.length === 0) return [];
    const { rows } = await this.pool.query<{ slot: number }>(
      `UPDATE ${this.model}_slot AS s SET lease_until = now() + $2 * interval '1 millisecond',
         current_until = CASE WHEN s.slot = ANY ($5) THEN now() ELSE current_until END
       FROM unnest($3::smallint[], $4::bigint[]) AS l (slot, epoch)
       WHERE s.slot = l.slot AND s.epoch = l.epoch AND s.owner = $1 RETURNING s.slot`,
      [this.instance, this.leaseMs, leases.map((l) => l.partition), leases.map((l) => l.epoch), idle],
    );
    return rows.map((row) => row.slot);
  }

  /** When the position of a partition was written last. */
  async savedAt({ partition }: Lease): Promise<Date> {
    const { rows } = await this.pool.query<{ updated_at: Date }>(
      `SELECT updated_at FROM ${this.model}_slot WHERE slot = $1`,
      [partition],
    );
    return rows[0]?.updated_at ?? new Date(0);
  }

  /** The event store was restored to an earlier state: a partition goes back, and is marked until the rows are rebuilt. */
  async goBack({ partition, epoch }: Lease, position: bigint, end: bigint): Promise<void> {
    await this.pool.query(
      `UPDATE ${this.model}_slot SET position = $4, ahead_of = $5, updated_at = now()
       WHERE slot = $1 AND owner = $2 AND epoch = $3`,
      [partition, this.instance, epoch, position, end],
    );
  }

  /** Releases partitions, for others to take at once. */
  async release(leases: readonly Lease[]): Promise<void> {
    await this.pool.query(
      `UPDATE ${this.model}_slot AS s SET owner = NULL, lease_until = NULL
       FROM unnest($2::smallint[], $3::bigint[]) AS l (slot, epoch)
       WHERE s.slot = l.slot AND s.epoch = l.epoch AND s.owner = $1`,
      [this.instance, leases.map((l) => l.partition), leases.map((l) => l.epoch)],
    );
  }

  /** Removes this instance from the live instances. */
  async leave(): Promise<void> {
    await this.pool.query(`DELETE FROM ${this.model}_instance WHERE instance = $1`, [this.instance]);
  }

  private async transaction(work: (client: PoolClient) => Promise<void>): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      await work(client);
      await client.query('COMMIT');
      client.release();
    } catch (error) {
      client.release(error instanceof Error ? error : true);
      throw error;
    }
  }
}

/** Every partition, its owner, and how far its rows are behind. */
export async function projectionLag(pool: Pool): Promise<PartitionState[]> {
  const { rows } = await pool.query<{
    slot: number;
    owner: string | null;
    position: string | null;
    lag: number | null;
    ahead_of_store: boolean;
  }>(
    `SELECT slot, CASE WHEN lease_until >= now() THEN owner END AS owner, position,
       greatest(0, extract(epoch FROM now() - current_until))::float8 AS lag,
       ahead_of IS NOT NULL AS ahead_of_store
     FROM projection_slot ORDER BY slot`,
  );
  return rows.map(({ slot, owner, position, lag, ahead_of_store }) => ({
    slot,
    owner,
    position: toPosition(position),
    lag_s: lag === null ? null : Math.round(lag * 1_000) / 1_000,
    ahead_of_store,
  }));
}

function toLease({ slot, epoch, prefixes, position, ahead_of }: PartitionRow): Lease {
  return {
    partition: slot,
    epoch: BigInt(epoch),
    prefixes,
    position: toPosition(position),
    aheadOf: toPosition(ahead_of),
  };
}

function toPosition(position: string | null): bigint | null {
  return position === null ? null : BigInt(position);
}
