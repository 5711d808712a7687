import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { slots } from '#cells';
import { createLogger, Metrics, waitUntil } from '#platform';
import { loadRouterConfig } from './config.ts';
import { FollowedDirectory } from './directory.ts';
import { Router } from './server.ts';

const config = {
  ...loadRouterConfig({ CELLS_DATABASE_URL: 'postgresql://turnstream@127.0.0.1/cells' }),
  bodyBytes: 2_000,
  heldBytes: 1_500,
};

/** The specs provide the table. */
const unread = {
  changesSince: async () => ({ version: 1, cells: [], slots: [], partners: [] }),
  moves: async () => [],
};

const start = (url: string): Promise<Response> =>
  fetch(`${url}/v1/sessions`, {
    method: 'POST',
    body: JSON.stringify({ partner_id: 'P1', text: 'x'.repeat(1_000) }),
  });

const listen = async (server: Server): Promise<string> => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const metricsStatus = async (url: string, headers: Record<string, string>): Promise<number> =>
  (await fetch(`${url}/metrics`, { headers })).status;

describe('Router', () => {
  let reply: RequestListener;
  let servers: Server[];
  let url: string;

  beforeEach(async () => {
    reply = (_request, response) => response.end('{}');
    const cell = createServer((request, response) => reply(request, response));
    servers = [cell];
    url = await routerTo(await listen(cell));
  });

  afterEach(() => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  });

  const routerTo = async (address: string, given: Partial<typeof config> = {}): Promise<string> => {
    const directory = new FollowedDirectory(unread, 1_000, createLogger('router', 'silent'));
    const cells = [{ name: 'a', url: address }];
    directory.table.apply({
      version: 1,
      cells,
      slots: Array.from({ length: slots }, () => 'a'),
      partners: [],
    });
    const router = new Router(directory, { ...config, ...given }, new Metrics('router')).server();
    servers.push(router);
    return listen(router);
  };

  /** Sends a raw request and returns the status line of the answer. */
  const sendRaw = async (head: string): Promise<string> => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(`${head}\r\nhost: router\r\n\r\n`);
    const [line] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return line.toString().split('\r\n')[0] ?? '';
  };

  it.each([
    'GET // HTTP/1.1',
    'GET /v1/sessions/%zz HTTP/1.1',
    'GET /v1/sessions/%zz HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket',
    'GET // HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket',
  ])('%j is answered with 400, and the next request by its cell', async (head) => {
    expect(await sendRaw(head)).toBe('HTTP/1.1 400 Bad Request');
    expect((await fetch(`${url}/v1/partners/P1/session`)).status).toBe(200);
  });

  it('refuses metrics to a proxied request without the token, and to every request with another one', async () => {
    expect(await metricsStatus(url, {})).toBe(200);
    expect(await metricsStatus(url, { 'x-forwarded-for': '192.0.2.1' })).toBe(403);
    const closed = await routerTo('http://127.0.0.1:1', { metricsToken: 'secret' });
    expect(await metricsStatus(closed, {})).toBe(401);
    expect(await metricsStatus(closed, { authorization: 'Bearer secret' })).toBe(200);
  });

  it('a cell that does not answer in time is unavailable', async () => {
    const silent = createServer(() => undefined);
    servers.push(silent);
    const router = await routerTo(await listen(silent), { answerMs: 50 });
    expect((await fetch(`${router}/v1/partners/P1/session`)).status).toBe(503);
  });

  it('a cell whose address is none of http: or https: is unavailable', async () => {
    const router = await routerTo('ftp://a.internal');
    expect((await fetch(`${router}/v1/partners/P1/session`)).status).toBe(503);
  });

  it('a request of a disconnected caller is aborted', async () => {
    let [came, closed] = [false, false];
    reply = (_request, response) => {
      came = true;
      response.on('close', () => (closed = true));
    };
    const caller = send(`${url}/v1/partners/P1/session`).on('error', () => undefined);
    caller.end();
    await waitUntil(async () => came, { what: 'the request' });
    caller.destroy();
    await waitUntil(async () => closed, { what: 'its end' });
    expect(closed).toBe(true);
  });

  it('an answer that a cell breaks off is broken off for the caller', async () => {
    reply = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{', () => response.destroy());
    };
    const answer = await fetch(`${url}/v1/partners/P1/session`);
    await expect(answer.text()).rejects.toThrow('terminated');
  });

  it('bodies beyond those that the router keeps at a time are refused, until others are answered', async () => {
    const pending: (() => void)[] = [];
    reply = (_request, response) => pending.push(() => response.end('{}'));
    const first = start(url);
    await waitUntil(async () => pending.length === 1, { what: 'the first request' });
    const refused = await start(url);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    pending.pop()?.();
    expect((await first).status).toBe(200);
    reply = (_request, response) => response.end('{}');
    await waitUntil(async () => (await start(url)).status === 200, { what: 'room for another body' });
  });

  it('a body larger than the router keeps is refused', async () => {
    const body = 'x'.repeat(3_000);
    expect((await fetch(`${url}/v1/sessions`, { method: 'POST', body })).status).toBe(413);
  });
});
