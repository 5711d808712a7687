import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { format } from 'prettier';
import { EventStore } from '#sessions';
import { createLogger } from '#platform';
import { ContextStore } from '#read-models';
import { AgentRuntime } from '../../apps/api/src/agents/runtime.ts';
import { AppModule } from '../../apps/api/src/app.module.ts';
import { openApiDocument } from '../../apps/api/src/common/openapi.ts';

/** The OpenAPI document of the api as text. The api is put together for it, but no backing service is asked. */
export async function generateDocument(): Promise<string> {
  const store = new EventStore('esdb://127.0.0.1:2113?tls=false');
  const redis = new Redis({ lazyConnect: true });
  const contexts = new ContextStore(redis, { ttlSeconds: 1 });
  const logger = createLogger('openapi', 'silent');
  const agents = new AgentRuntime(redis, { node: '', leaseMs: 1, unansweredHandoffS: 0, logger });
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with({ store, contexts, pool: new Pool(), agents }, 1),
    new FastifyAdapter({ skipMiddie: true }),
    { logger: false, abortOnError: false },
  );
  try {
    return await format(JSON.stringify(openApiDocument(app)), { parser: 'json', printWidth: 110 });
  } finally {
    await app.close();
    await store.dispose();
  }
}
