import type { Pool, PoolClient } from 'pg';
import { fairShare, partitionPrefixes, startPosition } from './assignment.ts';

/** A partition that this instance owns: nobody else writes its rows as long as the epoch is current. */
export interface Lease {
  readonly partition: number;
  readonly epoch: bigint;
  readonly prefixes: readonly string[];
  /** Up to where the rows are written; null: from the start on. */
  readonly position: bigint | null;
}

interface PartitionState {
  readonly slot: number;
  readonly owner: string | null;
  readonly position: bigint | null;
  /** Seconds since the time up to which the rows are known to be current; null: no row was ever written. */
  readonly lag_s: number | null;
}

/** A partition's row; its number is the column `slot`. */
interface PartitionRow {
  slot: number;
  epoch: string;
  prefixes: string[];
  position: string | null;
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
      const { rows } = await client.query<PartitionRow>(
        `SELECT slot, epoch, prefixes, position FROM ${this.model}_slot`,
      );
      if (rows.length === count) return;
      const before = rows.map(({ prefixes, position }) => ({ prefixes, position: toPosition(position) }));
      const epoch = rows.reduce((max, row) => (BigInt(row.epoch) > max ? BigInt(row.epoch) : max), -1n) + 1n;
      await client.query(`DELETE FROM ${this.model}_slot`);
      for (const [partition, prefixes] of partitionPrefixes(count).entries()) {
        const values = [partition, prefixes, epoch, startPosition(prefixes, before)];
        await client.query(
          `INSERT INTO ${this.model}_slot (slot, prefixes, epoch, position) VALUES ($1, $2, $3, $4)`,
          values,
        );
      }
    });
  }

  /** Renews this instance's entry; returns how many partitions are its share among the live instances. */
  async heartbeat(): Promise<number> {
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
    return row === undefined ? 0 : fairShare(this.instance, row.instances, row.partitions);
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
       RETURNING slot, epoch, prefixes, position`,
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
  }>(
    `SELECT slot, CASE WHEN lease_until >= now() THEN owner END AS owner, position,
       greatest(0, extract(epoch FROM now() - current_until))::float8 AS lag
     FROM projection_slot ORDER BY slot`,
  );
  return rows.map(({ slot, owner, position, lag }) => ({
    slot,
    owner,
    position: toPosition(position),
    lag_s: lag === null ? null : Math.round(lag * 1_000) / 1_000,
  }));
}

function toLease({ slot, epoch, prefixes, position }: PartitionRow): Lease {
  return { partition: slot, epoch: BigInt(epoch), prefixes, position: toPosition(position) };
}

function toPosition(position: string | null): bigint | null {
  return position === null ? null : BigInt(position);
}
