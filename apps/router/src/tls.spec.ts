import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { slots } from '#cells';
import { createLogger, Metrics } from '#platform';
import { loadRouterConfig } from './config.ts';
import { FollowedDirectory } from './directory.ts';
import { Router } from './server.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-router-'));
const [certFile, keyFile] = [join(dir, 'cell.pem'), join(dir, 'cell.key')];
const servers: Server[] = [];
let cell: string;

beforeAll(async () => {
  const subject = ['-subj', '/CN=cell', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = ['-newkey', 'rsa:2048', '-nodes', '-days', '1', '-keyout', keyFile, '-out', certFile];
  execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'ignore' });
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
  server.on('request', (request, response) => response.end(JSON.stringify({ url: request.url })));
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    socket.pipe(socket);
  });
  cell = `https://127.0.0.1:${await listen(server)}`;
});
afterAll(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(dir, { recursive: true, force: true });
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

async function routerWith(env: NodeJS.ProcessEnv): Promise<number> {
  const config = loadRouterConfig({ CELLS_DATABASE_URL: 'postgresql://turnstream@127.0.0.1/cells', ...env });
  const unread = {
    changesSince: async () => ({ version: 1, cells: [], slots: [], partners: [] }),
    moves: async () => [],
  };
  const directory = new FollowedDirectory(unread, 1_000, createLogger('router', 'silent'));
  const assigned = Array.from({ length: slots }, () => 'a');
  directory.table.apply({ version: 1, cells: [{ name: 'a', url: cell }], slots: assigned, partners: [] });
  return listen(new Router(directory, config, new Metrics('router')).server());
}

test('a cell is reached by TLS with the authority of a file', async () => {
  const port = await routerWith({ CELLS_SSL_CA_FILE: certFile });
  const answer = await fetch(`http://127.0.0.1:${port}/v1/partners/P1/session`);
  expect([answer.status, await answer.json()]).toEqual([200, { url: '/v1/partners/P1/session' }]);
});

test('a WebSocket is passed on by TLS', async () => {
  const socket = connect(await routerWith({ CELLS_SSL_CA_FILE: certFile }), '127.0.0.1');
  socket.write(
    'GET /v1/agents?cell=a HTTP/1.1\r\nhost: router\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  expect(head.toString()).toContain('101 Switching Protocols');
  socket.write('ping');
  const [echo] = (await once(socket, 'data')) as [Buffer];
  expect(echo.toString()).toBe('ping');
  socket.destroy();
});

test('a cell whose certificate nobody known has signed is not spoken to', async () => {
  const port = await routerWith({});
  const answer = await fetch(`http://127.0.0.1:${port}/v1/partners/P1/session`);
  expect(answer.status).toBe(503);
});
