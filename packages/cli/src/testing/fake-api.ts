import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A request as it arrived. */
export interface Received {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** Answers a request: a returned value is sent as JSON; undefined means that the function wrote the answer itself. */
export type Route = (request: Received, response: ServerResponse) => unknown;

export interface FakeApi {
  readonly url: string;
  readonly received: readonly Received[];
  close(): void;
}

/** A server that answers by `METHOD /path`, without the query; any other request gets the problem not_found. */
export async function fakeApi(routes: Readonly<Record<string, Route>>): Promise<FakeApi> {
  const received: Received[] = [];
  const server = createServer((incoming, response) => {
    void (async () => {
      const { method = '', url = '', headers } = incoming;
      const body = headers['content-type'] === 'application/json' ? await json(incoming) : undefined;
      const request = { method, url, headers, body };
      received.push(request);
      const route = routes[`${method} ${url.split('?')[0]}`];
      if (route === undefined) return sendProblem(response, 404, { title: 'Not found' });
      const answer = await route(request, response);
      if (answer !== undefined) response.end(JSON.stringify(answer));
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, received, close };
}

/** Answers with a problem (RFC 9457). */
export function sendProblem(
  response: ServerResponse,
  status: number,
  { code = 'not_found', ...members }: Readonly<Record<string, unknown>>,
): void {
  const problem = { type: `https://turnstream.dev/problems/${String(code)}`, status, ...members };
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
}
