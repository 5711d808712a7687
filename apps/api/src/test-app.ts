import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import type { Config } from '#platform';
import { createApp, createLogger, listen, loadConfig, loadRedisConnection, redisReady } from '#platform';
import type { DevelopmentIssuer } from '#privacy';
import { CommandExecutor, EventStore } from '#sessions';
import { api } from './app.ts';

/** An answer of the api, its body parsed. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface TestApp {
  readonly url: string;
  readonly store: EventStore;
  readonly redis: Redis;
  readonly pool: Pool;
  readonly executor: CommandExecutor;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Starts a session and returns its id. */
  start(body?: object): Promise<string>;
  close(): Promise<void>;
}

export interface TestAppOptions {
  readonly eventStoreUrl?: string;
  readonly redisUrl?: string;
  readonly databaseUrl?: string;
  readonly databaseReads?: Config['databaseReads'];
  readonly foreignReferences?: Config['foreignReferences'];
  readonly kafka?: Config['kafka'];
  readonly cell?: Config['cell'];
  readonly appendBytesInFlight?: Config['appendBytesInFlight'];
  readonly sessionCacheMb?: Config['sessionCacheMb'];
  readonly leaseMs?: number;
  readonly unansweredHandoffS?: number;
  /** The issuer of accepted tokens; by default no token is needed. */
  readonly issuer?: DevelopmentIssuer;
  /** Receives the log, from debug on; by default nothing is logged. */
  readonly log?: { write(line: string): void };
  /** Requests per subject and hour. */
  readonly rateLimit?: number;
  /** Where it writes exports, and the rows of a file; by default it writes none. */
  readonly exports?: { readonly dir: string; readonly partRows: number };
  /** Variables for its own configurations. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The api on a free port, on the backing services of the environment; for specs. */
export async function startTestApp({
  leaseMs = 1_500,
  unansweredHandoffS = 0,
  issuer,
  rateLimit,
  log,
  exports,
  env,
  redisUrl,
  ...more
}: TestAppOptions = {}): Promise<TestApp> {
  const own = { agentLeaseMs: leaseMs, unansweredHandoffS, sessionIdleS: 3_600 };
  const redisOf = redisUrl === undefined ? {} : { redis: loadRedisConnection(redisUrl, {}) };
  const config = { ...loadConfig(process.env), ...own, ...redisOf, ...more };
  // Specs send hundreds of requests at once, on busy machines.
  process.env['REQUEST_BURST_MS'] ??= '60000';
  const access = {
    ...issuer?.env,
    EXPORT_WORKER: exports ? 'on' : 'off',
    ...(exports && { EXPORT_DIR: exports.dir, EXPORT_PART_ROWS: String(exports.partRows) }),
    ...env,
    ...(rateLimit && { RATE_LIMIT: String(rateLimit), RATE_LIMIT_WINDOW_S: '3600' }),
  };
  Object.assign(process.env, access);
  const logger = log ? createLogger('api', 'debug', log) : createLogger('api', 'silent');
  const app = await createApp(api, config, logger);
  for (const name of Object.keys(access)) delete process.env[name];
  const store = app.get(EventStore);
  const redis = app.get(Redis);
  await redisReady(redis);
  const url = await listen(app, { host: '127.0.0.1', port: 0 });
  const call: TestApp['call'] = (method, path, body, headers) =>
    request(`${url}${path}`, method, body, headers);
  return {
    url,
    store,
    redis,
    pool: app.get(Pool),
    executor: app.get(CommandExecutor),
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
    close: () => app.close(),
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
