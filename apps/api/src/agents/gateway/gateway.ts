import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { Logger } from '#platform';
import { InjectLogger } from '#platform';
import type { Caller } from '#privacy';
import { OpenConnections } from '../../access/open-connections.ts';
import { Admission } from '../../admission/admission.ts';
import { admitUpgrade } from '../../admission/upgrade.ts';
import { AgentMetrics } from '../common/metrics.ts';
import { Reads } from '../../privacy/reads.ts';
import { UpdateDispatcher } from '../delivery/update-dispatcher.ts';
import type { Connection } from './connection.ts';
import { closeCodes } from './connection.ts';
import { Connections } from './connections.ts';
import { errorFrame } from './error-frame.ts';
import type { Ack, ClientFrame, Hello, QueuedFrame } from './frames.ts';
import { frameLimit, frameRules, InvalidFrameError, parseFrame } from './frames.ts';
import { Handshake } from './handshake.ts';
import { SessionAssignment } from './session-assignment.ts';
import { UpgradeAccess } from './upgrade.ts';

/** Frames of all connections that may wait for earlier ones. */
const frameQueueLimit = 200_000;

/** The WebSocket of the agent instances: `WS /v1/agents` (the app's `webSocketPath`), JSON frames. */
@Injectable()
export class AgentGateway implements OnApplicationBootstrap {
  private readonly sockets = new WebSocketServer({
    noServer: true,
    maxPayload: frameLimit,
    perMessageDeflate: false,
    clientTracking: false,
  });

  private waitingFrames = 0;
  /** Whether the last hello failed: only the first of several in a row is logged as a warning. */
  private helloFailed = false;

  constructor(
    private readonly connections: Connections,
    private readonly handshake: Handshake,
    private readonly assignment: SessionAssignment,
    private readonly dispatcher: UpdateDispatcher,
    private readonly host: HttpAdapterHost,
    private readonly admission: Admission,
    private readonly access: UpgradeAccess,
    private readonly openConnections: OpenConnections,
    private readonly reads: Reads,
    metrics: AgentMetrics,
    @InjectLogger() private readonly logger: Logger,
  ) {
    metrics.watchFrames(() => this.waitingFrames);
  }

  onApplicationBootstrap(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      void this.upgrade(request, socket, head);
    });
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const caller = await this.access.admit(request, socket);
    if (caller === undefined || !admitUpgrade(this.admission, request, socket, caller)) return;
    this.sockets.handleUpgrade(request, socket, head, (webSocket) => this.open(webSocket, caller));
  }

  private open(socket: WebSocket, caller: Caller): void {
    const connection = this.connections.add(socket, caller);
    const unwatch = this.openConnections.watch(caller, (reason) =>
      connection.close(closeCodes.unauthenticated, reason),
    );
    socket.on('message', (data, isBinary) => {
      if (isBinary) return connection.refuse('frames are text');
      try {
        this.receive(connection, (data as Buffer).toString());
      } catch (err) {
        // An uncaught error would end the process.
        this.logger.error({ err }, 'a frame of an agent failed');
        connection.close(closeCodes.tryLater, 'try again');
      }
    });
    socket.on('pong', () => connection.receivePong());
    socket.on('close', () => {
      unwatch();
      this.connections.remove(connection);
    });
    // The close event follows.
    socket.on('error', () => undefined);
  }

  private receive(connection: Connection, text: string): void {
    if (!connection.isOpen) return;
    connection.markAlive();
    let frame: ClientFrame;
    try {
      frame = parseFrame(text);
    } catch (error) {
      if (!(error instanceof InvalidFrameError)) throw error;
      return connection.refuse(error.message);
    }
    if (!this.access.allows(connection.caller, frameRules[frame.type]))
      return connection.forbid(`The role ${connection.caller.role} may not send ${frame.type}.`);
    if (frame.type !== 'hello' && !connection.isGreeted)
      return connection.refuse('the first frame must be a hello');
    if (frame.type === 'heartbeat') connection.send({ type: 'heartbeat' });
    else if (frame.type === 'ack') this.acknowledge(connection, frame);
    else this.queue(connection, frame);
  }

  private acknowledge(connection: Connection, { session_id, revision, skipped }: Ack): void {
    const attachment = connection.attachment(session_id);
    if (!attachment) return;
    this.dispatcher.acknowledge(attachment, revision, skipped);
    if (skipped !== undefined)
      this.reads.recordAct(connection.caller, 'skip_update', session_id, `${revision} ${skipped}`);
  }

  /** Processes the requests of an instance in order. */
  private queue(connection: Connection, frame: QueuedFrame): void {
    if (frame.type === 'hello' && !connection.acceptHello())
      return connection.refuse('there was a hello already');
    this.waitingFrames += 1;
    const hasRoom = this.waitingFrames <= frameQueueLimit;
    if (hasRoom && connection.enqueue(() => this.actInTurn(connection, frame))) return;
    this.waitingFrames -= 1;
    connection.close(closeCodes.tryLater, 'too many frames at once');
  }

  private async actInTurn(connection: Connection, frame: QueuedFrame): Promise<void> {
    try {
      await this.act(connection, frame);
    } finally {
      this.waitingFrames -= 1;
    }
  }

  private async act(connection: Connection, frame: QueuedFrame): Promise<void> {
    if (!connection.isOpen) return;
    if (frame.type === 'hello') return this.hello(connection, frame);
    try {
      if (frame.type === 'attach') await this.assignment.attach(connection, frame.session_id, frame.after);
      else if (frame.type === 'detach') await this.assignment.detach(connection, frame.session_id);
      else await this.assignment.drain(connection);
    } catch (error) {
      this.report(connection, frame, error);
    }
  }

  private async hello(connection: Connection, frame: Hello): Promise<void> {
    try {
      await this.handshake.hello(connection, frame);
      this.helloFailed = false;
    } catch (err) {
      this.logger[this.helloFailed ? 'debug' : 'warn']({ err }, 'a hello of an agent instance failed');
      this.helloFailed = true;
      connection.send(errorFrame(err));
      connection.close(closeCodes.tryLater, 'try again');
    }
  }

  /** Sends the instance the error as the problem that the HTTP API would answer. */
  private report(connection: Connection, frame: QueuedFrame, error: unknown): void {
    const answer = errorFrame(error, 'session_id' in frame ? frame.session_id : undefined);
    if (answer.code === 'internal_error') this.logger.error({ err: error }, 'a frame of an agent failed');
    connection.send(answer);
  }
}
