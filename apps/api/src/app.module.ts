import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { CommandExecutor, EventStore, SessionsModule } from '#sessions';
import type { Logger } from '#platform';
import { Config, HealthChecks, LOGGER, Metrics } from '#platform';
import { projectionLag } from '#partitions';
import { ContextStore, ReadModelsModule, SessionCache } from '#read-models';
import { AgentCommands } from './agents/agent-commands.ts';
import { AgentsController } from './agents/agents.controller.ts';
import { AgentRuntime } from './agents/runtime.ts';
import { AgentMetrics } from './agents/metrics.ts';
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

/** The node's name in the agents' registry: another one after each start. */
const nodeName = ({ port }: Config): string => `${hostname()}:${port}:${randomUUID().slice(0, 8)}`;

@Module({
  imports: [CqrsModule.forRoot(), SessionsModule, ReadModelsModule],
  controllers: [CommandsController, InquiriesController, ReadsController, AgentsController, StreamController],
  providers: [
    {
      provide: SessionCache,
      useFactory: (store: EventStore, contexts: ContextStore) => new SessionCache(store, contexts, 'passes'),
      inject: [EventStore, ContextStore],
    },
    {
      provide: CommandExecutor,
      useFactory: (store: EventStore, sessionCache: SessionCache, agents: AgentRuntime) =>
        new CommandExecutor(store, sessionCache, (appended) => agents.appended(appended)),
      inject: [EventStore, SessionCache, AgentRuntime],
    },
    {
      provide: AgentRuntime,
      useFactory: (redis: Redis, config: Config, logger: Logger, metrics: Metrics) =>
        new AgentRuntime(redis, {
          node: nodeName(config),
          leaseMs: config.agentLeaseMs,
          unansweredHandoffS: config.unansweredHandoffS,
          logger,
          metrics: new AgentMetrics(metrics),
        }),
      inject: [Redis, Config, LOGGER, Metrics],
    },
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
  constructor(health: HealthChecks, pool: Pool) {
    health.addDetail('projections', async () =>
      (await projectionLag(pool)).map((slot) => ({ ...slot, position: String(slot.position ?? '') })),
    );
  }
}
