import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { EventStore } from '#sessions';
import {
  createHttpApp,
  createLogger,
  createPool,
  createRedis,
  HealthChecks,
  listen,
  Metrics,
  redisReady,
} from '#platform';
import { ContextStore } from '#read-models';
import type { AgentOptions } from './agents/runtime.ts';
import { AgentRuntime } from './agents/runtime.ts';
import { AppModule } from './app.module.ts';
import { serveOpenApi } from './common/openapi.ts';
import { toApiProblem } from './common/problems.ts';

/** An answer of the api, its body parsed. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface SpecApp {
  readonly url: string;
  readonly store: EventStore;
  readonly redis: Redis;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** A new session; gives its id. */
  start(body?: object): Promise<string>;
  close(): Promise<void>;
}

/** The api on a free port, over the engines of the environment; for specs. */
export async function startSpecApp({
  eventStoreUrl = env('EVENTSTORE_URL'),
  redisUrl = env('REDIS_URL'),
  ...agentOptions
}: { eventStoreUrl?: string; redisUrl?: string } & Partial<AgentOptions> = {}): Promise<SpecApp> {
  const logger = createLogger('api', 'silent');
  const store = new EventStore(eventStoreUrl);
  const redis = createRedis(redisUrl, { logger });
  const pool = createPool(env('DATABASE_URL'), { logger });
  await redisReady(redis);
  const contexts = new ContextStore(redis, { ttlSeconds: 600 });
  const options = { node: randomUUID(), leaseMs: 1_500, unansweredHandoffS: 0, logger, ...agentOptions };
  const agents = new AgentRuntime(redis, options);
  const app = await createHttpApp(AppModule.with({ store, contexts, pool, agents }, 3_600), {
    logger,
    metrics: new Metrics('api'),
    health: new HealthChecks({ checks: { event_store: () => store.ping() } }),
    translate: toApiProblem,
  });
  serveOpenApi(app);
  const url = await listen(app, { host: '127.0.0.1', port: 0 });
  const call: SpecApp['call'] = (method, path, body, headers) =>
    request(`${url}${path}`, method, body, headers);
  return {
    url,
    store,
    redis,
    call,
    start: async (body = {}) => {
      const partner_id = `P-${randomUUID()}`;
      const answer = await call('POST', '/v1/sessions', {
        partner_id,
        channel: 'whatsapp',
        language: 'hi',
        ...body,
      });
      if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
      return String(answer.body['session_id']);
    },
    close: async () => {
      await app.close();
      redis.disconnect();
      await Promise.all([store.dispose(), pool.end()]);
    },
  };
}

async function request(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

function env(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; run the specs with npm test`);
  return value;
}
