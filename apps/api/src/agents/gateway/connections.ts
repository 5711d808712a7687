import { Injectable } from '@nestjs/common';
import type { WebSocket } from 'ws';
import type { Logger } from '#platform';
import { InjectLogger } from '#platform';
import type { Caller } from '#privacy';
import { AgentMetrics } from '../common/metrics.ts';
import { UpdateDispatcher } from '../delivery/update-dispatcher.ts';
import { Registry } from '../registry/registry.ts';
import { closeCodes, Connection } from './connection.ts';

/** The connections of this node. */
@Injectable()
export class Connections {
  private readonly open = new Set<Connection>();
  /** Each instance's latest connection. */
  private readonly latest = new Map<string, Connection>();

  constructor(
    private readonly dispatcher: UpdateDispatcher,
    private readonly registry: Registry,
    private readonly metrics: AgentMetrics,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Registers the connection of an opened socket. */
  add(socket: WebSocket, caller: Caller): Connection {
    const connection = new Connection(socket, this.deliver, this.onSlowReader, caller);
    this.open.add(connection);
    this.metrics.connections.inc();
    return connection;
  }

  all(): Iterable<Connection> {
    return this.open;
  }

  ofInstance(instance: string): Connection | undefined {
    return this.latest.get(instance);
  }

  /** Makes this the instance's connection and closes an earlier one. */
  setLatest(instance: string, connection: Connection): void {
    const before = this.latest.get(instance);
    if (before) this.supersede(before);
    this.latest.set(instance, connection);
  }

  /** The socket has closed. The registry keeps the instance's sessions until its lease ends or it reconnects. */
  remove(connection: Connection): void {
    if (!this.open.delete(connection)) return;
    this.metrics.connections.dec();
    const { member, isKnown } = connection;
    if (this.latest.get(member.instance) === connection) this.latest.delete(member.instance);
    const isIdle = isKnown && connection.attachmentCount === 0;
    for (const attachment of connection.attachments) this.dispatcher.remove(attachment);
    if (isIdle) this.registry.leave(member).catch(() => undefined);
  }

  /** The instance has a newer connection. */
  supersede(connection: Connection, reason = 'superseded'): void {
    connection.close(closeCodes.superseded, reason);
    this.remove(connection);
  }

  private readonly deliver: UpdateDispatcher['deliver'] = (attachment) => this.dispatcher.deliver(attachment);

  private readonly onSlowReader = ({ member: { instance } }: Connection): void => {
    this.metrics.slowReaders.inc();
    this.logger.warn({ instance }, 'agent connection closed: the instance does not read');
  };
}
