import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Pool } from 'pg';
import type { Logger } from '#platform';
import { Config, createPool, InjectLogger } from '#platform';
import { AdmissionConfig } from '../admission/config.ts';

/**
 * Read-only; one core per query. PostgreSQL ends a query within 0.2 s after its connection closes, even if this
 * process dies. Servers before version 14 do not check the connection, and end the query at its timeout.
 */
const settings = `SET default_transaction_read_only = on; SET max_parallel_workers_per_gather = 0;
  SELECT set_config(name, '200ms', false) FROM pg_settings WHERE name = 'client_connection_check_interval'`;

/** The connections of analysts, auditors and administrators, separate from those that agents need. */
export function analystPoolOptions(
  { connections, statementMs }: AdmissionConfig['analysts'],
  logger: Logger,
): Parameters<typeof createPool>[1] {
  const applicationName = 'turnstream-analyst';
  return { logger, max: connections, statementTimeoutMs: statementMs, applicationName, settings };
}

/** The pool for the primary. */
@Injectable()
export class AnalystPool implements OnApplicationShutdown {
  private readonly pool: Pool;

  constructor(
    @Inject(AdmissionConfig) { analysts }: Pick<AdmissionConfig, 'analysts'>,
    { databaseUrl }: Config,
    @InjectLogger() logger: Logger,
  ) {
    this.pool = createPool(databaseUrl, analystPoolOptions(analysts, logger));
  }

  connect(): Promise<PoolClient> {
    return this.pool.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
