import { setImmediate as afterPendingInput } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { Logger } from '#platform';
import { Config, InjectLogger } from '#platform';
import { BackgroundWork } from '../common/background-work.ts';
import { GracePeriod } from '../common/grace-period.ts';
import { Notifier } from '../delivery/notifier.ts';
import { Registry } from '../registry/registry.ts';
import type { Connection } from './connection.ts';
import { closeCodes } from './connection.ts';
import { Connections } from './connections.ts';
import { Handshake } from './handshake.ts';
import { SessionAssignment } from './session-assignment.ts';

const renewMs = 250;

/** The periodic tasks of the gateway: leases, slow readers, and the registry's view of its instances. */
@Injectable()
export class ConnectionMaintenance implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly work: BackgroundWork;
  /** Takeovers and repairs: leases are renewed meanwhile, however many sessions they concern. */
  private readonly sessionWork: BackgroundWork;
  /** The connections that are being repaired. */
  private readonly repairing = new Set<Connection>();
  /** During this period no connection is closed for being silent. */
  private readonly grace: GracePeriod;

  constructor(
    private readonly connections: Connections,
    private readonly handshake: Handshake,
    private readonly assignment: SessionAssignment,
    private readonly registry: Registry,
    private readonly config: Config,
    notifier: Notifier,
    @InjectLogger() logger: Logger,
  ) {
    this.work = new BackgroundWork(logger);
    this.sessionWork = new BackgroundWork(logger);
    this.grace = new GracePeriod(renewMs, config.agentLeaseMs / 2);
    notifier.onNodeMessage((message) => this.onNodeMessage(message));
    notifier.onReconnect(() => this.registerAll());
  }

  onApplicationBootstrap(): void {
    this.work.every(renewMs, () => this.renewLeases());
    this.work.every(this.config.agentLeaseMs / 2, () => this.checkReaders());
  }

  /** Sends the instances to other nodes, where they resume their sessions. */
  async beforeApplicationShutdown(): Promise<void> {
    const stopped = Promise.all([this.work.stop(), this.sessionWork.stop()]);
    for (const connection of this.connections.all()) {
      connection.close(closeCodes.restarting, 'restarting');
      this.connections.remove(connection);
    }
    await stopped;
  }

  private onNodeMessage(message: string): void {
    const [type, instance = '', third = '', epoch] = message.split(' ');
    const connection = this.connections.ofInstance(instance);
    if (!connection) return;
    if (type === 'assign') {
      const session = { session_id: third, epoch: Number(epoch) };
      this.sessionWork.once(() => this.assignment.takeOver(connection, session));
    } else if (type === 'superseded' && connection.member.conn === third) {
      this.connections.supersede(connection);
    }
  }

  private async renewLeases(): Promise<void> {
    // Processes first the frames that arrived while this process was suspended.
    await afterPendingInput();
    const now = performance.now();
    const hasGrace = this.grace.lasts();
    const alive: { connection: Connection; member: Connection['member']; leftMs: number }[] = [];
    for (const connection of this.connections.all()) {
      const leftMs = connection.leaseLeftMs(this.config.agentLeaseMs, now);
      if (leftMs <= 0) {
        if (hasGrace) continue;
        connection.terminate(closeCodes.leaseOver, 'no heartbeat');
        this.connections.remove(connection);
      } else if (connection.needsRenewal) {
        alive.push({ connection, member: connection.member, leftMs });
      }
    }
    if (alive.length === 0) return;
    const counts = await this.registry.renew(alive);
    for (const [index, { connection }] of alive.entries()) {
      connection.markRenewed(now);
      this.compare(connection, counts[index] ?? -1);
    }
  }

  /**
   * @param count the sessions that the registry counts; -1: it does not know the instance; -2: it has a newer
   * connection
   */
  private compare(connection: Connection, count: number): void {
    if (count === -2) return this.connections.supersede(connection);
    if (this.repairing.has(connection)) return;
    if (count === -1) this.repair(connection, () => this.handshake.register(connection));
    else if (!connection.agreesWith(count))
      this.repair(connection, () => this.handshake.reconcile(connection));
  }

  /** Registers all instances of this node again. */
  private registerAll(): void {
    for (const connection of this.connections.all())
      if (connection.isKnown) this.repair(connection, () => this.handshake.register(connection));
  }

  /** Repairs a connection, unless that is in progress. What fails, or changes meanwhile, the next comparison shows. */
  private repair(connection: Connection, work: () => Promise<void>): void {
    if (this.repairing.has(connection)) return;
    this.repairing.add(connection);
    this.sessionWork.once(() => work().finally(() => this.repairing.delete(connection)));
  }

  private async checkReaders(): Promise<void> {
    // Processes first the pongs that arrived while this process was suspended.
    await afterPendingInput();
    for (const connection of this.connections.all()) connection.checkReader();
  }
}
