import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Pool } from 'pg';
import { CommandExecutor, EventStore } from '#sessions';
import { ContextStore, SessionCache } from '#read-models';
import { AgentCommands } from './agents/agent-commands.ts';
import { AgentsController } from './agents/agents.controller.ts';
import { AgentRuntime } from './agents/runtime.ts';
import { AgentGateway } from './agents/gateway/gateway.ts';
import { UpdateDispatcher } from './agents/delivery/update-dispatcher.ts';
import { AgentMaintenance } from './agents/registry/maintenance.ts';
import { SessionAssignment } from './agents/gateway/session-assignment.ts';
import { Recovery } from './agents/registry/recovery.ts';
import { StreamController } from './agents/sse/stream.controller.ts';
import { CommandsController } from './sessions/commands.controller.ts';
import { ExecuteCommandsHandler } from './sessions/execute-commands.ts';
import { InquiriesController } from './inquiries/inquiries.controller.ts';
import { GetInquiryHandler } from './inquiries/get-inquiry.ts';
import { ExplainContextHandler, GetContextHandler, GetEventsHandler } from './context/queries.ts';
import { ReadsController } from './history/reads.controller.ts';
import { StartSessionHandler } from './sessions/start-session.ts';

/** The engines that the api stands on. */
export interface Engines {
  readonly store: EventStore;
  readonly contexts: ContextStore;
  readonly pool: Pool;
  readonly agents: AgentRuntime;
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
    UpdateDispatcher,
    SessionAssignment,
    Recovery,
    AgentMaintenance,
    AgentGateway,
    GetInquiryHandler,
  ],
})
export class AppModule {
  static with({ store, contexts, pool, agents }: Engines, sessionIdleS: number): DynamicModule {
    const sessionCache = new SessionCache(store, contexts, 'passes');
    const executor = new CommandExecutor(store, sessionCache, (appended) => agents.appended(appended));
    const providers = [
      { provide: EventStore, useValue: store },
      { provide: ContextStore, useValue: contexts },
      { provide: SessionCache, useValue: sessionCache },
      { provide: CommandExecutor, useValue: executor },
      { provide: Pool, useValue: pool },
      { provide: AgentRuntime, useValue: agents },
      { provide: 'SESSION_IDLE_S', useValue: sessionIdleS },
    ];
    return { module: AppModule, providers };
  }
}
