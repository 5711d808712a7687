import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Pool } from 'pg';
import { EventStore } from '#event-store';
import { ContextStore } from '#read-models';
import { CommandsController } from './commands.controller.ts';
import { ExecuteCommandsHandler } from './execute-commands.ts';
import { InquiriesController } from './inquiries.controller.ts';
import { GetInquiryHandler } from './inquiry-query.ts';
import { ExplainContextHandler, GetContextHandler, GetEventsHandler } from './queries.ts';
import { ReadsController } from './reads.controller.ts';
import { Snapshots } from './snapshots.ts';
import { StartSessionHandler } from './start-session.ts';

/** The engines that the api stands on. */
export interface Engines {
  readonly store: EventStore;
  readonly contexts: ContextStore;
  readonly pool: Pool;
}

@Module({
  imports: [CqrsModule.forRoot()],
  controllers: [CommandsController, InquiriesController, ReadsController],
  providers: [
    Snapshots,
    ExecuteCommandsHandler,
    StartSessionHandler,
    GetContextHandler,
    ExplainContextHandler,
    GetEventsHandler,
    GetInquiryHandler,
  ],
})
export class AppModule {
  static with({ store, contexts, pool }: Engines, sessionIdleS: number): DynamicModule {
    const providers = [
      { provide: EventStore, useValue: store },
      { provide: ContextStore, useValue: contexts },
      { provide: Pool, useValue: pool },
      { provide: 'SESSION_IDLE_S', useValue: sessionIdleS },
    ];
    return { module: AppModule, providers };
  }
}
