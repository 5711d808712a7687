import { Client, Pool } from 'pg';
import type { ClientBase, PoolClient } from 'pg';
import { isError } from '../errors/any-error.ts';
import type { Logger } from '../logging/logger.ts';
import { addressParts } from '../config/postgres-address.ts';
import { transactionClient } from './transaction-client.ts';

interface PoolOptions {
  readonly logger: Logger;
  /** Connections at most. */
  readonly max?: number;
  /** The time limit of a statement, also for its answer. */
  readonly statementTimeoutMs?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  /** `SET` statements that each new connection runs first; behind a pooler, each transaction runs them. */
  readonly settings?: string;
  /** How long a query waits for a connection, in milliseconds. */
  readonly connectMs?: number;
}

/** How long a ping waits for its connection and its answer, in milliseconds. */
const pingMs = 2_000;

/**
 * A PostgreSQL pool that survives restarts of the server: lost connections are replaced when next needed, and a loss is
 * logged once. While the server is unavailable queries fail within 2 s; if it hangs, running queries fail at their
 * statement timeout, and their connections are replaced (`isUnavailable`).
 */
export function createPool(databaseUrl: string, options: PoolOptions): Pool {
  const { logger, max = 10, statementTimeoutMs = 30_000, applicationName = 'turnstream', settings } = options;
  const { url, pooling, namedStatements } = addressParts(databaseUrl);
  const timeout = `SET statement_timeout = ${statementTimeoutMs}`;
  const onConnect = (client: ClientBase): unknown => client.query(settings ?? '');
  const pool = new Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: options.connectMs ?? 2_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // The server itself reports a statement timeout, unless it hangs.
    query_timeout: statementTimeoutMs + 500,
    application_name: applicationName,
    ...(pooling === 'transaction'
      ? { Client: transactionClient([timeout, settings].filter(Boolean).join('; ')) }
      : { statement_timeout: statementTimeoutMs, ...(settings !== undefined && { onConnect }) }),
  });
  if (!namedStatements) withoutNames(pool);
  let unavailable = false;
  const lost = (err: Error): void => {
    if (!unavailable) logger.warn({ err }, 'PostgreSQL connection lost');
    unavailable = true;
  };
  pool.on('error', lost);
  pool.on('connect', (client) => {
    client.on('error', lost);
    if (unavailable) logger.info('PostgreSQL is available again');
    unavailable = false;
  });
  return pool;
}

/** Runs work with a connection of a pool, which is discarded when the work throws. */
export async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    const result = await work(client);
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** Named statements are prepared once per connection; unnamed ones are planned each time. */
function withoutNames(pool: Pool): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const unnamed = (first: unknown, ...more: unknown[]): unknown =>
      query(isNamed(first) ? { ...first, name: undefined } : first, ...more);
    client.query = unnamed as unknown as ClientBase['query'];
  });
}

function isNamed(query: unknown): query is { readonly name: string; readonly text: string } {
  return typeof query === 'object' && query !== null && 'name' in query && 'text' in query;
}

/**
 * Whether a query failed because all connections of its pool were in use, perhaps by slow queries: this says nothing about whether
 * PostgreSQL answers.
 */
export function isPoolBusy(error: unknown): boolean {
  return isError(error) && error.message.startsWith('timeout exceeded when trying to connect');
}

/**
 * Health check: rejects when PostgreSQL does not answer. It uses its own connection, since those of a pool may all be in use
 * by slow queries.
 */
export async function pingPostgres(databaseUrl: string, timeoutMs = pingMs): Promise<void> {
  const client = new Client({
    connectionString: addressParts(databaseUrl).url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    application_name: 'turnstream-ping',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    // Not awaited: a server that hangs does not confirm the end.
    void client.end().catch(() => undefined);
  }
}
