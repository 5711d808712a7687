import { Pool } from 'pg';
import type { ClientBase, QueryConfig } from 'pg';
import type { Logger } from '../logging/logger.ts';

interface PoolOptions {
  readonly logger: Logger;
  /** Connections at most. */
  readonly max?: number;
  /** Longest a statement may run, and wait for its answer. */
  readonly statementTimeoutMs?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  /** SQL that each new connection runs first. */
  readonly settings?: string;
}

/** How long a query waits for a connection, and a ping for its answer, in milliseconds. */
const connectMs = 2_000;
const pingMs = 2_000;

/**
 * A PostgreSQL pool that outlives the server's restarts: lost connections are replaced when next needed, and a loss is
 * logged once. While the server is unavailable queries fail within 2 s; if it hangs, those under way fail when their
 * statement has had its time, and their connections are replaced (`isUnavailable`).
 */
export function createPool(databaseUrl: string, options: PoolOptions): Pool {
  const { logger, max = 10, statementTimeoutMs = 30_000, applicationName = 'turnstream', settings } = options;
  const pool = new Pool({
    connectionString: databaseUrl,
    max,
    connectionTimeoutMillis: connectMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: statementTimeoutMs,
    // The server answers that a statement has had its time, unless it hangs.
    query_timeout: statementTimeoutMs + 500,
    application_name: applicationName,
    ...(settings !== undefined && { onConnect: (client: ClientBase): unknown => client.query(settings) }),
  });
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

/** For health: rejects when PostgreSQL does not answer within `pingMs`, once there is a connection. */
export async function pingPool(pool: Pool): Promise<void> {
  // The types do not know that a query may have a limit of its own.
  const ping: QueryConfig & { query_timeout: number } = { text: 'select 1', query_timeout: pingMs };
  await pool.query(ping);
}
