import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HealthChecks } from '../health/checks.ts';
import { listenFault } from './listen-error.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { problemContentType, problemDocument, ProblemError } from '../problems/problem.ts';

export interface WorkerServerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly health: HealthChecks;
  readonly metrics: Metrics;
}

export interface WorkerServer {
  readonly url: string;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * Serves /health/live, /health/ready and /metrics of a process that has no other HTTP.
 * @throws with a clear text when the port is taken
 */
export async function startWorkerServer({
  host,
  port,
  health,
  metrics,
}: WorkerServerOptions): Promise<WorkerServer> {
  const routes = new Map<string, () => Promise<Answer>>([
    ['/health/live', async () => json(200, health.live())],
    [
      '/health/ready',
      async () => {
        const document = await health.ready();
        return json(document.status === 'ok' ? 200 : 503, document);
      },
    ],
    [
      '/metrics',
      async () => ({
        status: 200,
        type: metrics.registry.contentType,
        body: await metrics.registry.metrics(),
      }),
    ],
  ]);
  const server = createServer((request, response) => void serve(routes, request, response));
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenFault(error, host, port);
  }
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

async function serve(
  routes: ReadonlyMap<string, () => Promise<Answer>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const route = routes.get(path);
  const read = request.method === 'GET' || request.method === 'HEAD';
  const { status, type, body } = await answer(read ? route : undefined, route !== undefined, path);
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    ...(status === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answer(
  route: (() => Promise<Answer>) | undefined,
  known: boolean,
  path: string,
): Promise<Answer> {
  if (!route) {
    const [code, detail] = known
      ? (['method_not_allowed', `${path} has GET, HEAD`] as const)
      : (['not_found', `There is nothing at ${path}`] as const);
    return problem(new ProblemError(code, detail), path);
  }
  try {
    return await route();
  } catch (error) {
    return problem(
      new ProblemError('internal_error', 'The answer could not be made', {}, { cause: error }),
      path,
    );
  }
}

const json = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(body),
});
const problem = (error: ProblemError, path: string): Answer => ({
  status: error.status,
  type: problemContentType,
  body: JSON.stringify(problemDocument(error, path)),
});
