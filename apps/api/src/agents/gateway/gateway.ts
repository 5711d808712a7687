import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { toProblem } from '#platform';
import { toApiProblem } from '../../common/problems.ts';
import type { Connection } from './connection.ts';
import { closeCodes } from './connection.ts';
import type { ClientFrame } from './frames.ts';
import { InvalidFrameError, frameLimit, parseFrame } from './frames.ts';
import { UpdateDispatcher } from '../delivery/update-dispatcher.ts';
import { SessionAssignment } from './session-assignment.ts';

const agentsPath = '/v1/agents';
/** Frames of one connection that may wait for those before them. */
const waitingLimit = 10_000;

/** The WebSocket of the agent instances: `WS /v1/agents`, JSON frames. */
@Injectable()
export class AgentGateway implements OnApplicationBootstrap {
  private readonly sockets = new WebSocketServer({
    noServer: true,
    maxPayload: frameLimit,
    perMessageDeflate: false,
    clientTracking: false,
  });

  constructor(
    private readonly hub: UpdateDispatcher,
    private readonly membership: SessionAssignment,
    private readonly host: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.url?.split('?', 1)[0] !== agentsPath) {
        socket.on('error', () => socket.destroy());
        socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
        return;
      }
      this.sockets.handleUpgrade(request, socket, head, (webSocket) => this.open(webSocket));
    });
  }

  private open(socket: WebSocket): void {
    const connection = this.hub.open(socket);
    socket.on('message', (data, isBinary) => {
      if (isBinary) refuse(connection, 'frames are text');
      else this.hear(connection, (data as Buffer).toString());
    });
    socket.on('pong', () => {
      connection.pinged = undefined;
    });
    socket.on('close', () => this.hub.close(connection));
    // Its close follows.
    socket.on('error', () => undefined);
  }

  private hear(connection: Connection, text: string): void {
    connection.lastHeard = Date.now();
    try {
      const frame = parseFrame(text);
      if (frame.type === 'heartbeat') connection.send({ type: 'heartbeat' });
      else if (frame.type === 'ack') this.acknowledge(connection, frame.session_id, frame.revision);
      else if (frame.type === 'hello' && connection.greeted) refuse(connection, 'there was a hello already');
      else this.queue(connection, frame);
    } catch (error) {
      if (!(error instanceof InvalidFrameError)) throw error;
      refuse(connection, error.message);
    }
  }

  private acknowledge(connection: Connection, sessionId: string, revision: number): void {
    const attachment = connection.attachments.get(sessionId);
    if (!attachment) return;
    attachment.acknowledge(revision);
    this.hub.acknowledger.add(attachment);
  }

  /** One after the other: what an instance asks for is done in the order in which it asked. */
  private queue(connection: Connection, frame: ClientFrame): void {
    const before = connection.work ?? Promise.resolve();
    if (frame.type === 'hello') connection.greeted = true;
    connection.waiting += 1;
    if (connection.waiting > waitingLimit) {
      connection.socket.close(closeCodes.tryLater, 'too many frames at once');
      return;
    }
    const work = before.then(() => this.act(connection, frame));
    connection.work = work;
    void this.finish(connection, work);
  }

  private async finish(connection: Connection, work: Promise<void>): Promise<void> {
    await work;
    connection.waiting -= 1;
    if (connection.work === work) connection.work = undefined;
  }

  private async act(connection: Connection, frame: ClientFrame): Promise<void> {
    if (!connection.isOpen) return;
    try {
      if (frame.type === 'hello') return await this.hello(connection, frame);
      if (!connection.isKnown) return refuse(connection, 'the first frame must be a hello');
      if (frame.type === 'attach')
        return await this.membership.attach(connection, frame.session_id, frame.after);
      if (frame.type === 'detach') return await this.membership.detach(connection, frame.session_id);
      if (frame.type === 'drain') return await this.membership.drain(connection);
    } catch (error) {
      this.report(connection, frame, error);
    }
  }

  private async hello(connection: Connection, frame: Extract<ClientFrame, { type: 'hello' }>): Promise<void> {
    try {
      await this.membership.hello(connection, frame);
    } catch (err) {
      this.hub.engines.logger.debug({ err }, 'an agent’s hello failed');
      connection.socket.close(closeCodes.tryLater, 'try again');
    }
  }

  /** What went wrong, in the words of the HTTP API. */
  private report(connection: Connection, frame: ClientFrame, error: unknown): void {
    const problem = toProblem(toApiProblem(error));
    if (problem.code === 'internal_error')
      this.hub.engines.logger.error({ err: error }, 'an agent’s frame failed');
    const { code, message: detail, members } = problem;
    const session = 'session_id' in frame ? { session_id: frame.session_id } : {};
    connection.send({ type: 'error', code, detail, ...session, ...members });
  }
}

/** A frame that cannot be understood ends the connection: nothing that follows could be trusted. */
function refuse(connection: Connection, detail: string): void {
  connection.send({ type: 'error', code: 'bad_frame', detail });
  connection.socket.close(closeCodes.badFrame, detail.slice(0, 100));
}
