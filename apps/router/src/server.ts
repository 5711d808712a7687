import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Agent, createServer, request as send } from 'node:http';
import { Agent as TlsAgent, request as sendByTls } from 'node:https';
import type { Socket } from 'node:net';
import { connect, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import { connect as connectByTls } from 'node:tls';
import type { Metrics, ProblemCode } from '#platform';
import {
  bareHost,
  ByteBudget,
  metricsRefusal,
  problemContentType,
  problemDocument,
  ProblemError,
} from '#platform';
import type { RouterConfig } from './config.ts';
import { destinationOf } from './destination.ts';
import type { FollowedDirectory } from './directory.ts';
import type { Answer } from './route.ts';
import { Routes } from './route.ts';

type CellAnswer = Answer & { readonly message: IncomingMessage };

const problems = {
  unassigned: ['malformed_request', 'Name a session, a partner, or a cell by the header Turnstream-Cell.'],
  unreadable: ['malformed_request', 'The address cannot be parsed.'],
  moving: ['engine_unavailable', 'The partner moves to another cell. Send the same request again.'],
} as const satisfies Record<string, readonly [ProblemCode, string]>;

/** Sends each request to its cell. A router has no state that other routers would need. */
export class Router {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly tlsAgent: TlsAgent;
  private readonly routes: Routes;
  private readonly held: ByteBudget;

  constructor(
    private readonly directory: FollowedDirectory,
    private readonly config: RouterConfig,
    private readonly metrics: Metrics,
  ) {
    this.routes = new Routes(directory.table, config.holdMs, (cell) => directory.movesTo(cell));
    this.held = new ByteBudget(config.heldBytes);
    this.tlsAgent = new TlsAgent({ keepAlive: true, ...config.tls });
  }

  server(): Server {
    const server = createServer((request, response) => {
      const begun = performance.now();
      response.once('close', () =>
        this.metrics.observeRequest(
          request.method ?? '',
          'router',
          response.statusCode,
          (performance.now() - begun) / 1_000,
        ),
      );
      this.handle(request, response).catch((cause: unknown) => {
        if (response.headersSent) response.destroy();
        else answer(response, cause instanceof ProblemError ? cause : unavailable(cause));
      });
    });
    server.on('upgrade', (request, socket: Duplex, head: Buffer) => this.upgrade(request, socket, head));
    server.on('close', () => {
      this.agent.destroy();
      this.tlsAgent.destroy();
    });
    return server;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    if (path === '/health/live') return void response.end('{"status":"ok"}');
    if (path === '/health/ready')
      return void response.writeHead(this.directory.isKnown ? 200 : 503).end('{}');
    if (path === '/metrics') return this.showMetrics(request, response);
    const gone = new AbortController();
    response.once('close', () => response.writableFinished || gone.abort());
    const body = await this.read(request, response);
    const destination = destinationOf(path, request.headers, () => parsed(body));
    const found =
      destination === undefined
        ? 'unreadable'
        : await this.routes.send(
            destination,
            (cell) => this.ask(cell, request, body, gone.signal),
            ({ message }) => message.resume(),
          );
    if (typeof found === 'string') {
      const [code, detail] = problems[found];
      throw new ProblemError(code, detail, found === 'moving' ? { retry_after_s: 1 } : {});
    }
    const { message } = found;
    response.writeHead(message.statusCode ?? 502, message.rawHeaders);
    // If one of the two ends early, the other one has to end too.
    pipeline(message, response, () => undefined);
  }

  private async showMetrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = metricsRefusal(request, this.config.metricsToken);
    if (refusal) throw refusal;
    const { registry } = this.metrics;
    response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics());
  }

  /** The body, which counts as held until the response closes. */
  private async read(request: IncomingMessage, response: ServerResponse): Promise<Buffer> {
    const { bodyBytes } = this.config;
    const tooLarge = new ProblemError('payload_too_large', 'The body is larger than the router keeps.');
    if (Number(request.headers['content-length'] ?? 0) > bodyBytes) throw tooLarge;
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.once('close', () => this.held.give(bytes));
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (bytes + chunk.length > bodyBytes) throw tooLarge;
      if (!this.held.tryTake(chunk.length))
        throw new ProblemError('overloaded', 'The router keeps too many bodies.', { retry_after_s: 1 });
      bytes += chunk.length;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** @throws Error when the cell does not answer in time, or the signal is aborted because the caller disconnected */
  private async ask(
    cell: string,
    { method, url, headers }: IncomingMessage,
    body: Buffer,
    signal: AbortSignal,
  ): Promise<CellAnswer> {
    const base = this.addressOf(cell);
    if (base === undefined) throw new Error(`The directory has no address of cell ${cell}.`);
    const { 'transfer-encoding': _chunked, ...kept } = headers;
    const sent = {
      ...kept,
      host: base.host,
      ...(body.length > 0 && { 'content-length': String(body.length) }),
    };
    return new Promise((resolve, reject) => {
      const options = {
        host: bareHost(base.hostname),
        port: base.port,
        path: url,
        method,
        headers: sent,
        signal,
      };
      const byTls = base.protocol === 'https:';
      const begin = byTls ? sendByTls : send;
      const agent = byTls ? this.tlsAgent : this.agent;
      const outgoing = begin({ ...options, agent }, (message) => {
        clearTimeout(limit);
        const other = message.headers['turnstream-cell'];
        const isElsewhere = message.statusCode === 421 && isProblem(message);
        const elsewhere = isElsewhere ? (typeof other === 'string' ? other : null) : undefined;
        resolve({ status: message.statusCode ?? 502, elsewhere, message });
      });
      const late = new Error(`Cell ${cell} does not answer in time.`);
      const limit = setTimeout(() => outgoing.destroy(late), this.config.answerMs);
      outgoing.on('close', () => clearTimeout(limit));
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  private addressOf(cell: string | undefined): URL | undefined {
    const address = URL.parse((cell && this.directory.table.urlOf(cell)) ?? '');
    return address?.protocol === 'http:' || address?.protocol === 'https:' ? address : undefined;
  }

  private connectTo({ protocol, hostname, port }: URL, connected: () => void): Socket {
    const host = bareHost(hostname);
    if (protocol === 'http:') return connect(Number(port) || 80, host, connected);
    const servername = isIP(host) === 0 ? { servername: host } : {};
    return connectByTls({ port: Number(port) || 443, host, ...servername, ...this.config.tls }, connected);
  }

  /** A WebSocket stays in one cell, which the client names. */
  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const destination = destinationOf(request.url ?? '/', request.headers, () => undefined);
    const address = this.addressOf(destination?.cell);
    if (address === undefined)
      return void socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
    const { host } = address;
    const upstream = this.connectTo(address, () => {
      const lines = request.rawHeaders.flatMap((name, n, all) =>
        n % 2 === 1 ? [] : [`${name}: ${name.toLowerCase() === 'host' ? host : all[n + 1]}`],
      );
      upstream.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      upstream.write(head);
      upstream.once('data', () => clearTimeout(limit));
      upstream.pipe(socket).pipe(upstream);
    });
    const limit = setTimeout(() => upstream.destroy(), this.config.answerMs);
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
    upstream.on('close', () => {
      clearTimeout(limit);
      socket.destroy();
    });
  }
}

function unavailable(cause: unknown): ProblemError {
  return new ProblemError('engine_unavailable', 'The cell does not answer.', { retry_after_s: 1 }, { cause });
}

function answer(response: ServerResponse, problem: ProblemError): void {
  // The rest of the request is not read.
  const connection = response.req.complete ? {} : { connection: 'close' };
  response.writeHead(problem.status, {
    'content-type': problemContentType,
    ...problem.headers,
    ...connection,
  });
  response.end(JSON.stringify(problemDocument(problem)));
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** Another 421 (a host name that is not allowed) is passed on as the answer. */
function isProblem(message: IncomingMessage): boolean {
  return message.headers['turnstream-elsewhere'] !== undefined;
}
