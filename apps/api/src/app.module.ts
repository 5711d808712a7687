import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Pool } from 'pg';
import { SessionsModule } from '#sessions';
import { HealthChecks } from '#platform';
import { projectionLag } from '#partitions';
import { ReadModelsModule } from '#read-models';
import { AgentsModule } from './agents/agents.module.ts';
import { CommonModule } from './common/common.module.ts';
import { CommandsController } from './sessions/commands.controller.ts';
import { ExecuteCommandsHandler } from './sessions/execute-commands.ts';
import { InquiriesController } from './inquiries/inquiries.controller.ts';
import { GetInquiryHandler } from './inquiries/get-inquiry.ts';
import { ExplainContextHandler, GetContextHandler, GetEventsHandler } from './context/queries.ts';
import { ReadsController } from './history/reads.controller.ts';
import { StartSessionHandler } from './sessions/start-session.ts';

@Module({
  imports: [CqrsModule.forRoot(), SessionsModule, ReadModelsModule, CommonModule, AgentsModule],
  controllers: [CommandsController, InquiriesController, ReadsController],
  providers: [
    ExecuteCommandsHandler,
    StartSessionHandler,
    GetContextHandler,
    ExplainContextHandler,
    GetEventsHandler,
    GetInquiryHandler,
  ],
})
export class AppModule {
  constructor(health: HealthChecks, pool: Pool) {
    health.addDetail('projections', async () =>
      (await projectionLag(pool)).map((slot) => ({ ...slot, position: String(slot.position ?? '') })),
    );
  }
}
