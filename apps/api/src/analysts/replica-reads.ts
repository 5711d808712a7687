import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { Logger } from '#platform';
import { Config, HealthChecks, InjectLogger, Metrics, Replica } from '#platform';
import { AdmissionConfig } from '../admission/config.ts';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import { analystPoolOptions } from './pool.ts';

/** A page of an export may take longer than the timeout of a request. */
const exportStatementMs = 60_000;

/** The replica, with a pool for each kind of reader. */
interface ReplicaPools {
  readonly replica: Replica;
  readonly agents: Pool;
  readonly analysts: Pool;
  readonly exports: Pool;
}

/** The replica for reads of rows, if DATABASE_READ_URL names one. */
@Injectable()
export class ReplicaReads implements OnApplicationShutdown {
  readonly pools: ReplicaPools | undefined;

  constructor(
    @Inject(AdmissionConfig) { analysts }: Pick<AdmissionConfig, 'analysts'>,
    { databaseUrl: primaryUrl, databaseReads, postgresStatementMs: statementTimeoutMs }: Config,
    @InjectLogger() logger: Logger,
    metrics: Metrics,
    health: HealthChecks,
  ) {
    if (databaseReads === undefined) return;
    const breaker = new PostgresBreaker();
    const replica = new Replica({ ...databaseReads, primaryUrl, logger, metrics, breaker });
    const pool = (name: string, max: number, statementTimeoutMs: number): Pool =>
      replica.createPool({ logger, max, statementTimeoutMs, applicationName: `turnstream-${name}` });
    health.addDetail('replica', async () => ({ age_s: replica.ageS ?? null }));
    this.pools = {
      replica,
      agents: pool('api', 10, statementTimeoutMs),
      analysts: replica.createPool(analystPoolOptions(analysts, logger)),
      exports: pool('exports', 2, exportStatementMs),
    };
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.pools === undefined) return;
    const { replica, ...pools } = this.pools;
    await replica.close();
    await Promise.all(Object.values(pools).map((pool) => pool.end()));
  }
}
