import { Module } from '@nestjs/common';
import { AgentCommands } from './common/agent-commands.ts';
import { ApiNode } from './common/api-node.ts';
import { AgentMetrics } from './common/metrics.ts';
import { DeliveryMaintenance } from './delivery/maintenance.ts';
import { Notifier } from './delivery/notifier.ts';
import { UpdateDispatcher } from './delivery/update-dispatcher.ts';
import { Connections } from './gateway/connections.ts';
import { AgentGateway } from './gateway/gateway.ts';
import { Handshake } from './gateway/handshake.ts';
import { ConnectionMaintenance } from './gateway/maintenance.ts';
import { SessionAssignment } from './gateway/session-assignment.ts';
import { AgentsController } from './controller.ts';
import { RegistryMaintenance } from './registry/maintenance.ts';
import { Recovery } from './registry/recovery.ts';
import { Registry } from './registry/registry.ts';
import { StreamController } from './sse/stream.controller.ts';

/** Live agents: their connections, the sessions that they own, and what is delivered to them. */
@Module({
  controllers: [AgentsController, StreamController],
  providers: [
    ApiNode,
    AgentMetrics,
    AgentCommands,
    Registry,
    Recovery,
    RegistryMaintenance,
    Notifier,
    UpdateDispatcher,
    DeliveryMaintenance,
    Connections,
    SessionAssignment,
    Handshake,
    ConnectionMaintenance,
    AgentGateway,
  ],
})
export class AgentsModule {}
