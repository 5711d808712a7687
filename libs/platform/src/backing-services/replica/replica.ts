import type { Pool, PoolClient, QueryResult } from 'pg';
import { repeat } from '../../async/repeat.ts';
import { withBudget } from '../../async/with-budget.ts';
import type { DatabaseReads } from '../../config/config.ts';
import { isError } from '../../errors/any-error.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Breaker } from '../breaker.ts';
import { BudgetExceededError } from '../breaker.ts';
import { createPool, isPoolBusy } from '../postgres.ts';
import type { LogPosition } from './primary-log.ts';
import { PrimaryLog } from './primary-log.ts';

/** How long the replica may take to give a connection, and to report its position. */
const patienceMs = 500;
const samplesAMaxAge = 10;
const longestPauseMs = 500;
/** The replica ended the query because the primary removed the rows it reads, or because it deadlocked with the replay. */
const conflicts = new Set(['40001', '40P01']);
/** Faults of the replica alone: it refuses the login, lacks resources, or cannot read its files. */
const ownFaults = /^(28|53|58)/;

interface ReplicaOptions extends DatabaseReads {
  readonly primaryUrl: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly breaker: Breaker;
}

/** An answer of a replica. */
export interface Reading<T> {
  readonly value: T;
  /** The value includes everything that the primary had at that time, by `performance.now()`. */
  readonly asOf: number;
  /** The replica's position afterwards: a replica that has replayed up to there has everything that this one had. */
  readonly position: bigint;
}

/** Gives work a connection to a replica, which is discarded when the work throws. */
export type Borrow = <T>(work: (client: PoolClient) => Promise<T>) => Promise<T>;

/**
 * A streaming replica whose answers are used unless they are too old. Their age follows from positions in the log: the
 * clocks of servers do not matter, and a replica that stops replaying ages, whatever it reports itself.
 */
export class Replica {
  private readonly log: PrimaryLog;
  private readonly primary: Pool;
  private readonly stopping = new AbortController();
  private readonly sampling: Promise<void>;
  private lastAsOf: number | undefined;
  private readonly count: (result: string) => void;

  constructor(private readonly options: ReplicaOptions) {
    const { primaryUrl, maxAgeMs, logger, metrics } = options;
    this.log = new PrimaryLog(maxAgeMs * 2);
    const applicationName = 'turnstream-replica-age';
    this.primary = createPool(primaryUrl, { logger, max: 1, statementTimeoutMs: 2_000, applicationName });
    const reads = metrics.counter(
      'replica_reads_total',
      'Reads that a replica was asked for first: `replica`, or why the primary answered: `behind`, `unavailable`, `conflict`',
      ['result'],
    );
    this.count = (result) => reads.inc({ result });
    metrics.gauge(
      'replica_age_seconds',
      'How old the last answer of the replica is by now, at most',
      [],
      (gauge) => gauge.set(this.ageS ?? Number.NaN),
    );
    const { signal } = this.stopping;
    const everyMs = Math.min(longestPauseMs, maxAgeMs / samplesAMaxAge);
    this.sampling = repeat(() => this.sample(), { everyMs, signal, onError: () => undefined });
  }

  /** The age of its last answer, at most, in seconds; undefined: there was none. */
  get ageS(): number | undefined {
    return this.lastAsOf === undefined ? undefined : (performance.now() - this.lastAsOf) / 1_000;
  }

  /** A pool of connections to the replica for some readers. */
  createPool(options: Omit<Parameters<typeof createPool>[1], 'connectMs'>): Pool {
    return createPool(this.options.url, { ...options, connectMs: patienceMs });
  }

  /**
   * Reads from the replica.
   * @param atLeast a position that it must have replayed
   * @param maxAgeMs how old the answer may be, if less than configured
   * @returns undefined when it is too old or unavailable, or ends the read: ask the primary instead
   * @throws what the read throws
   */
  async read<T>(
    borrow: Borrow,
    read: (client: PoolClient) => Promise<T>,
    atLeast = 0n,
    maxAgeMs = this.options.maxAgeMs,
  ): Promise<Reading<T> | undefined> {
    const { breaker } = this.options;
    try {
      const reading = await breaker.run(() =>
        borrow((client) => this.readBy(client, read, atLeast, Math.min(maxAgeMs, this.options.maxAgeMs))),
      );
      this.count(reading ? 'replica' : 'behind');
      this.lastAsOf = reading?.asOf ?? this.lastAsOf;
      return reading;
    } catch (error) {
      const reason = this.reasonOf(error);
      if (reason === undefined) throw error;
      this.count(reason);
      return undefined;
    }
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.sampling;
    await this.primary.end();
  }

  private reasonOf(error: unknown): string | undefined {
    const code = isError(error) ? String(error.code) : '';
    if (conflicts.has(code)) return 'conflict';
    const isUnavailable = this.options.breaker.isOpen || isPoolBusy(error) || ownFaults.test(code);
    return isUnavailable ? 'unavailable' : undefined;
  }

  /** In one transaction, so that the same server answers all of it, whatever proxy is in between. */
  private async readBy<T>(
    client: PoolClient,
    read: (client: PoolClient) => Promise<T>,
    atLeast: bigint,
    maxAgeMs: number,
  ): Promise<Reading<T> | undefined> {
    const before = await replayed(client, `BEGIN READ ONLY; ${howFar}`);
    const asOf = before && this.log.asOf(before);
    const isFit =
      asOf !== undefined && performance.now() - asOf <= maxAgeMs && (before?.position ?? -1n) >= atLeast;
    if (!isFit) {
      await patiently(client, 'ROLLBACK');
      return undefined;
    }
    const value = await read(client);
    const after = await replayed(client, `${howFar}; COMMIT`);
    return after && { value, asOf, position: after.position };
  }

  private async sample(): Promise<void> {
    const at = performance.now();
    const { rows } = await this.primary.query<Row>(
      `SELECT ${cluster(primaryTimeline)}, ${bytes('pg_current_wal_insert_lsn()')}`,
    );
    const [row] = rows;
    if (row) this.log.add({ cluster: row.cluster, position: BigInt(row.position), at });
  }
}

interface Row {
  readonly cluster: string;
  readonly position: string;
}

/** Positions are comparable on one timeline only: after a failover or a restore the log continues differently. */
const cluster = (timeline: string): string =>
  `(pg_control_system()).system_identifier || '/' || ${timeline} AS cluster`;
const primaryTimeline = 'left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)';
/** The timeline that it has replayed or receives; not every user may see the latter. It never follows a timeline that lacks what it has. */
const replicaTimeline = `lpad(upper(to_hex(greatest((pg_control_checkpoint()).timeline_id,
  (pg_control_recovery()).min_recovery_end_timeline, (SELECT received_tli FROM pg_stat_wal_receiver)))), 8, '0')`;
const bytes = (position: string): string => `(${position} - '0/0')::text AS position`;
/** No row: the server is not a replica (any more), and may have writes that the primary lacks. */
const howFar = `SELECT ${cluster(replicaTimeline)}, ${bytes('pg_last_wal_replay_lsn()')} WHERE pg_is_in_recovery()`;

/** The position of a replica, returned by one of several statements. */
async function replayed(client: PoolClient, text: string): Promise<LogPosition | undefined> {
  const results = (await patiently(client, text)) as unknown as readonly QueryResult<Row>[];
  const row = results.flatMap(({ rows }) => rows).find(({ position }) => position !== undefined);
  return row && { cluster: row.cluster, position: BigInt(row.position) };
}

/** Times out like a call through the breaker: the connection is not used again. */
function patiently(client: PoolClient, text: string): Promise<QueryResult> {
  const late = (): Error => new BudgetExceededError(`The replica did not answer within ${patienceMs} ms.`);
  return withBudget(client.query(text), patienceMs, late);
}
