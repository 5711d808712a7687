import type { DynamicModule, OnApplicationShutdown } from '@nestjs/common';
import { Global, Inject, Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { createPool, pingPostgres } from '../backing-services/postgres.ts';
import { createRedis, pingRedis } from '../backing-services/redis.ts';
import { Config } from '../config/config.ts';
import { HealthChecks } from '../health/checks.ts';
import type { Logger } from '../logging/logger.ts';
import { Metrics } from '../metrics/metrics.ts';

/** The token of the process's logger, for factories; classes use `InjectLogger`. */
export const LOGGER = Symbol('LOGGER');

/** Injects the process's logger. */
export const InjectLogger = (): ParameterDecorator => Inject(LOGGER);

export interface PlatformOptions {
  /** The name of the app, in logs, metrics and pg_stat_activity. */
  readonly name: string;
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: HealthChecks;
  /** The size of the PostgreSQL pool, and SQL that each new connection runs first. */
  readonly postgres?: { readonly max?: number; readonly settings?: string };
}

/** The shared providers of every process: `Config`, the logger, `Metrics`, `HealthChecks`, and the clients `Redis` and `Pool`. */
@Global()
@Module({})
export class PlatformModule implements OnApplicationShutdown {
  constructor(
    private readonly redis: Redis,
    private readonly pool: Pool,
    health: HealthChecks,
    { databaseUrl }: Config,
  ) {
    health.addCheck('redis', () => pingRedis(redis));
    health.addCheck('postgres', () => pingPostgres(databaseUrl));
  }

  static forRoot({ name, config, logger, metrics, health, postgres }: PlatformOptions): DynamicModule {
    const providers = [
      { provide: Config, useValue: config },
      { provide: LOGGER, useValue: logger },
      { provide: Metrics, useValue: metrics },
      { provide: HealthChecks, useValue: health },
      { provide: Redis, useFactory: () => createRedis(config.redis, { logger }) },
      {
        provide: Pool,
        useFactory: () =>
          createPool(config.databaseUrl, {
            logger,
            applicationName: `turnstream-${name}`,
            statementTimeoutMs: config.postgresStatementMs,
            ...postgres,
          }),
      },
    ];
    return { module: PlatformModule, providers, exports: providers.map(({ provide }) => provide) };
  }

  /** Runs last, when the app's own parts have stopped. */
  async onApplicationShutdown(): Promise<void> {
    this.redis.disconnect();
    await this.pool.end();
  }
}
