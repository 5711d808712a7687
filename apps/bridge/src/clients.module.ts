import type { OnApplicationShutdown } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Kafka } from 'kafkajs';
import { consumerClientId, createKafka, KafkaProbe } from '#messaging';
import type { Logger } from '#platform';
import { Config, HealthChecks, LOGGER, RedisBreaker, redisBreakerProvider } from '#platform';
import { retentionConfigProvider } from '#privacy';
import { ContextStore, notifyOwner, SessionCache, SessionMemory } from '#read-models';
import { CommandExecutor, EventStore, explainingDenial } from '#sessions';
import { BackingServices } from './common/backing-services.ts';
import { BridgeConfig, loadBridgeConfigOrExit } from './common/config.ts';
import { Loops } from './common/loops.ts';
import { BridgeMetrics } from './common/metrics.ts';
import { Producers } from './common/producers.ts';
import { READ_SESSION, readFrom, SUBSCRIBE, subscribeTo } from './common/session-events.ts';
import { UrgentTasks } from './common/urgent-tasks.ts';
import { isPublished } from './outbound/public-event.ts';
import { isReferring } from './references/changes.ts';

/** How long the health check waits for Kafka. A dead connection is detected within that time. */
const probeMs = 1_500;

const clients = [
  redisBreakerProvider,
  retentionConfigProvider,
  { provide: BridgeConfig, useFactory: loadBridgeConfigOrExit },
  {
    provide: Kafka,
    useFactory: ({ kafka: connection }: Config, log: Logger) =>
      createKafka({ connection, clientId: consumerClientId('turnstream-bridge'), log }),
    inject: [Config, LOGGER],
  },
  {
    provide: KafkaProbe,
    useFactory: ({ kafka: connection }: Config, log: Logger) =>
      new KafkaProbe(
        createKafka({
          connection,
          clientId: 'turnstream-bridge-probe',
          log,
          requestTimeoutMs: probeMs,
        }),
      ),
    inject: [Config, LOGGER],
  },
  {
    provide: SUBSCRIBE,
    useFactory: (store: EventStore) =>
      subscribeTo(store, (field) => isPublished(field) || isReferring(field)),
    inject: [EventStore],
  },
  { provide: READ_SESSION, useFactory: readFrom, inject: [EventStore] },
  {
    provide: CommandExecutor,
    useFactory: (
      store: EventStore,
      contexts: ContextStore,
      sessions: SessionMemory,
      redis: Redis,
      breaker: RedisBreaker,
      config: Config,
    ) =>
      new CommandExecutor(
        store,
        new SessionCache(store, contexts, sessions, (call) => breaker.run(call)),
        (appended) => notifyOwner(redis, appended),
        config.commandLimits,
      ),
    inject: [EventStore, ContextStore, SessionMemory, Redis, RedisBreaker, Config],
  },
];

/** What the features share: clients of the backing services, the command path, and the loops. */
@Global()
@Module({
  providers: [...clients, BackingServices, BridgeMetrics, Producers, UrgentTasks, Loops],
  exports: [...clients, BackingServices, BridgeMetrics, Producers, UrgentTasks, Loops],
})
export class ClientsModule implements OnApplicationShutdown {
  constructor(
    private readonly producers: Producers,
    private readonly kafka: KafkaProbe,
    config: Config,
    store: EventStore,
    health: HealthChecks,
  ) {
    if (config.kafka.brokers.length > 0) health.addCheck('kafka', () => kafka.ping());
    health.addCheck(
      'event_store_all',
      explainingDenial(() => store.head()),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.producers.close(), this.kafka.close()]);
  }
}
