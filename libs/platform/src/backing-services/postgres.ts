import { Pool } from 'pg';
import type { ClientBase } from 'pg';
import type { Logger } from '../logging/logger.ts';

interface PoolOptions {
  readonly logger: Logger;
  /** Connections at most. */
  readonly max?: number;
  /** Longest a statement may run. */
  readonly statementTimeoutMs?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  /** SQL that each new connection runs first. */
  readonly settings?: string;
}

/**
 * A PostgreSQL pool that outlives the server's restarts: lost connections are replaced when next needed, and a loss is
 * logged once. While the server is unavailable queries fail within 3 s (`isUnavailable`).
 */
export function createPool(databaseUrl: string, options: PoolOptions): Pool {
  const { logger, max = 10, statementTimeoutMs = 30_000, applicationName = 'turnstream', settings } = options;
  const pool = new Pool({
    connectionString: databaseUrl,
    max,
    connectionTimeoutMillis: 3000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 5000,
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

/** For health: rejects when PostgreSQL does not answer. */
export async function pingPool(pool: Pool): Promise<void> {
  await pool.query('select 1');
}
