import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { PoolClient } from 'pg';
import { DatabaseError, Pool } from 'pg';
import type { Borrow, Reading } from '#platform';
import { assertWanted, ProblemError, withClient } from '#platform';
import type { Queryable } from '#read-models';
import { callerOf } from '../access/current-caller.ts';
import { isAnalyst } from '../access/rules.ts';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import { whileThere } from '../common/while-there.ts';
import { AnalystPool } from './pool.ts';
import { ReplicaReads } from './replica-reads.ts';

/** PostgreSQL's code for a statement timeout. */
const tooSlow = '57014';

/** A page and the cursor of the next one. */
interface ListPage {
  readonly next: string | null;
}

/**
 * Reads of rows. Agents and services use separate connections; reads of other callers end when the caller
 * disconnects. A replica answers if there is one that is fresh enough.
 */
@Injectable()
export class RowReads {
  /** Separate breakers: agents' reads continue while those of analysts fail. */
  private readonly ofAnalysts = new PostgresBreaker();
  private readonly answeredAsOf = new WeakMap<FastifyRequest, number>();

  constructor(
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
    private readonly analystPool: AnalystPool,
    private readonly replicas: ReplicaReads,
  ) {}

  /** @throws ProblemError `query_too_broad`, BudgetExceededError, or any error of the read */
  async run<T>(request: FastifyRequest, read: (db: Queryable) => Promise<T>): Promise<T> {
    return (await this.read(request, read, 0n)).value;
  }

  /**
   * Reads a page of a list. A server that has replayed less than the one that served the previous page would miss
   * rows in between. So `next` says how far a server has to be, and after a page of the primary it demands the
   * primary.
   * @param after the end of the previous page; undefined: this is the first
   */
  async page<P extends ListPage>(
    request: FastifyRequest,
    after: string | undefined,
    read: (db: Queryable, after: string | undefined) => Promise<P>,
  ): Promise<P> {
    const [, inner, replayed] = /^(.*)\.([\da-f]{1,16})$/.exec(after ?? '') ?? [];
    const atLeast = replayed === undefined ? undefined : BigInt(`0x${replayed}`);
    const { value, position } = await this.read(
      request,
      (db) => read(db, inner ?? after),
      after === undefined ? 0n : atLeast,
    );
    if (position === undefined || value.next === null) return value;
    return { ...value, next: `${value.next}.${position.toString(16)}` };
  }

  /** The time of the rows that a request was answered with, by `performance.now()`; undefined: it read none. */
  asOf(request: FastifyRequest): number | undefined {
    return this.answeredAsOf.get(request);
  }

  /** @param atLeast how far a replica has to be; undefined: only the primary may answer */
  private async read<T>(
    request: FastifyRequest,
    read: (db: Queryable) => Promise<T>,
    atLeast: bigint | undefined,
  ): Promise<Pick<Reading<T>, 'value'> & Partial<Reading<T>>> {
    const isOfAnalyst = isAnalyst(callerOf(request).role);
    try {
      const reading =
        atLeast === undefined ? undefined : await this.fromReplica(request, read, isOfAnalyst, atLeast);
      const asOf = reading?.asOf ?? performance.now();
      const answer = reading ?? { value: await this.fromPrimary(request, read, isOfAnalyst) };
      // The oldest of several reads counts.
      this.answeredAsOf.set(request, Math.min(asOf, this.asOf(request) ?? Infinity));
      return answer;
    } catch (error) {
      // The breakers see PostgreSQL's error: a query that is too broad does not stop others.
      throw inWords(error);
    }
  }

  private fromPrimary<T>(
    request: FastifyRequest,
    read: (db: Queryable) => Promise<T>,
    isOfAnalyst: boolean,
  ): Promise<T> {
    const signal = whileThere(request);
    if (!isOfAnalyst) return this.breaker.run(() => read(wantedOnly(this.pool, signal)));
    return this.ofAnalysts.run(() => untilGone(this.analystPool, signal, read, isOver));
  }

  private async fromReplica<T>(
    request: FastifyRequest,
    read: (db: Queryable) => Promise<T>,
    isOfAnalyst: boolean,
    atLeast: bigint,
  ): Promise<Reading<T> | undefined> {
    const { pools } = this.replicas;
    const maxAgeMs = longestAge(request.headers['cache-control']);
    if (pools === undefined || maxAgeMs === 0) return undefined;
    const { replica, agents, analysts } = pools;
    const signal = whileThere(request);
    const borrow: Borrow = (work) =>
      isOfAnalyst ? untilGone(analysts, signal, work) : withClient(agents, work);
    return replica.read(borrow, read, atLeast, maxAgeMs);
  }
}

/**
 * Runs work with a connection. Closes it, and so cancels its query, when the caller disconnects or the work throws an
 * error that makes the connection unusable.
 */
async function untilGone<T>(
  pool: Pick<AnalystPool, 'connect'>,
  signal: AbortSignal,
  work: (client: PoolClient) => Promise<T>,
  isUsableAfter: (error: unknown) => boolean = () => false,
): Promise<T> {
  assertWanted(signal);
  const client = await pool.connect();
  const abandon = (): void => client.release(true);
  if (signal.aborted) abandon();
  else signal.addEventListener('abort', abandon);
  try {
    assertWanted(signal);
    const result = await work(client);
    if (!signal.aborted) client.release();
    return result;
  } catch (error) {
    if (!signal.aborted) client.release(!isUsableAfter(error));
    assertWanted(signal);
    throw error;
  } finally {
    signal.removeEventListener('abort', abandon);
  }
}

/** Sends no further statement once the caller has gone. One that runs is short, and its connection is shared. */
function wantedOnly(pool: Pool, signal: AbortSignal): Queryable {
  const query = (...args: Parameters<Pool['query']>): unknown => {
    assertWanted(signal);
    return pool.query(...args);
  };
  return { query: query as Pool['query'] };
}

/** A statement outside of a transaction has ended once PostgreSQL reports its error. */
function isOver(error: unknown): boolean {
  return error instanceof DatabaseError;
}

/**
 * The maximum age of an answer that the caller accepts, by its Cache-Control, in milliseconds; undefined: it sets
 * none.
 */
function longestAge(cacheControl: string | undefined): number | undefined {
  if (cacheControl === undefined) return undefined;
  if (/\bno-(cache|store)\b/i.test(cacheControl)) return 0;
  const seconds = /\bmax-age=(\d{1,9})\b/i.exec(cacheControl)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

function inWords(error: unknown): unknown {
  if ((error as { code?: unknown }).code !== tooSlow) return error;
  const detail = 'The query took too long. Narrow its period, or name a partner or a session.';
  return new ProblemError('query_too_broad', detail, {}, { cause: error });
}
