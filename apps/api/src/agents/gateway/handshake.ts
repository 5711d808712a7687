import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config, inParallel, Semaphore } from '#platform';
import { mayActAs, mayJoin } from '#privacy';
import { UnprojectableEventError } from '#sessions';
import { ApiNode } from '../common/api-node.ts';
import type { Attachment } from '../delivery/attachment.ts';
import { Registry } from '../registry/registry.ts';
import type { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import { errorFrame } from './error-frame.ts';
import type { Hello, Resume } from './frames.ts';
import { SessionAssignment } from './session-assignment.ts';

/**
 * Sessions resumed, taken over or registered concurrently for one instance and for all instances: many reconnect when
 * a node dies, and all are registered again when Redis is lost.
 */
const sessionsAtOnce = 16;
const sessionsAtOnceInAll = 200;

/** Connects and reconnects instances, and makes the registry and their connections agree again. */
@Injectable()
export class Handshake {
  private readonly limit = new Semaphore(sessionsAtOnceInAll);

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
    await this.each(connection, resume, (item) => this.resume(connection, item));
    const resumed = new Set(resume.map(({ session_id }) => session_id));
    const others = owned.filter(({ session_id }) => !resumed.has(session_id));
    await this.each(connection, others, (item) => this.assignment.takeOver(connection, item));
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
    const register = async () =>
      connection.isOpen ? this.registry.register(member, this.config.agentLeaseMs, isDraining) : undefined;
    if (!Array.isArray(await this.limit.run(register))) return;
    await this.each(connection, connection.attachments, (item) => this.registerSession(connection, item));
    if (connection.isDraining) await this.assignment.drain(connection);
  }

  /** The registry and the connection differ: the message that gave or took a session was lost. */
  async reconcile(connection: Connection): Promise<void> {
    const owned = await this.limit.run(() => this.registry.owned(connection.member));
    await this.each(connection, owned, (item) => this.assignment.takeOver(connection, item));
    const known = new Set(owned.map(({ session_id }) => session_id));
    const unknown = [...connection.attachments].filter(({ sessionId }) => !known.has(sessionId));
    await this.each(connection, unknown, (item) => this.registerSession(connection, item));
  }

  private async registerSession(connection: Connection, attachment: Attachment): Promise<void> {
    await this.assignment.register(connection, attachment.sessionId, attachment.epoch);
    attachment.readAgain();
  }

  /** Works on sessions of a connection, a few at a time, until it closes. */
  private each<T>(
    connection: Connection,
    sessions: Iterable<T>,
    work: (session: T) => Promise<void>,
  ): Promise<void> {
    const workWhileOpen = async (session: T): Promise<void> => {
      if (connection.isOpen) await work(session);
    };
    return inParallel(sessions, sessionsAtOnce, (session) => this.limit.run(() => workWhileOpen(session)));
  }
}
