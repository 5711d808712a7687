import { Module } from '@nestjs/common';
import { retentionConfigProvider } from '#privacy';
import { AgentCommands } from './common/agent-commands.ts';
import { ApiNode } from './common/api-node.ts';
import { LostDetaches } from './common/lost-detaches.ts';
import { AgentMetrics } from './common/metrics.ts';
import { DeliveryMaintenance } from './delivery/maintenance.ts';
import { Notifier } from './delivery/notifier.ts';
import { DeliveryRecords } from './delivery/delivery-records.ts';
import { UpdateDispatcher } from './delivery/update-dispatcher.ts';
import { Connections } from './gateway/connections.ts';
import { AgentGateway } from './gateway/gateway.ts';
import { Handshake } from './gateway/handshake.ts';
import { ConnectionMaintenance } from './gateway/maintenance.ts';
import { SessionAssignment } from './gateway/session-assignment.ts';
import { UpgradeAccess } from './gateway/upgrade.ts';
import { AgentsController } from './controller.ts';
import { RegistryMaintenance } from './registry/maintenance.ts';
import { MissingSessions } from './registry/missing-sessions.ts';
import { Recovery } from './registry/recovery.ts';
import { RegistryHealth } from './registry/health.ts';
import { Registry } from './registry/registry.ts';
import { RegistryViews } from './registry/views.ts';
import { WaitingSessions } from './registry/waiting-sessions.ts';
import { StreamController } from './sse/stream.controller.ts';

/** Live agents: connections, ownership of sessions, and delivery of updates. */
@Module({
  controllers: [AgentsController, StreamController],
  providers: [
    retentionConfigProvider,
    ApiNode,
    AgentMetrics,
    AgentCommands,
    LostDetaches,
    Registry,
    RegistryViews,
    RegistryHealth,
    WaitingSessions,
    MissingSessions,
    Recovery,
    RegistryMaintenance,
    Notifier,
    DeliveryRecords,
    UpdateDispatcher,
    DeliveryMaintenance,
    Connections,
    SessionAssignment,
    Handshake,
    ConnectionMaintenance,
    UpgradeAccess,
    AgentGateway,
  ],
  exports: [Notifier],
})
export class AgentsModule {}
