import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config, inParallel, Semaphore } from '#platform';
import { mayActAs, mayJoin } from '#privacy';
import { UnprojectableEventError } from '#sessions';
import { ApiNode } from '../common/api-node.ts';
import { Registry } from '../registry/registry.ts';
import type { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import { errorFrame } from './error-frame.ts';
import type { Hello, Resume } from './frames.ts';
import { SessionAssignment } from './session-assignment.ts';

/** Sessions resumed concurrently for one instance and for all instances: many reconnect when a node dies. */
const resumedAtOnce = 16;
const resumedAtOnceInAll = 200;

/** Connects and reconnects instances. */
@Injectable()
export class Handshake {
  private readonly limit = new Semaphore(resumedAtOnceInAll);

  constructor(
    private readonly connections: Connections,
    private readonly registry: Registry,
    private readonly assignment: SessionAssignment,
    private readonly node: ApiNode,
    private readonly config: Config,
  ) {}

  /** An instance introduces itself, with the sessions that it owned on an earlier connection. */
  async hello(connection: Connection, frame: Hello): Promise<void> {
    const { instance, pool, capacity, echo, draining, resume, attempt } = frame;
    if (!mayActAs(connection.caller, instance))
      return connection.forbid(`The token is not for the instance ${instance}.`);
    if (!mayJoin(connection.caller, pool)) return connection.forbid(`The token is not for the pool ${pool}.`);
    const lease_ms = this.config.agentLeaseMs;
    const member = { instance, pool, capacity, conn: randomUUID(), attempt };
    if (draining) connection.startDraining();
    const owned = await this.registry.register(member, lease_ms, draining);
    if (typeof owned === 'number') return this.refuseStale(connection, attempt, owned);
    if (!connection.isOpen) return this.registry.leave(member);
    this.connections.setLatest(instance, connection);
    connection.welcome(member, echo);
    const heartbeat_ms = Math.floor(lease_ms / 3);
    connection.send({ type: 'welcome', node: this.node.name, lease_ms, heartbeat_ms });
    await inParallel(resume, resumedAtOnce, (item) => this.limit.run(() => this.resume(connection, item)));
    const resumed = new Set(resume.map(({ session_id }) => session_id));
    for (const item of owned)
      if (!resumed.has(item.session_id))
        await this.limit.run(() => this.assignment.takeOver(connection, item));
    if (draining) await this.assignment.drain(connection);
  }

  /** Tells the instance the attempt from which it may count on, in case its own is wrong. */
  private refuseStale(connection: Connection, attempt: number, newest: number): void {
    const detail = `The hello has attempt ${attempt}; the instance is connected by attempt ${newest}.`;
    connection.send({ type: 'error', code: 'stale_attempt', detail, attempt: newest });
    this.connections.supersede(connection, 'stale_attempt');
  }

  /**
   * A session that is set aside does not hold up others: the instance is told, and takes the session over once it can
   * be folded.
   */
  private async resume(connection: Connection, item: Resume): Promise<void> {
    if (!connection.isOpen) return;
    try {
      await this.assignment.resume(connection, item);
    } catch (error) {
      if (!(error instanceof UnprojectableEventError)) throw error;
      connection.send(errorFrame(error, item.session_id));
    }
  }

  /** Registers an instance and its sessions again after the registry was lost or forgot the instance. */
  async register(connection: Connection): Promise<void> {
    const { member, isDraining } = connection;
    const owned = await this.registry.register(member, this.config.agentLeaseMs, isDraining);
    if (typeof owned === 'number') return;
    for (const attachment of connection.attachments) {
      await this.assignment.register(connection, attachment.sessionId, attachment.epoch);
      attachment.readAgain();
    }
    if (connection.isDraining) await this.assignment.drain(connection);
  }

  /** Registers all instances of this node again. */
  async registerAll(): Promise<void> {
    for (const connection of this.connections.all()) if (connection.isKnown) await this.register(connection);
  }
}
