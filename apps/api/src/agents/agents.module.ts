import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Global, Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { Logger } from '#platform';
import { Config, LOGGER, Metrics } from '#platform';
import { AgentCommands } from './agent-commands.ts';
import { AgentsController } from './agents.controller.ts';
import { UpdateDispatcher } from './delivery/update-dispatcher.ts';
import { AgentGateway } from './gateway/gateway.ts';
import { SessionAssignment } from './gateway/session-assignment.ts';
import { AgentMetrics } from './metrics.ts';
import { AgentMaintenance } from './registry/maintenance.ts';
import { Recovery } from './registry/recovery.ts';
import { AgentRuntime } from './runtime.ts';
import { StreamController } from './sse/stream.controller.ts';

/** The node's name in the agents' registry: another one after each start. */
const nodeName = ({ port }: Config): string => `${hostname()}:${port}:${randomUUID().slice(0, 8)}`;

/** Live agents. */
@Global()
@Module({
  controllers: [AgentsController, StreamController],
  providers: [
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
    AgentCommands,
    UpdateDispatcher,
    SessionAssignment,
    Recovery,
    AgentMaintenance,
    AgentGateway,
  ],
  exports: [AgentRuntime],
})
export class AgentsModule {}
