import type { DynamicModule, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/config.ts';
import { loadConfigOrExit } from '../config/config.ts';
import { orExit } from '../config/environment.ts';
import { HealthChecks } from '../health/checks.ts';
import { AllowedSites } from '../http/allowed-sites.ts';
import { createHttpApp, listen } from '../http/app.ts';
import { loadMetricsToken } from '../http/metrics-access.ts';
import type { Logger } from '../logging/logger.ts';
import { createLogger } from '../logging/logger.ts';
import { Metrics } from '../metrics/metrics.ts';
import { onShutdown } from './shutdown.ts';
import type { PlatformOptions } from './platform.module.ts';
import { PlatformModule } from './platform.module.ts';

/** One of our processes. */
export interface AppDefinition {
  readonly name: string;
  /** The default port; PORT overrides it. */
  readonly defaultPort: number;
  readonly module: Type | DynamicModule;
  readonly postgres?: PlatformOptions['postgres'];
  /** Backing services that readiness does not require, by the names of their checks. */
  readonly dispensable?: readonly string[];
  /** The path that accepts WebSockets. */
  readonly webSocketPath?: string;
  /** Turns the app's own errors into problems and passes the others on. */
  readonly translateError?: (error: unknown, request: FastifyRequest) => unknown;
  /** Sets up the application before it listens. */
  readonly setUp?: (app: NestFastifyApplication) => void;
}

@Module({})
class RootModule {}

/** The Nest application of a process, with the shared platform module; it does not listen yet. */
export async function createApp(
  definition: AppDefinition,
  config: Config,
  logger: Logger = createLogger(definition.name, config.logLevel),
): Promise<NestFastifyApplication> {
  const { name, module, postgres, dispensable, webSocketPath, translateError, setUp } = definition;
  const shared = { logger, metrics: new Metrics(name), health: new HealthChecks({ dispensable }) };
  if (config.kafka.brokers.length === 0) shared.health.addDetail('off', async () => ['kafka']);
  const platform = PlatformModule.forRoot({ name, config, postgres, ...shared });
  const { slowRequestMs, allowedHosts, allowedOrigins, host } = config;
  const sites = new AllowedSites({ hosts: [...allowedHosts, host], origins: allowedOrigins });
  const metricsToken = orExit(() => loadMetricsToken(process.env));
  const app = await createHttpApp(
    { module: RootModule, imports: [platform, module] },
    { ...shared, slowRequestMs, sites, webSocketPath, metricsToken, translate: translateError },
  );
  setUp?.(app);
  return app;
}

/**
 * Runs a process until SIGTERM or SIGINT: reads its configuration (exit 78 when it is wrong), starts the application,
 * listens, and closes everything at the end.
 */
export async function runApp(definition: AppDefinition): Promise<void> {
  const config = loadConfigOrExit({ PORT: definition.defaultPort });
  const logger = createLogger(definition.name, config.logLevel);
  const app = await createApp(definition, config, logger);
  onShutdown(() => app.close(), { logger, graceMs: config.shutdownGraceMs });
  logger.info({ url: await listen(app, config) }, 'listening');
}
