import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Pool } from 'pg';
import { DeclarationsModule } from '#declarations';
import { PrivacyModule } from '#privacy';
import { SessionsModule } from '#sessions';
import { HealthChecks } from '#platform';
import { projectionLag } from '#partitions';
import { ReadModelsModule } from '#read-models';
import { AccessLogModule } from './access-log/module.ts';
import { AccessTokensModule } from './access-tokens/module.ts';
import { AccessModule } from './access/module.ts';
import { AdmissionModule } from './admission/module.ts';
import { AnalysisModule } from './analysis/module.ts';
import { AnalystsModule } from './analysts/module.ts';
import { AgentsModule } from './agents/module.ts';
import { AsyncApiController } from './asyncapi/controller.ts';
import { CellsModule } from './cells/module.ts';
import { CommonModule } from './common/module.ts';
import { ContextModule } from './context/module.ts';
import { DetokeniseModule } from './detokenise/module.ts';
import { ExportsModule } from './exports/module.ts';
import { ForksModule } from './forks/module.ts';
import { HistoryProofModule } from './history-proof/module.ts';
import { HistoryModule } from './history/module.ts';
import { InquiriesModule } from './inquiries/module.ts';
import { ReadsModule } from './privacy/module.ts';
import { ErasureModule } from './erasure/module.ts';
import { TraceModule } from './trace/module.ts';
import { CommandsModule } from './sessions/module.ts';

@Module({
  imports: [
    CqrsModule.forRoot(),
    PrivacyModule,
    SessionsModule.forRoot({ whenFull: 'refuse' }),
    ReadModelsModule,
    DeclarationsModule,
    CommonModule,
    AccessModule,
    AdmissionModule,
    CellsModule,
    AnalystsModule,
    AnalysisModule,
    CommandsModule,
    ForksModule,
    InquiriesModule,
    ContextModule,
    HistoryModule,
    ExportsModule,
    TraceModule,
    HistoryProofModule,
    AgentsModule,
    AccessLogModule,
    ReadsModule,
    AccessTokensModule,
    DetokeniseModule,
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
