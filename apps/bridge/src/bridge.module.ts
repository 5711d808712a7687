import type {
  BeforeApplicationShutdown,
  OnApplicationBootstrap,
  OnApplicationShutdown,
} from '@nestjs/common';
import { Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Kafka } from 'kafkajs';
import { Pool } from 'pg';
import { DeclarationsModule } from '#declarations';
import { consumerClientId, createKafka, KafkaProbe } from '#messaging';
import type { Logger } from '#platform';
import { Config, HealthChecks, LOGGER, RedisBreaker, redisBreakerProvider } from '#platform';
import { retentionConfigProvider } from '#privacy';
import { ContextStore, notifyOwner, ReadModelsModule, SessionCache, SessionMemory } from '#read-models';
import { PrivacyModule } from '#privacy';
import { CommandExecutor, EventStore, explainingDenial, SessionsModule } from '#sessions';
import { BackingServices } from './common/backing-services.ts';
import { BridgeConfig, loadBridgeConfigOrExit } from './common/config.ts';
import { DUE_SESSIONS, dueSessionsIn } from './expiry/due-sessions.ts';
import { Eraser } from './erasure/eraser.ts';
import { PartnerFollower } from './erasure/follower.ts';
import { ErasureWorker } from './erasure/worker.ts';
import { ExpiryTimer } from './expiry/timer.ts';
import { HistoryTimer } from './history/timer.ts';
import { ConsumerLag } from './inbound/consumer-lag.ts';
import { InboundConsumers } from './inbound/consumers.ts';
import { DeclaredEvents } from './inbound/declared-events.ts';
import { ExternalUpdates } from './inbound/external-updates.ts';
import { InquiryReplies } from './inbound/inquiry-replies.ts';
import { InquiryCheckpoint } from './inquiries/checkpoint.ts';
import { Circuits } from './inquiries/circuits.ts';
import { InquiryCommands } from './inquiries/commands.ts';
import { KafkaPresence } from './inquiries/kafka-presence.ts';
import { Deadlines } from './inquiries/deadlines.ts';
import { RequestScheduler } from './inquiries/request-scheduler.ts';
import { RequestSender } from './inquiries/request-sender.ts';
import { InquiryRunner } from './inquiries/runner.ts';
import { UrgentTasks } from './common/urgent-tasks.ts';
import { BridgeMetrics } from './common/metrics.ts';
import { OutboundPartitions } from './outbound/partitions.ts';
import { isPublished } from './outbound/public-event.ts';
import { Producers } from './common/producers.ts';
import { isReferring } from './references/changes.ts';
import { IndexLag } from './references/index-lag.ts';
import { RetentionTimer } from './retention/timer.ts';
import { SessionFinder } from './references/session-finder.ts';
import { UpdateHousekeeping } from './updates/housekeeping.ts';
import { KeptUpdates } from './updates/kept-updates.ts';
import { LateUpdates } from './updates/late-updates.ts';
import { Ownership } from './updates/ownership.ts';
import { UpdateRecorder } from './updates/recorder.ts';
import { READ_SESSION, readFrom, SUBSCRIBE, subscribeTo } from './common/session-events.ts';

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
  { provide: DUE_SESSIONS, useFactory: dueSessionsIn, inject: [Pool] },
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

/**
 * Kafka in and out, inquiries, and the expiry of sessions: independent loops. Without Kafka nothing is read or
 * published; sessions expire, and open inquiries close at their deadline.
 */
@Module({
  imports: [
    PrivacyModule,
    SessionsModule.forRoot({ whenFull: 'wait' }),
    ReadModelsModule,
    DeclarationsModule,
  ],
  providers: [
    ...clients,
    BackingServices,
    BridgeMetrics,
    Producers,
    ConsumerLag,
    InboundConsumers,
    DeclaredEvents,
    ExternalUpdates,
    InquiryReplies,
    IndexLag,
    KeptUpdates,
    LateUpdates,
    Ownership,
    UpdateHousekeeping,
    UpdateRecorder,
    SessionFinder,
    OutboundPartitions,
    InquiryRunner,
    InquiryCheckpoint,
    InquiryCommands,
    KafkaPresence,
    Circuits,
    Deadlines,
    UrgentTasks,
    RequestScheduler,
    RequestSender,
    ExpiryTimer,
    PartnerFollower,
    Eraser,
    ErasureWorker,
    RetentionTimer,
    HistoryTimer,
  ],
})
export class BridgeModule
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly stopping = new AbortController();
  private running: Promise<unknown> | undefined;

  constructor(
    private readonly consumers: InboundConsumers,
    private readonly lag: ConsumerLag,
    private readonly partitions: OutboundPartitions,
    private readonly inquiries: InquiryRunner,
    private readonly requests: RequestSender,
    private readonly presence: KafkaPresence,
    private readonly expiry: ExpiryTimer,
    private readonly housekeeping: UpdateHousekeeping,
    private readonly partners: PartnerFollower,
    private readonly erasures: ErasureWorker,
    private readonly retention: RetentionTimer,
    private readonly history: HistoryTimer,
    private readonly producers: Producers,
    private readonly kafka: KafkaProbe,
    private readonly config: Config,
    circuits: Circuits,
    index: IndexLag,
    metrics: BridgeMetrics,
    store: EventStore,
    health: HealthChecks,
  ) {
    if (this.hasKafka) health.addCheck('kafka', () => kafka.ping());
    health.addCheck(
      'event_store_all',
      explainingDenial(() => store.head()),
    );
    metrics.observeIndexLag(() => index.seconds());
    health.addDetail('index', async () => {
      const obstacle = await index.obstacle();
      return { lag_s: await index.seconds(), ...(obstacle && { updates_wait: obstacle.message }) };
    });
    health.addDetail('bridge', async () => ({
      slots: partitions.owned,
      topics: consumers.topics,
      waiting_for_kafka: partitions.backlog,
      open_inquiries: inquiries.open,
      open_circuits: circuits.open,
    }));
  }

  onApplicationBootstrap(): void {
    const { consumers, lag, partitions, inquiries, requests, presence, expiry, housekeeping } = this;
    const { partners, erasures, retention, history } = this;
    const always = [
      partitions,
      inquiries,
      requests,
      expiry,
      housekeeping,
      partners,
      erasures,
      retention,
      history,
    ];
    const loops = this.hasKafka ? [consumers, lag, presence, ...always] : always;
    this.running = Promise.all(loops.map((loop) => loop.run(this.stopping.signal)));
  }

  private get hasKafka(): boolean {
    return this.config.kafka.brokers.length > 0;
  }

  /** Resolves when the current work is done; the clients close afterwards. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.producers.close(), this.kafka.close()]);
  }
}
