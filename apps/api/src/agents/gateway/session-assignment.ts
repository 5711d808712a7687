import { Injectable } from '@nestjs/common';
import type { AttachReason, Session } from '#domain';
import { isActiveIn, newSession } from '#domain';
import {
  CommandRejectedError,
  EventStore,
  foldStream,
  readSession,
  UnprojectableEventError,
} from '#sessions';
import { retry } from '#platform';
import { SessionCache } from '#read-models';
import { sessionNotFound } from '../../common/problems.ts';
import { isReached } from '../../common/reach.ts';
import { AgentCommands } from '../common/agent-commands.ts';
import { ApiNode } from '../common/api-node.ts';
import { LostDetaches } from '../common/lost-detaches.ts';
import { AgentMetrics } from '../common/metrics.ts';
import { Attachment } from '../delivery/attachment.ts';
import { DeliveryRecords } from '../delivery/delivery-records.ts';
import { UpdateDispatcher } from '../delivery/update-dispatcher.ts';
import type { OwnedSession, RegisteredOwner, WaitingSession } from '../registry/registry.ts';
import { Registry } from '../registry/registry.ts';
import type { Connection } from './connection.ts';
import { errorFrame } from './error-frame.ts';
import type { Resume } from './frames.ts';

/** Sessions moved per call of the registry. */
const movedAtOnce = 200;
/**
 * How often the registration of an owner is tried, and the pause in between, before it is left to the next
 * comparison.
 */
const registration = { attempts: 3, minMs: 20, maxMs: 20 };

interface AttachOptions {
  readonly after: number | null;
  readonly reason: AttachReason;
  /** The epoch that has to be the latest one; null: any. */
  readonly replaces: number | null;
}

/** Assigns sessions to instances. The stream decides first, then the registry follows. */
@Injectable()
export class SessionAssignment {
  /** Sessions with a takeover in progress: several messages may request it at once. */
  private readonly takingOver = new Set<string>();

  constructor(
    private readonly dispatcher: UpdateDispatcher,
    private readonly registry: Registry,
    private readonly commands: AgentCommands,
    private readonly lostDetaches: LostDetaches,
    private readonly store: EventStore,
    private readonly sessionCache: SessionCache,
    private readonly node: ApiNode,
    private readonly metrics: AgentMetrics,
    private readonly records: DeliveryRecords,
  ) {}

  /** The instance attaches a session, whoever owns it. */
  async attach(connection: Connection, sessionId: string, after: number | null): Promise<void> {
    const { capacity } = connection.member;
    if (connection.isDraining) {
      const detail = 'The instance drains: it gets no session.';
      connection.send({ type: 'error', code: 'draining', session_id: sessionId, detail });
      return;
    }
    if (!connection.attachment(sessionId) && connection.attachmentCount >= capacity) {
      const detail = `The instance owns ${capacity} sessions already.`;
      connection.send({ type: 'error', code: 'at_capacity', session_id: sessionId, detail });
      return;
    }
    await this.take(connection, sessionId, { after, reason: 'requested', replaces: null });
  }

  /** The instance gives a session back: no other instance gets it. */
  async detach(connection: Connection, sessionId: string): Promise<void> {
    const attachment = connection.attachment(sessionId);
    if (!attachment) {
      connection.send({ type: 'detached', session_id: sessionId, reason: 'not_attached' });
      return;
    }
    const { instance, epoch, caller } = attachment;
    await this.commands.detach(sessionId, { instance, epoch, caller }, 'requested', false);
    this.dispatcher.remove(attachment, 'requested');
    // A failure is corrected by the next comparison: the stream says that the session was given back.
    await this.registry.detach(sessionId, attachment.pool, instance, epoch).catch(() => undefined);
  }

  /** The instance is about to stop: its sessions go to other instances, or wait. */
  async drain(connection: Connection): Promise<void> {
    connection.startDraining();
    for (;;) {
      const { left, waiting } = await this.registry.drain(connection.member, movedAtOnce);
      await this.detachWaiting(waiting);
      if (left === 0) break;
    }
    connection.confirmDrained();
  }

  /**
   * The registry gave a session to the instance: its owner was gone, or handed it over. A session that is set aside
   * stays in the registry, and is taken over with a later comparison. If the instance drains by now, it hands the
   * session on.
   */
  async takeOver(connection: Connection, { session_id, epoch }: OwnedSession): Promise<void> {
    if (connection.isDraining) return this.drain(connection);
    if (connection.attachment(session_id) || this.takingOver.has(session_id)) return;
    this.takingOver.add(session_id);
    try {
      await this.take(connection, session_id, { after: null, reason: 'takeover', replaces: epoch });
      this.metrics.takeovers.inc();
    } catch (error) {
      if (error instanceof UnprojectableEventError) return;
      if (!(error instanceof CommandRejectedError)) throw error;
      await this.correctRegistry(connection, { session_id, epoch }, error);
    } finally {
      this.takingOver.delete(session_id);
    }
  }

  /** The instance resumes a session that it owned. If it no longer owns the session, it is told the current owner. */
  async resume(connection: Connection, { session_id, epoch, after }: Resume): Promise<void> {
    const { instance } = connection.member;
    // Without `after` it continues from the last acknowledgement, which another node may have recorded.
    const session = after === null ? this.sessionCache.latest(session_id) : this.sessionAt(session_id, epoch);
    const { state, revision } = await session;
    if (!isReached(connection.caller, state))
      return connection.send(errorFrame(sessionNotFound(), session_id));
    const { agent } = state;
    const isOwner = agent.instance === instance && agent.epoch === epoch;
    if (isOwner && agent.pool !== connection.member.pool)
      return this.takeOver(connection, { session_id, epoch });
    if (!isOwner) return this.sendReplaced(connection, session_id, epoch);
    // Nothing is awaited between the registration and the delivery, since another instance may attach the session.
    await this.recordRead(connection, session_id, state.identity.partner_id);
    const { acknowledged } = agent;
    const handled = await this.handledUpTo(session_id, acknowledged, after);
    const answer = await this.register(connection, session_id, epoch);
    if (answer === 'given' || answer === 'waiting') {
      connection.send({ type: 'detached', session_id, epoch, reason: 'drained' });
      return;
    }
    if (answer !== 'owner') return this.sendReplaced(connection, session_id, epoch);
    connection.send({ type: 'attached', session_id, epoch, acknowledged, reason: 'resumed' });
    const overAt = state.session.status === 'active' ? Infinity : revision;
    await this.dispatcher.add(new Attachment(session_id, connection, epoch, acknowledged, handled, overAt));
  }

  /** Tells an instance who owns a session that it owned at an epoch. */
  private async sendReplaced(connection: Connection, session_id: string, epoch: number): Promise<void> {
    const { agent } = (await this.sessionAt(session_id, epoch + 1)).state;
    const { instance, epoch: current, pool } = agent;
    // If the stream still has the instance's own epoch, the session is about to move to another instance.
    const holder = { instance: current === epoch ? null : instance, epoch: current, pool };
    connection.send({ type: 'detached', session_id, epoch, reason: 'replaced', holder });
  }

  private async take(connection: Connection, session_id: string, options: AttachOptions): Promise<void> {
    const { registry } = this;
    const { member } = connection;
    const before = connection.attachment(session_id);
    const attach = { node: this.node.name, owned: before?.epoch, ...options };
    const { session, revision } = await this.commands.attach(
      session_id,
      { ...member, caller: connection.caller },
      attach,
    );
    const { epoch, acknowledged } = session.state.agent;
    const { after, reason } = options;
    const attached = { type: 'attached', session_id, epoch, revision, acknowledged, reason };
    if (before?.epoch === epoch) {
      connection.send(attached);
      if (after !== null) this.dispatcher.acknowledge(before, after);
      return;
    }
    await this.recordRead(connection, session_id, session.state.identity.partner_id);
    const answer = await this.registerOwner(connection, session_id, epoch);
    if (!connection.isOpen || answer === 'given' || answer === 'waiting') return;
    if (answer === 'replaced') {
      const holder = await registry.session(session_id, member.pool);
      connection.send({ type: 'detached', session_id, epoch, reason: 'replaced', holder });
      return;
    }
    connection.send(attached);
    await this.dispatcher.add(new Attachment(session_id, connection, epoch, acknowledged));
    if (answer === 'unknown') await registry.attach(session_id, member, epoch);
  }

  /** Records the delivery as a read. @throws StoreUnavailableError: nothing may be delivered */
  private recordRead({ caller, member }: Connection, sessionId: string, partnerId: string): Promise<void> {
    return this.records.record({ sessionId, instance: member.instance, caller, partnerId });
  }

  /** Registers the owner of a session. If the instance drains by now, another one gets the session, or it waits. */
  async register({ member }: Connection, session_id: string, epoch: number): Promise<RegisteredOwner> {
    const answer = await this.registry.attach(session_id, member, epoch);
    if (answer === 'waiting') await this.detachWaiting([{ session_id, instance: member.instance, epoch }]);
    return answer;
  }

  /**
   * If the registry is unavailable for the moment, the stream has the owner, and the next comparison corrects the
   * registry.
   */
  private async registerOwner(
    connection: Connection,
    sessionId: string,
    epoch: number,
  ): Promise<RegisteredOwner> {
    const register = async (): Promise<RegisteredOwner> => {
      const answer = await this.register(connection, sessionId, epoch);
      if (answer === 'unknown') throw new Error(`The registry does not know ${connection.member.instance}.`);
      return answer;
    };
    return (await retry(register, registration).catch(() => undefined)) ?? 'unknown';
  }

  /** Records in the streams of waiting sessions that they have no owner. Failures are retried. */
  private async detachWaiting(waiting: readonly WaitingSession[]): Promise<void> {
    this.lostDetaches.add(waiting, 'drained');
    await this.lostDetaches.append().catch(() => undefined);
  }

  /**
   * Corrects the registry by the stream after a refused takeover: the instance itself owns the session, another one
   * does, or the session is over, or in another cell.
   */
  private async correctRegistry(
    connection: Connection,
    { session_id, epoch }: OwnedSession,
    { rejection }: CommandRejectedError,
  ): Promise<void> {
    const { instance } = connection.member;
    const { state } = (await readSession(this.store, session_id)) ?? newSession(session_id);
    const { agent, session } = state;
    // Offered again, the session would come back to this instance: tokens of a pool have to reach the same sessions,
    // and no instance gets the session of a partner who is being erased.
    const isOffered =
      rejection.code !== 'erasure_in_progress' &&
      isActiveIn(this.store.cell, session) &&
      isReached(connection.caller, state);
    if (isOffered && agent.instance === instance) {
      await this.takeAgain(connection, session_id, agent.epoch);
      return;
    }
    await this.registry.detach(session_id, connection.member.pool, instance, epoch);
    if (!isOffered || agent.pool === null) return;
    await this.registry.recover(session_id, agent.instance, agent.epoch, agent.pool);
  }

  /** If the session has changed once more, it is left to the next comparison. */
  private async takeAgain(connection: Connection, session_id: string, replaces: number): Promise<void> {
    try {
      await this.take(connection, session_id, { after: null, reason: 'takeover', replaces });
    } catch (error) {
      if (!(error instanceof CommandRejectedError)) throw error;
    }
  }

  /** The last handled revision that the instance claims, limited to the end of the stream. */
  private async handledUpTo(sessionId: string, acknowledged: number, after: number | null): Promise<number> {
    if (after === null || after <= acknowledged) return acknowledged;
    const known = await this.sessionCache.load(sessionId);
    if (known !== undefined && known.revision >= after) return after;
    return Math.min(after, (await this.sessionCache.latest(sessionId)).revision);
  }

  /** A session with its owner; a cached state from before the given epoch is refreshed. */
  private async sessionAt(sessionId: string, epoch: number): Promise<Session> {
    const cached = await this.sessionCache.load(sessionId);
    if (cached !== undefined && cached.state.agent.epoch >= epoch) return cached;
    return foldStream(this.store, cached ?? newSession(sessionId));
  }
}
