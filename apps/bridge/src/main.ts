import { EventStore } from '#event-store';
import { createKafka, KafkaProbe } from '#messaging';
import {
  createLogger,
  createPool,
  createRedis,
  HealthChecks,
  loadConfigOrExit,
  Metrics,
  onShutdown,
  pingPool,
  pingRedis,
  startWorkerServer,
} from '#platform';
import { ContextStore, dueSessions } from '#read-models';
import { ExpiryTimer } from './expiry-timer.ts';
import { SessionCommands } from './session-commands.ts';
import { Snapshots } from './snapshots.ts';

const config = loadConfigOrExit({ PORT: 3002 });
const logger = createLogger('bridge', config.logLevel);
const metrics = new Metrics('bridge');
const store = new EventStore(config.eventStoreUrl);
const redis = createRedis(config.redisUrl, { logger });
const pool = createPool(config.databaseUrl, { logger, applicationName: 'turnstream-bridge' });
const kafka = createKafka({ brokers: config.kafkaBrokers, clientId: 'turnstream-bridge', log: logger });
const probe = new KafkaProbe(kafka);
const contexts = new ContextStore(redis, { ttlSeconds: config.contextTtlS });
const commands = new SessionCommands(store, new Snapshots(store, contexts));
const stopping = new AbortController();

const expiry = new ExpiryTimer({
  commands,
  due: (now, limit) => dueSessions(pool, now, limit),
  intervalMs: config.expiryIntervalMs,
  logger,
  expired: metrics.counter('sessions_expired_total', 'Sessions that this process expired'),
});
const health = new HealthChecks({
  checks: {
    event_store: () => store.ping(),
    kafka: () => probe.ping(),
    redis: () => pingRedis(redis),
    postgres: () => pingPool(pool),
  },
});
const work = expiry.run(stopping.signal);
const server = await startWorkerServer({ host: config.host, port: config.port, health, metrics });
onShutdown(
  async () => {
    stopping.abort();
    await Promise.all([server.close(), work]);
    redis.disconnect();
    await Promise.all([probe.close(), store.dispose(), pool.end()]);
  },
  { logger, graceMs: config.shutdownGraceMs },
);
logger.info({ url: server.url }, 'listening');
