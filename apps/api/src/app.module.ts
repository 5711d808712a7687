import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Pool } from 'pg';
import { EventStore } from '#event-store';
import { ContextStore, Snapshots } from '#read-models';
import { AgentCommands } from './agents/agent-commands.ts';
import { AgentsController } from './agents/agents.controller.ts';
import { AgentEngines } from './agents/engines.ts';
import { AgentGateway } from './agents/gateway.ts';
import { AgentHub } from './agents/hub.ts';
import { AgentKeeper } from './agents/keeper.ts';
import { Membership } from './agents/membership.ts';
import { Recovery } from './agents/recovery.ts';
import { StreamController } from './agents/stream.controller.ts';
import { CommandsController } from './commands.controller.ts';
import { ExecuteCommandsHandler } from './execute-commands.ts';
import { InquiriesController } from './inquiries.controller.ts';
import { GetInquiryHandler } from './inquiry-query.ts';
import { ExplainContextHandler, GetContextHandler, GetEventsHandler } from './queries.ts';
import { ReadsController } from './reads.controller.ts';
import { StartSessionHandler } from './start-session.ts';

/** The engines that the api stands on. */
export interface Engines {
  readonly store: EventStore;
  readonly contexts: ContextStore;
  readonly pool: Pool;
  readonly agents: AgentEngines;
}

@Module({
  imports: [CqrsModule.forRoot()],
  controllers: [CommandsController, InquiriesController, ReadsController, AgentsController, StreamController],
  providers: [
    ExecuteCommandsHandler,
    StartSessionHandler,
    GetContextHandler,
    ExplainContextHandler,
    GetEventsHandler,
    AgentCommands,
    AgentHub,
    Membership,
    Recovery,
    AgentKeeper,
    AgentGateway,
    GetInquiryHandler,
  ],
})
export class AppModule {
  static with({ store, contexts, pool, agents }: Engines, sessionIdleS: number): DynamicModule {
    const providers = [
      { provide: EventStore, useValue: store },
      { provide: ContextStore, useValue: contexts },
      { provide: Snapshots, useValue: new Snapshots(store, contexts, 'passes') },
      { provide: Pool, useValue: pool },
      { provide: AgentEngines, useValue: agents },
      { provide: 'SESSION_IDLE_S', useValue: sessionIdleS },
    ];
    return { module: AppModule, providers };
  }
}
