import { Injectable } from '@nestjs/common';
import type { WebSocket } from 'ws';
import type { RecordedEvent } from '#domain';
import type { Appended } from '#sessions';
import { EventStore, readEvents } from '#sessions';
import { notificationFor, notifyOwner } from '#read-models';
import { AckBatcher } from './ack-batcher.ts';
import { AgentCommands } from '../agent-commands.ts';
import { AgentRuntime } from '../runtime.ts';
import type { Attachment } from './attachment.ts';
import { closeCodes, Connection } from '../gateway/connection.ts';

/** Events read at a time for one session, before another of the same instance has its turn. */
const pageSize = 64;
const retryMs = 500;

/** The sessions whose holders are connected to this node: reads what is new for them and sends it. */
@Injectable()
export class UpdateDispatcher {
  readonly connections = new Set<Connection>();
  /** The connections by instance, each instance's latest. */
  readonly members = new Map<string, Connection>();
  readonly attachments = new Map<string, Attachment>();
  readonly acknowledger: AckBatcher;

  constructor(
    private readonly store: EventStore,
    readonly engines: AgentRuntime,
    commands: AgentCommands,
  ) {
    this.acknowledger = new AckBatcher(
      commands,
      (attachment, up_to, revision) => this.acknowledged(attachment, up_to, revision),
      (attachment) => this.readAgain(attachment),
    );
    engines.onAppended((appended) => this.appended(appended));
  }

  open(socket: WebSocket): Connection {
    const connection = new Connection(socket, this.pump, this.onCutOff);
    this.connections.add(connection);
    this.engines.metrics?.connections.inc();
    return connection;
  }

  /** The socket is gone. The registry keeps the instance's sessions until its lease ends or it comes back. */
  close(connection: Connection): void {
    if (!this.connections.delete(connection)) return;
    this.engines.metrics?.connections.dec();
    const { instance } = connection.member;
    if (this.members.get(instance) === connection) this.members.delete(instance);
    const idle = connection.isKnown && connection.attachments.size === 0;
    for (const attachment of connection.attachments.values()) this.forget(attachment);
    if (idle) this.engines.registry.leave(connection.member).catch(() => undefined);
  }

  /** The instance has a newer connection. */
  supersede(connection: Connection): void {
    connection.socket.close(closeCodes.superseded, 'superseded');
    this.close(connection);
  }

  /** Begins to deliver a session's updates to its holder, unless that is gone already. */
  async add(attachment: Attachment): Promise<void> {
    const { sessionId, connection } = attachment;
    if (!connection.isOpen) return;
    const before = this.attachments.get(sessionId);
    if (before) this.drop(before, 'replaced');
    this.attachments.set(sessionId, attachment);
    connection.attachments.set(sessionId, attachment);
    await this.engines.wakes.watch(sessionId, attachment.onNotification);
    this.readAgain(attachment);
  }

  /** Ends the delivery of a session's updates, and says why. */
  drop(attachment: Attachment, reason: string, more: object = {}): void {
    if (attachment.closed) return;
    this.forget(attachment);
    const { sessionId, epoch, connection } = attachment;
    connection.send({ type: 'detached', session_id: sessionId, epoch, reason, ...more });
    if (connection.draining && connection.attachments.size === 0) connection.send({ type: 'drained' });
  }

  /** Reads a session's stream from where its reading stands. */
  readAgain(attachment: Attachment): void {
    attachment.whole = true;
    attachment.connection.schedule(attachment);
  }

  private forget(attachment: Attachment): void {
    const { sessionId, connection } = attachment;
    attachment.closed = true;
    connection.attachments.delete(sessionId);
    if (this.attachments.get(sessionId) === attachment) this.attachments.delete(sessionId);
    this.engines.wakes.unwatch(sessionId, attachment.onNotification);
  }

  private readonly onCutOff = (connection: Connection): void => {
    this.engines.metrics?.cutOff.inc();
    const { instance } = connection.member;
    this.engines.logger.warn({ instance }, 'agent cut off: it does not read');
  };

  /** What this process has appended needs no way around: the holder may be here, or one of another node is told. */
  private appended(appended: Appended): void {
    const { session, events } = appended;
    const wake = notificationFor(appended);
    if (!wake) return;
    const attachment = this.attachments.get(session.session_id);
    if (attachment?.follows(events) && !this.takeAll(attachment, events)) attachment.whole = true;
    this.engines.wakes.hear(session.session_id, wake);
    const here = attachment !== undefined && attachment.epoch === session.state.agent.epoch;
    if (!here) notifyOwner(this.engines.redis, appended);
    if (session.state.session.status !== 'active') this.engines.registry.forgetWaiting(session.session_id);
  }

  private readonly pump = async (attachment: Attachment): Promise<boolean> => {
    if (attachment.closed || !attachment.hasRoom) return false;
    const goal = attachment.target;
    attachment.whole = false;
    const from = attachment.read + 1;
    try {
      const events: RecordedEvent[] = [];
      for await (const event of readEvents(this.store, attachment.sessionId, { from, limit: pageSize }))
        events.push(event);
      const all = this.takeAll(attachment, events);
      if (events.length === pageSize || !all) attachment.whole = true;
      else if (attachment.target === goal) attachment.target = attachment.read;
    } catch (err) {
      this.engines.logger.debug(
        { err, session_id: attachment.sessionId },
        'reading for an agent is tried again',
      );
      setTimeout(() => this.readAgain(attachment), retryMs).unref();
      return false;
    }
    return attachment.hasNews && attachment.hasRoom;
  };

  /** Sends what has to be sent of some events in a row; false when not all could be taken. */
  private takeAll(attachment: Attachment, events: readonly RecordedEvent[]): boolean {
    for (const event of events) {
      if (attachment.closed) return true;
      if (!attachment.hasRoom || !attachment.connection.hasRoom) return false;
      const step = attachment.take(event);
      if (step === 'sent') this.engines.metrics?.sent(event);
      if (typeof step !== 'object') continue;
      this.lose(attachment, step.lost);
      return true;
    }
    if (attachment.acks) this.acknowledger.add(attachment);
    this.endWhenOver(attachment);
    return true;
  }

  /** The stream says that another instance holds the session, or none. */
  private lose(attachment: Attachment, { type, data }: RecordedEvent): void {
    if (type === 'AgentAttached') {
      const { instance, epoch, pool } = data;
      this.drop(attachment, 'replaced', { holder: { instance, epoch, pool } });
    } else if (type === 'AgentDetached') {
      this.drop(attachment, data.reason);
    }
  }

  private acknowledged(attachment: Attachment, up_to: number, revision: number): void {
    const { sessionId, connection } = attachment;
    if (attachment.closed) return;
    connection.send({ type: 'acknowledged', session_id: sessionId, up_to, revision });
    this.endWhenOver(attachment);
  }

  /** A session that is over is let go once everything is delivered. */
  private endWhenOver(attachment: Attachment): void {
    if (!attachment.over || !attachment.settled || attachment.closed) return;
    const { sessionId, epoch, connection } = attachment;
    this.drop(attachment, 'session_over');
    this.engines.registry.detach(sessionId, connection.member.instance, epoch).catch(() => undefined);
  }
}
