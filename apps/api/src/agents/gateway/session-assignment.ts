import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { AgentState } from '#domain';
import { newSession } from '#domain';
import { CommandRejectedError, EventStore, foldStream, readSession } from '#sessions';
import { SessionCache } from '#read-models';
import { AgentCommands } from '../agent-commands.ts';
import { Attachment } from '../delivery/attachment.ts';
import type { Connection } from './connection.ts';
import type { ClientFrame, Resume } from './frames.ts';
import { UpdateDispatcher } from '../delivery/update-dispatcher.ts';
import type { Held } from '../registry/registry.ts';

type Hello = Extract<ClientFrame, { type: 'hello' }>;
const sessionsPerDrain = 200;
const resumedAtOnce = 16;

/** How instances come and go, and how sessions come to them. The stream decides first, then the registry is told. */
@Injectable()
export class SessionAssignment {
  /** Sessions that are being taken over: they may be heard of in several ways at once. */
  private readonly assuming = new Set<string>();

  constructor(
    private readonly hub: UpdateDispatcher,
    private readonly commands: AgentCommands,
    private readonly store: EventStore,
    private readonly sessionCache: SessionCache,
  ) {}

  /** An instance makes itself known, with the sessions that it held on another connection. */
  async hello(connection: Connection, frame: Hello): Promise<void> {
    const { instance, pool, capacity, echo, resume, attempt } = frame;
    const { options, registry } = this.hub.engines;
    connection.echo = echo;
    const member = { instance, pool, capacity, conn: randomUUID(), attempt };
    const held = await registry.hello(member, options.leaseMs);
    if (held === undefined) return this.hub.supersede(connection);
    if (!connection.isOpen) return registry.leave(member);
    const before = this.hub.members.get(instance);
    if (before) this.hub.supersede(before);
    this.hub.members.set(instance, connection);
    connection.member = member;
    const { node, leaseMs } = options;
    const heartbeat_ms = Math.floor(leaseMs / 3);
    connection.send({ type: 'welcome', node, lease_ms: leaseMs, heartbeat_ms });
    for (let at = 0; at < resume.length; at += resumedAtOnce) {
      const some = resume.slice(at, at + resumedAtOnce);
      await Promise.all(some.map((item) => this.resume(connection, item)));
    }
    const known = new Set(resume.map(({ session_id }) => session_id));
    for (const item of held) if (!known.has(item.session_id)) await this.assume(connection, item);
  }

  /** The instance wants a session, whoever holds it. */
  async attach(connection: Connection, sessionId: string, after: number | null): Promise<void> {
    const { member } = connection;
    const present = connection.attachments.get(sessionId);
    if (!present && connection.attachments.size >= member.capacity) {
      const detail = `The instance holds ${member.capacity} sessions already.`;
      connection.send({ type: 'error', code: 'at_capacity', session_id: sessionId, detail });
      return;
    }
    await this.take(connection, sessionId, { after, reason: 'requested', replaces: null });
  }

  /** The instance gives a session back: nobody else gets it. */
  async detach(connection: Connection, sessionId: string): Promise<void> {
    const attachment = connection.attachments.get(sessionId);
    if (!attachment) {
      connection.send({ type: 'detached', session_id: sessionId, reason: 'not_attached' });
      return;
    }
    const { instance } = connection.member;
    const holder = { instance, epoch: attachment.epoch };
    await this.commands.detach(sessionId, holder, 'requested', false);
    this.hub.drop(attachment, 'requested');
    await this.hub.engines.registry.detach(sessionId, instance, attachment.epoch);
  }

  /** The instance is about to stop: its sessions go to others, or wait. */
  async drain(connection: Connection): Promise<void> {
    const { registry } = this.hub.engines;
    connection.draining = true;
    for (;;) {
      const { left, waiting } = await registry.drain(connection.member, sessionsPerDrain);
      for (const { session_id, instance, epoch } of waiting)
        await this.commands.detach(session_id, { instance, epoch }, 'drained', true).catch(() => undefined);
      if (left === 0) break;
    }
    if (connection.attachments.size === 0) connection.send({ type: 'drained' });
  }

  /** A session that the registry gave to the instance: its holder was gone. */
  async assume(connection: Connection, { session_id, epoch }: Held): Promise<void> {
    if (connection.attachments.has(session_id) || this.assuming.has(session_id)) return;
    this.assuming.add(session_id);
    try {
      await this.take(connection, session_id, { after: null, reason: 'takeover', replaces: epoch });
      this.hub.engines.metrics?.takeovers.inc();
    } catch (error) {
      if (!(error instanceof CommandRejectedError)) throw error;
      await this.correct(connection, { session_id, epoch });
    } finally {
      this.assuming.delete(session_id);
    }
  }

  /** The stream knows better than the registry who holds a session: the instance itself, another, or it is over. */
  private async correct(connection: Connection, { session_id, epoch }: Held): Promise<void> {
    const { registry } = this.hub.engines;
    const { instance } = connection.member;
    const { agent, session } =
      (await readSession(this.store, session_id))?.state ?? newSession(session_id).state;
    if (session.status === 'active' && agent.instance === instance) {
      await this.take(connection, session_id, { after: null, reason: 'takeover', replaces: agent.epoch });
      return;
    }
    await registry.detach(session_id, instance, epoch);
    if (session.status !== 'active' || agent.pool === null) return;
    await registry.recover(session_id, agent.instance, agent.epoch, agent.pool);
  }

  /** The instance goes on with a session that it held. If the stream says otherwise, it is told so. */
  async resume(connection: Connection, { session_id, epoch, after }: Resume): Promise<void> {
    const { instance } = connection.member;
    const agent = await this.holderAt(session_id, epoch);
    const valid = agent.instance === instance && agent.epoch === epoch;
    const answer = valid
      ? await this.hub.engines.registry.attach(session_id, connection.member, epoch)
      : 'replaced';
    if (answer !== 'held') {
      const now = await this.holderAt(session_id, epoch + 1);
      const { instance: holder, epoch: current, pool } = now;
      // With our own epoch still in the stream, the session is about to go to another.
      const more = { holder: { instance: current === epoch ? null : holder, epoch: current, pool } };
      connection.send({ type: 'detached', session_id, epoch, reason: 'replaced', ...more });
      return;
    }
    const { acknowledged } = agent;
    const handled = Math.max(acknowledged, after ?? -1);
    const attachment = new Attachment(session_id, connection, epoch, acknowledged, handled);
    connection.send({ type: 'attached', session_id, epoch, acknowledged, reason: 'resumed' });
    await this.hub.add(attachment);
  }

  /** After the registry was lost, or forgot the instance: makes it and its sessions known again. */
  async register(connection: Connection): Promise<void> {
    const { registry, options } = this.hub.engines;
    if ((await registry.hello(connection.member, options.leaseMs)) === undefined) return;
    for (const attachment of connection.attachments.values()) {
      await registry.attach(attachment.sessionId, connection.member, attachment.epoch);
      this.hub.readAgain(attachment);
    }
    if (connection.draining) await this.drain(connection);
  }

  private async take(
    connection: Connection,
    sessionId: string,
    how: { after: number | null; reason: 'requested' | 'takeover'; replaces: number | null },
  ): Promise<void> {
    const { registry, options } = this.hub.engines;
    const { node } = options;
    const result = await this.commands.attach(sessionId, connection.member, { node, ...how });
    const { epoch, acknowledged } = result.session.state.agent;
    const answer = await this.tell(connection, sessionId, epoch);
    if (!connection.isOpen) return;
    if (answer === 'replaced') {
      const holder = await registry.session(sessionId);
      connection.send({ type: 'detached', session_id: sessionId, epoch, reason: 'replaced', holder });
      return;
    }
    const attachment = new Attachment(sessionId, connection, epoch, acknowledged);
    const { reason } = how;
    const { revision } = result;
    connection.send({ type: 'attached', session_id: sessionId, epoch, revision, acknowledged, reason });
    await this.hub.add(attachment);
    if (answer === 'unknown') await registry.attach(sessionId, connection.member, epoch);
  }

  /** The registry may be away for the moment: the stream has the session, the registry gets it with the next look. */
  private async tell(
    connection: Connection,
    sessionId: string,
    epoch: number,
  ): Promise<'held' | 'replaced' | 'unknown'> {
    const { registry } = this.hub.engines;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const answer = await registry
        .attach(sessionId, connection.member, epoch)
        .catch(() => 'unknown' as const);
      if (answer !== 'unknown') return answer;
      await sleep(20);
    }
    return 'unknown';
  }

  /** Who holds a session; a snapshot from before the epoch in question is brought up to date. */
  private async holderAt(sessionId: string, epoch: number): Promise<AgentState> {
    const kept = await this.sessionCache.load(sessionId);
    if (kept !== undefined && kept.state.agent.epoch >= epoch) return kept.state.agent;
    return (await foldStream(this.store, kept ?? newSession(sessionId))).state.agent;
  }
}
