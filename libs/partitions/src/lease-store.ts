import type { Pool, PoolClient } from 'pg';
import type { Move } from './division.ts';
import {
  cover,
  fairShare,
  freeSlots,
  madeBy,
  movesTo,
  partitionNumber,
  partitionPrefixes,
  prefixesOf,
  rangeOf,
} from './division.ts';
import { pairsOf } from './requests.ts';

/** A partition that this instance owns: nobody else writes its rows as long as the epoch is current. */
export interface Lease {
  readonly partition: number;
  readonly epoch: bigint;
  readonly prefixes: readonly string[];
  /** The number of partitions in its division. */
  readonly of: number;
  /** The position up to which the rows are written; null: none yet. */
  readonly position: bigint | null;
  /** The end of the event store's log when the position was found beyond it: the rows must be rebuilt. */
  readonly aheadOf: bigint | null;
}

interface PartitionState {
  readonly slot: number;
  readonly owner: string | null;
  readonly position: bigint | null;
  /** Seconds since the time up to which the rows are known to be complete; null: no row was ever written. */
  readonly lag_s: number | null;
  /** Whether its rows contain more than the event store, which was restored to an earlier state. */
  readonly ahead_of_store: boolean;
}

/** The result of a heartbeat. */
interface Heartbeat {
  /** How many partitions it should own. */
  readonly share: number;
  /** The pending replacements after a change of the number of partitions. */
  readonly moves: readonly Move[];
  /** Whether all instances know of the change. */
  readonly isKnown: boolean;
}

/** A partition's row. */
interface PartitionRow {
  slot: number;
  epoch: string;
  prefixes: string[];
  position: string | null;
  ahead_of: string | null;
}

const isFree = '(owner IS NULL OR lease_until < now())';

/** The leases in PostgreSQL: which instance works on which partition of the session streams. Uses the database's clock. */
export class PartitionLeaseStore {
  constructor(
    private readonly pool: Pool,
    private readonly instance: string,
    private readonly leaseMs: number,
    /** The owners of the partitions: projectors or bridges, which have separate tables. */
    private readonly model: 'projection' | 'bridge' = 'projection',
  ) {}

  /** Creates the partitions at the first start: the configured number, at the very first start `count`. */
  async ensure(count: number): Promise<void> {
    await this.transaction(async (client) => {
      // The same lock order as in `replace`.
      await client.query('INSERT INTO session_partitions (partitions) VALUES ($1) ON CONFLICT DO NOTHING', [
        count,
      ]);
      await client.query(`LOCK TABLE ${this.model}_slot IN ACCESS EXCLUSIVE MODE`);
      const { rows } = await client.query<{ partitions: number; are_there: boolean }>(
        `SELECT partitions, EXISTS (SELECT FROM ${this.model}_slot) AS are_there FROM session_partitions`,
      );
      const [set] = rows;
      if (set === undefined || set.are_there) return;
      for (const [partition, prefixes] of partitionPrefixes(set.partitions).entries())
        await client.query(`INSERT INTO ${this.model}_slot (slot, prefixes) VALUES ($1, $2)`, [
          partition,
          prefixes,
        ]);
    });
  }

  /** Renews this instance's entry, and reads the live instances and pending replacements; undefined: there are no partitions. */
  async heartbeat(): Promise<Heartbeat | undefined> {
    const { rows } = await this.pool.query<{
      instances: string[];
      ranges: [string, number][] | null;
      partitions: number | null;
      is_known: boolean;
      is_mixed: boolean;
    }>(
      `WITH dead AS (
         DELETE FROM ${this.model}_instance WHERE seen_at < now() - $2 * interval '1 millisecond' AND instance <> $1
       ), alive AS (
         INSERT INTO ${this.model}_instance (instance, seen_at, divides) VALUES ($1, now(), true)
         ON CONFLICT (instance) DO UPDATE SET seen_at = now(), divides = true
       )
       SELECT ${this.isMixed} AS is_mixed, (SELECT json_agg(json_build_array(prefixes[1], cardinality(prefixes))) FROM ${this.model}_slot) AS ranges,
         s.partitions, s.set_at < now() - $2 / 2 * interval '1 millisecond' AS is_known, array(
           SELECT instance FROM ${this.model}_instance
           WHERE seen_at >= now() - $2 * interval '1 millisecond' UNION SELECT $1) AS instances
       FROM (SELECT) AS one LEFT JOIN session_partitions AS s ON true`,
      [this.instance, this.leaseMs],
    );
    const [row] = rows;
    if (!row?.ranges || row.partitions === null) return undefined;
    const present = row.ranges.map(([first, prefixes]) => rangeOf(first, prefixes));
    return {
      share: fairShare(this.instance, row.instances, present.length),
      moves: row.is_mixed ? [] : movesTo(row.partitions, present),
      isKnown: row.is_known,
    };
  }

  /**
   * Replaces partitions that nobody owns any more by those of another division, in one transaction, so that each session is
   * always in one partition. A new partition starts at the lowest position of those that it replaces; false: one of them is owned.
   */
  async replace(move: Move): Promise<boolean> {
    const t = `${this.model}_slot`;
    return this.transaction(async (client) => {
      // Concurrent replacements wait here: each partition number is assigned once.
      await client.query(`LOCK TABLE session_partitions IN SHARE ROW EXCLUSIVE MODE`);
      const { rows } = await client.query<{ slot: number; first: string; prefixes: number }>(
        `SELECT slot, prefixes[1] AS first, cardinality(prefixes) AS prefixes FROM ${t}
         WHERE prefixes && $1 AND ${isFree} FOR UPDATE`,
        [move.from.flatMap(prefixesOf)],
      );
      const set = await client.query<{ partitions: number }>('SELECT partitions FROM session_partitions');
      const count = set.rows[0]?.partitions ?? 0;
      const found = rows.map(({ first, prefixes }) => rangeOf(first, prefixes));
      if (!cover(move, found) || movesTo(count, found).length !== 1) return false;
      const slots = rows.map(({ slot }) => slot);
      const others = await client.query<{ slot: number }>(`SELECT slot FROM ${t} WHERE slot <> ALL ($1)`, [
        slots,
      ]);
      const made = madeBy(move, count);
      const free = freeSlots(
        [...made.keys()],
        others.rows.map(({ slot }) => slot),
      );
      // The table refuses deletion without this setting: a process of the previous release would delete all partitions at its start.
      await client.query("SELECT set_config('turnstream.replaces_partitions', 'on', true)");
      await client.query(replaceSlots(t, this.model === 'projection'), [
        slots,
        free,
        JSON.stringify([...made.values()].map(prefixesOf)),
      ]);
      return true;
    });
  }

  /** Claims up to `count` partitions without an owner or with an expired lease, or that this instance owned before; none that must be replaced. */
  async claim(count: number, owned: readonly Lease[]): Promise<Lease[]> {
    if (count <= 0) return [];
    const { rows } = await this.pool.query<PartitionRow>(
      `UPDATE ${this.model}_slot SET owner = $1, epoch = epoch + 1, lease_until = now() + $2 * interval '1 millisecond'
       WHERE slot IN (
         SELECT slot FROM ${this.model}_slot
         WHERE (${isFree} OR owner = $1) AND slot <> ALL ($4)
           AND (${pairsOf} * (SELECT partitions FROM session_partitions) = 256 OR ${this.isMixed})
         ORDER BY slot LIMIT $3 FOR UPDATE SKIP LOCKED)
       RETURNING slot, epoch, prefixes, position, ahead_of`,
      [this.instance, this.leaseMs, count, owned.map((lease) => lease.partition)],
    );
    return rows.map(toLease);
  }

  /** Renews leases; returns the partitions that are still owned. `idle`: those whose rows are complete. */
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

  /** When the position of a partition was last written. */
  async savedAt({ partition }: Lease): Promise<Date> {
    const { rows } = await this.pool.query<{ updated_at: Date }>(
      `SELECT updated_at FROM ${this.model}_slot WHERE slot = $1`,
      [partition],
    );
    return rows[0]?.updated_at ?? new Date(0);
  }

  /** After the event store was restored to an earlier state: moves a partition back, and marks it until the rows are rebuilt. */
  async goBack({ partition, epoch }: Lease, position: bigint, end: bigint): Promise<void> {
    await this.pool.query(
      `UPDATE ${this.model}_slot SET position = $4, ahead_of = $5, updated_at = now()
       WHERE slot = $1 AND owner = $2 AND epoch = $3`,
      [partition, this.instance, epoch, position, end],
    );
  }

  /** Releases partitions, so that others can take them at once. */
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

  /** SQL: whether an instance ($1: not this one) of the previous release is alive. Nothing is replaced meanwhile. */
  private get isMixed(): string {
    return `EXISTS (SELECT FROM ${this.model}_instance
      WHERE NOT divides AND instance <> $1 AND seen_at >= now() - $2 * interval '1 millisecond')`;
  }

  private async transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      client.release(error instanceof Error ? error : true);
      throw error;
    }
  }
}

/** Every partition with its owner and its lag. */
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
    slot: partitionNumber(slot),
    owner,
    position: toPosition(position),
    lag_s: lag === null ? null : Math.round(lag * 1_000) / 1_000,
    ahead_of_store,
  }));
}

/**
 * Replaces the partitions $1 by the numbers $2 with the prefixes $3. `written` is the highest value that followers of turns may have:
 * rows that a partition writes below the position of another one that it replaces get a later value.
 */
function replaceSlots(table: string, hasWritten: boolean): string {
  return `WITH old AS (
      DELETE FROM ${table} WHERE slot = ANY ($1) RETURNING *
    ), made AS (
      SELECT slot, ARRAY(SELECT json_array_elements_text(p.prefixes)) AS prefixes
      FROM unnest($2::smallint[]) WITH ORDINALITY AS m (slot, place)
      JOIN json_array_elements($3::json) WITH ORDINALITY AS p (prefixes, place) USING (place)
    )
    INSERT INTO ${table} (slot, prefixes, epoch, position, ahead_of, updated_at, current_until${hasWritten ? ', written' : ''})
    SELECT made.slot, made.prefixes, (SELECT max(epoch) + 1 FROM ${table}), o.* FROM made, (
      SELECT CASE WHEN count(position) = count(*) THEN min(position) END, min(ahead_of), min(updated_at),
        CASE WHEN count(current_until) = count(*) THEN min(current_until) END
        ${hasWritten ? ', max(greatest(written, coalesce(position, 0) * 1024))' : ''} FROM old) AS o`;
}

function toLease({ slot, epoch, prefixes, position, ahead_of }: PartitionRow): Lease {
  return {
    partition: slot,
    epoch: BigInt(epoch),
    prefixes,
    of: 256 / rangeOf(prefixes[0] ?? '', prefixes.length).size,
    position: toPosition(position),
    aheadOf: toPosition(ahead_of),
  };
}

function toPosition(position: string | null): bigint | null {
  return position === null ? null : BigInt(position);
}
