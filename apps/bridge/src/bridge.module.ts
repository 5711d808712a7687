import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type {
  BeforeApplicationShutdown,
  OnApplicationBootstrap,
  OnApplicationShutdown,
} from '@nestjs/common';
import { Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Kafka } from 'kafkajs';
import { Pool } from 'pg';
import { EventStore, SessionsModule } from '#sessions';
import { createKafka, KafkaProbe } from '#messaging';
import type { Logger } from '#platform';
import { Config, HealthChecks, LOGGER, Metrics, pingPool, pingRedis } from '#platform';
import { ContextStore, notifyOwner, ReadModelsModule, SessionCache } from '#read-models';
import { Bridge } from './bridge.ts';
import { bridgeConfigOrExit } from './config.ts';
import { bridgeMetrics } from './metrics.ts';
import { SessionCommands } from './session-commands.ts';

function createBridge(
  store: EventStore,
  contexts: ContextStore,
  redis: Redis,
  pool: Pool,
  kafka: Kafka,
  config: Config,
  logger: Logger,
  metrics: Metrics,
): Bridge {
  const commands = new SessionCommands(store, new SessionCache(store, contexts, 'waits'), (result) =>
    notifyOwner(redis, result),
  );
  return new Bridge({
    ...bridgeConfigOrExit(config),
    instance: `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`,
    store,
    pool,
    kafka,
    commands,
    ready: async () => {
      await Promise.all([store.ping(), pingRedis(redis), pingPool(pool)]);
    },
    logger,
    metrics: bridgeMetrics(metrics),
  });
}

/** Kafka in and out, inquiries, expiry. */
@Module({
  imports: [SessionsModule, ReadModelsModule],
  providers: [
    {
      provide: Kafka,
      useFactory: ({ kafkaBrokers }: Config, log: Logger) =>
        createKafka({ brokers: kafkaBrokers, clientId: 'turnstream-bridge', log }),
      inject: [Config, LOGGER],
    },
    { provide: KafkaProbe, useFactory: (kafka: Kafka) => new KafkaProbe(kafka), inject: [Kafka] },
    {
      provide: Bridge,
      useFactory: createBridge,
      inject: [EventStore, ContextStore, Redis, Pool, Kafka, Config, LOGGER, Metrics],
    },
  ],
})
export class BridgeModule
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly stopping = new AbortController();
  private work: Promise<void> | undefined;

  constructor(
    private readonly bridge: Bridge,
    private readonly probe: KafkaProbe,
    health: HealthChecks,
  ) {
    health.addCheck('kafka', () => probe.ping());
    health.addDetail('bridge', async () => ({
      slots: bridge.slots.work.map(({ lease }) => lease.partition),
      waiting_for_kafka: bridge.backlog,
      open_inquiries: bridge.inquiries.open,
      open_circuits: bridge.inquiries.openCircuits(),
    }));
  }

  onApplicationBootstrap(): void {
    this.work = this.bridge.run(this.stopping.signal);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.work;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.probe.close();
  }
}
