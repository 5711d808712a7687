import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Pool } from 'pg';
import { ProblemError } from '#platform';
import type { Queryable } from '#read-models';
import { callerOf } from '../access/current-caller.ts';
import { isAnalyst } from '../access/rules.ts';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import { AnalystPool } from './pool.ts';

/** PostgreSQL says that a statement has had its time. */
const tooSlow = '57014';

/** Reads of rows: those of agents and services have connections of their own, those of others end when their caller goes. */
@Injectable()
export class RowReads {
  /** Agents' reads go on while those of analysts fail. */
  private readonly ofAnalysts = new PostgresBreaker();

  constructor(
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
    private readonly analystPool: AnalystPool,
  ) {}

  /** @throws ProblemError `query_too_broad`, BudgetExceededError, or what the read throws */
  async run<T>(request: FastifyRequest, read: (db: Queryable) => Promise<T>): Promise<T> {
    const isOfAnalyst = isAnalyst(callerOf(request).role);
    try {
      if (!isOfAnalyst) return await this.breaker.run(() => read(this.pool));
      return await this.ofAnalysts.run(() => this.whileThere(request, read));
    } catch (error) {
      // The breakers see what PostgreSQL said: one query that is too broad stops no other.
      throw inWords(error);
    }
  }

  private async whileThere<T>(
    { socket }: Pick<FastifyRequest, 'socket'>,
    read: (db: Queryable) => Promise<T>,
  ): Promise<T> {
    const client = await this.analystPool.connect();
    let isGone = false;
    // Ends the connection, and its query with it.
    const abandon = (): void => {
      isGone = true;
      client.release(true);
    };
    if (socket.destroyed) abandon();
    else socket.once('close', abandon);
    try {
      if (isGone) throw gone();
      return await read(client);
    } catch (error) {
      throw isGone ? gone() : error;
    } finally {
      socket.off('close', abandon);
      if (!isGone) client.release();
    }
  }
}

function gone(): ProblemError {
  return new ProblemError('request_timeout', 'The caller did not wait for the answer.');
}

function inWords(error: unknown): unknown {
  if ((error as { code?: unknown }).code !== tooSlow) return error;
  const detail = 'The query was ended. Narrow its period, or name a partner or a session.';
  return new ProblemError('query_too_broad', detail, {}, { cause: error });
}
