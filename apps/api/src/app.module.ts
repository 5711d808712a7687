import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Pool } from 'pg';
import { DeclarationsModule } from '#declarations';
import { PrivacyModule } from '#privacy';
import { SessionsModule } from '#sessions';
import { HealthChecks } from '#platform';
import { projectionLag } from '#partitions';
import { ReadModelsModule } from '#read-models';
import { AdmissionModule } from './admission/module.ts';
import { AgentsModule } from './agents/module.ts';
import { AsyncApiController } from './asyncapi/controller.ts';
import { CommonModule } from './common/module.ts';
import { ContextModule } from './context/module.ts';
import { HistoryModule } from './history/module.ts';
import { InquiriesModule } from './inquiries/module.ts';
import { ErasureModule } from './privacy/erasure/module.ts';
import { CommandsModule } from './sessions/module.ts';

@Module({
  imports: [
    CqrsModule.forRoot(),
    PrivacyModule,
    SessionsModule.forRoot({ whenFull: 'refuse' }),
    ReadModelsModule,
    DeclarationsModule,
    CommonModule,
    AdmissionModule,
    CommandsModule,
    InquiriesModule,
    ContextModule,
    HistoryModule,
    AgentsModule,
    ErasureModule,
  ],
  controllers: [AsyncApiController],
})
export class AppModule {
  constructor(health: HealthChecks, pool: Pool) {
    health.addDetail('projections', async () =>
      (await projectionLag(pool)).map((partition) => ({
        ...partition,
        position: String(partition.position ?? ''),
      })),
    );
  }
}
