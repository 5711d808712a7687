import { APP_FILTER, APP_PIPE, NestFactory } from '@nestjs/core';
import type { DynamicModule, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { installNotFound, problemOptions } from '../problems/fastify.ts';
import type { HealthChecks } from '../health/checks.ts';
import { AllowedSites, claimsUpgrade, installAllowedSites } from './allowed-sites.ts';
import { finishOnClose } from './close.ts';
import { installCors } from './cors.ts';
import { installJsonParser } from './json-body.ts';
import { installLingeringClose } from './lingering-close.ts';
import { listenFault } from './listen-error.ts';
import { nestLogger } from '../logging/logger.ts';
import type { Logger } from '../logging/logger.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { metricsRefusal } from './metrics-access.ts';
import { ProblemFilter } from '../problems/filter.ts';
import { requestLimits } from '../problems/limits.ts';
import { installRequestHooks, traceId } from './request-hooks.ts';
import { installSecurityHeaders } from './security-headers.ts';
import { installUnreadLimit } from './unread-limit.ts';
import { createValidationPipe } from './validation.ts';

interface HttpAppOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: HealthChecks;
  readonly slowRequestMs?: number;
  /** How long a request may take to arrive completely, in milliseconds; checked once a second. */
  readonly requestMs?: number;
  /** How long a connection may be idle, and how long reading a large answer may take, in milliseconds. */
  readonly unreadMs?: number;
  /** Host names and page origins that requests may have. */
  readonly sites?: AllowedSites;
  /** The path that accepts WebSockets. */
  readonly webSocketPath?: string | undefined;
  /** The token that allows other machines to read metrics. */
  readonly metricsToken?: string | undefined;
  /** Turns the app's own errors into problems. */
  readonly translate?: (error: unknown, request: FastifyRequest) => unknown;
}

/** The exception filter and the validation pipe of every route, around an app's module. */
@Module({})
class HttpModule {
  static forRoot(module: Type | DynamicModule, { logger, translate }: HttpAppOptions): DynamicModule {
    return {
      module: HttpModule,
      imports: [module],
      providers: [
        { provide: APP_FILTER, useValue: new ProblemFilter(logger, translate) },
        { provide: APP_PIPE, useValue: createValidationPipe() },
      ],
    };
  }
}

/**
 * A Nest application on Fastify with our conventions: JSON bodies only, validation, problem+json for every error, request log
 * and metrics, /health/live, /health/ready and /metrics.
 */
export async function createHttpApp(
  module: Type | DynamicModule,
  options: HttpAppOptions,
): Promise<NestFastifyApplication> {
  const {
    logger,
    metrics,
    health,
    slowRequestMs = 1000,
    sites = new AllowedSites(),
    requestMs = requestLimits.wholeMs,
    unreadMs = requestLimits.unreadMs,
    webSocketPath,
    metricsToken,
  } = options;
  const adapter = new FastifyAdapter({
    ...problemOptions(logger),
    bodyLimit: requestLimits.bodyBytes,
    genReqId: traceId,
    routerOptions: { maxParamLength: requestLimits.pathPartLength },
    requestTimeout: requestMs,
    connectionTimeout: unreadMs,
    forceCloseConnections: 'idle',
    skipMiddie: true,
    http: {
      shouldUpgradeCallback: claimsUpgrade(webSocketPath, sites),
      // Node swaps the two timeouts if this one is longer.
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      maxHeaderSize: requestLimits.headerBytes,
      connectionsCheckingInterval: 1_000,
    },
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  if (!('shouldUpgradeCallback' in fastify.server)) throw new Error('Node 24.9 or newer is needed');
  fastify.removeContentTypeParser('text/plain');
  installJsonParser(fastify);
  finishOnClose(fastify);
  installLingeringClose(fastify, requestLimits.lingerMs);
  installUnreadLimit(fastify, unreadMs);
  installSecurityHeaders(fastify);
  installAllowedSites(fastify, sites);
  installCors(fastify, sites);
  installNotFound(fastify);
  installRequestHooks(fastify, { logger, metrics, slowRequestMs });
  installOperations(fastify, health, metrics, metricsToken);
  const root = HttpModule.forRoot(module, options);
  return NestFactory.create<NestFastifyApplication>(root, adapter, {
    bodyParser: false,
    logger: nestLogger(logger),
    abortOnError: false,
  });
}

/** Starts to listen and returns the address. @throws an error with a clear text when the port is taken */
export async function listen(
  app: NestFastifyApplication,
  { host, port }: { host: string; port: number },
): Promise<string> {
  try {
    await app.listen(port, host);
  } catch (error) {
    throw listenFault(error, host, port);
  }
  return app.getUrl();
}

function installOperations(
  fastify: FastifyInstance,
  health: HealthChecks,
  { registry }: Metrics,
  metricsToken: string | undefined,
): void {
  fastify.get('/health/live', () => health.live());
  fastify.get('/health/ready', async (_request, reply) => {
    const document = await health.ready();
    return reply.code(document.status === 'unavailable' ? 503 : 200).send(document);
  });
  fastify.get('/metrics', async ({ raw }, reply) => {
    const refusal = metricsRefusal(raw, metricsToken);
    if (refusal) throw refusal;
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
