import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { CommandExecutor, EventStore } from '#sessions';
import { createKafka, KafkaProbe } from '#messaging';
import {
  createLogger,
  createPool,
  createRedis,
  HealthChecks,
  Metrics,
  onShutdown,
  pingPool,
  pingRedis,
  startWorkerServer,
} from '#platform';
import { ContextStore, SessionCache, notifyOwner } from '#read-models';
import { Bridge } from './bridge.ts';
import { bridgeConfigOrExit } from './config.ts';
import { bridgeMetrics } from './metrics.ts';

const config = bridgeConfigOrExit();
const instance = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
const logger = createLogger('bridge', config.logLevel);
const metrics = new Metrics('bridge');
const store = new EventStore(config.eventStoreUrl);
const redis = createRedis(config.redisUrl, { logger });
const pool = createPool(config.databaseUrl, { logger, applicationName: 'turnstream-bridge' });
const kafka = createKafka({ brokers: config.kafkaBrokers, clientId: 'turnstream-bridge', log: logger });
const probe = new KafkaProbe(kafka);
const contexts = new ContextStore(redis, { ttlSeconds: config.contextTtlS });
const commands = new CommandExecutor(store, new SessionCache(store, contexts, 'waits'), (appended) =>
  notifyOwner(redis, appended),
);
const ready = async (): Promise<void> => {
  await Promise.all([store.ping(), pingRedis(redis), pingPool(pool)]);
};
const bridge = new Bridge({
  ...config,
  instance,
  store,
  pool,
  kafka,
  commands,
  ready,
  logger,
  metrics: bridgeMetrics(metrics),
});
const health = new HealthChecks({
  checks: {
    event_store: () => store.ping(),
    kafka: () => probe.ping(),
    redis: () => pingRedis(redis),
    postgres: () => pingPool(pool),
  },
  details: {
    bridge: async () => ({
      slots: bridge.slots.work.map(({ lease }) => lease.slot),
      waiting_for_kafka: bridge.backlog,
      open_inquiries: bridge.inquiries.open,
      open_circuits: bridge.inquiries.openCircuits(),
    }),
  },
});
const server = await startWorkerServer({ host: config.host, port: config.port, health, metrics });
const stopping = new AbortController();
const work = bridge.run(stopping.signal);
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
