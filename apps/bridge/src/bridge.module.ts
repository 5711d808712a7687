import { Module } from '@nestjs/common';
import { DeclarationsModule } from '#declarations';
import { HealthChecks } from '#platform';
import { PrivacyModule } from '#privacy';
import { ReadModelsModule } from '#read-models';
import { SessionsModule } from '#sessions';
import { ClientsModule } from './clients.module.ts';
import { ErasureModule } from './erasure/module.ts';
import { ExpiryModule } from './expiry/module.ts';
import { HistoryModule } from './history/module.ts';
import { InboundConsumers } from './inbound/consumers.ts';
import { InboundModule } from './inbound/module.ts';
import { Circuits } from './inquiries/circuits.ts';
import { InquiriesModule } from './inquiries/module.ts';
import { InquiryRunner } from './inquiries/runner.ts';
import { OutboundModule } from './outbound/module.ts';
import { OutboundPartitions } from './outbound/partitions.ts';
import { ReferencesModule } from './references/module.ts';
import { RetentionModule } from './retention/module.ts';
import { UpdatesModule } from './updates/module.ts';

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
    ClientsModule,
    InboundModule,
    OutboundModule,
    ReferencesModule,
    UpdatesModule,
    InquiriesModule,
    ExpiryModule,
    ErasureModule,
    RetentionModule,
    HistoryModule,
  ],
})
export class BridgeModule {
  constructor(
    consumers: InboundConsumers,
    partitions: OutboundPartitions,
    inquiries: InquiryRunner,
    circuits: Circuits,
    health: HealthChecks,
  ) {
    health.addCheck('partitions', async () => partitions.checkProgress());
    health.addDetail('bridge', async () => ({
      slots: partitions.owned,
      topics: consumers.topics,
      waiting_for_kafka: partitions.backlog,
      open_inquiries: inquiries.open,
      open_circuits: circuits.open,
    }));
  }
}
