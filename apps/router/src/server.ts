import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Agent, createServer, request as send } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Metrics, ProblemCode } from '#platform';
import { problemContentType, problemDocument, ProblemError } from '#platform';
import type { RouterConfig } from './config.ts';
import { destinationOf } from './destination.ts';
import type { FollowedDirectory } from './directory.ts';
import type { Answer } from './route.ts';
import { Routes } from './route.ts';

type CellAnswer = Answer & { readonly message: IncomingMessage };

const problems = {
  unassigned: ['malformed_request', 'Name a session, a partner, or a cell by the header Turnstream-Cell.'],
  moving: ['engine_unavailable', 'The partner moves to another cell. Send the same request again.'],
} as const satisfies Record<string, readonly [ProblemCode, string]>;

/** Sends each request to the cell that it belongs to. It keeps nothing that another one of its kind would need. */
export class Router {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly routes: Routes;

  constructor(
    private readonly directory: FollowedDirectory,
    private readonly config: RouterConfig,
    private readonly metrics: Metrics,
  ) {
    this.routes = new Routes(directory.table, config.holdMs);
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
        else
          answer(
            response,
            new ProblemError(
              'engine_unavailable',
              'The cell does not answer.',
              { retry_after_s: 1 },
              { cause },
            ),
          );
      });
    });
    server.on('upgrade', (request, socket: Duplex, head: Buffer) => this.upgrade(request, socket, head));
    server.on('close', () => this.agent.destroy());
    return server;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    if (path === '/health/live') return void response.end('{"status":"ok"}');
    if (path === '/health/ready')
      return void response.writeHead(this.directory.isKnown ? 200 : 503).end('{}');
    if (path === '/metrics')
      return void response
        .writeHead(200, { 'content-type': this.metrics.registry.contentType })
        .end(await this.metrics.registry.metrics());
    const body = await this.read(request);
    if (body === undefined)
      return answer(
        response,
        new ProblemError('payload_too_large', 'The body is larger than the router keeps.'),
      );
    const destination = destinationOf(path, request.headers, () => parsed(body));
    const found = await this.routes.send(
      destination,
      (cell) => this.ask(cell, request, body),
      ({ message }) => message.resume(),
    );
    if (typeof found === 'string') {
      const [code, detail] = problems[found];
      return answer(response, new ProblemError(code, detail, found === 'moving' ? { retry_after_s: 1 } : {}));
    }
    const { message } = found;
    response.writeHead(message.statusCode ?? 502, message.rawHeaders);
    response.once('close', () => message.destroy());
    message.pipe(response);
  }

  private async read(request: IncomingMessage): Promise<Buffer | undefined> {
    const { bodyBytes } = this.config;
    if (Number(request.headers['content-length'] ?? 0) > bodyBytes) return undefined;
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bodyBytes) return undefined;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  private ask(cell: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<CellAnswer> {
    const base = new URL(this.directory.table.urlOf(cell) ?? '');
    const { 'transfer-encoding': _chunked, ...kept } = headers;
    const sent = {
      ...kept,
      host: base.host,
      ...(body.length > 0 && { 'content-length': String(body.length) }),
    };
    return new Promise((resolve, reject) => {
      const options = {
        agent: this.agent,
        host: base.hostname,
        port: base.port,
        path: url,
        method,
        headers: sent,
      };
      const outgoing = send(options, (message) => {
        const other = message.headers['turnstream-cell'];
        const isElsewhere = message.statusCode === 421 && isProblem(message);
        const elsewhere = isElsewhere ? (typeof other === 'string' ? other : null) : undefined;
        resolve({ status: message.statusCode ?? 502, elsewhere, message });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  /** A WebSocket stays in one cell, which its opener names. */
  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { cell } = destinationOf(request.url ?? '/', request.headers, () => undefined);
    const url = cell === undefined ? undefined : this.directory.table.urlOf(cell);
    if (url === undefined) return void socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
    const { hostname, port, host } = new URL(url);
    const upstream = connect(Number(port) || 80, hostname, () => {
      const lines = request.rawHeaders.flatMap((name, n, all) =>
        n % 2 === 1 ? [] : [`${name}: ${name.toLowerCase() === 'host' ? host : all[n + 1]}`],
      );
      upstream.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    socket.on('close', () => upstream.destroy());
    upstream.on('close', () => socket.destroy());
  }
}

function answer(response: ServerResponse, problem: ProblemError): void {
  response.writeHead(problem.status, { 'content-type': problemContentType, ...problem.headers });
  response.end(JSON.stringify(problemDocument(problem)));
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** A 421 of another kind (a host name that is not allowed) is the answer. */
function isProblem(message: IncomingMessage): boolean {
  return message.headers['turnstream-elsewhere'] !== undefined;
}
