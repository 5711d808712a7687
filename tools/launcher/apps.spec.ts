import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { startApps } from './apps.ts';
import type { Supervisor } from './supervisor.ts';

type Program = Parameters<Supervisor['start']>[0];

const dir = mkdtempSync(join(tmpdir(), 'turnstream-apps-'));
const servers = [
  createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')),
  // A process that hangs still accepts connections.
  createServer(),
];
beforeEach(() => void jest.spyOn(console, 'log').mockImplementation(() => undefined));
afterEach(() => void jest.restoreAllMocks());
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(dir, { recursive: true });
});

/** Starts an app that answers and one that hangs. */
async function started(watch: boolean): Promise<Program[]> {
  const ports = servers.map(async (server) => {
    if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  });
  const [api = 0, bridge = 0] = await Promise.all(ports);
  const apps = [
    { name: 'api', app: 'api', port: api },
    { name: 'bridge', app: 'bridge', port: bridge },
  ];
  const programs: Program[] = [];
  const supervisor = { start: async (program: Program) => void programs.push(program) };
  await startApps(supervisor as unknown as Supervisor, apps, dir, {}, watch);
  return programs;
}

test('each app is asked on its own port whether it answers', async () => {
  const [api, bridge] = await started(false);
  expect(await api?.answers?.(10_000)).toBe(true);
  expect(await bridge?.answers?.(100)).toBe(false);
});

test('an app that restarts when its code changes is not asked: a developer may have stopped it', async () => {
  expect((await started(true)).map(({ name, answers }) => [name, answers])).toEqual([
    ['api', undefined],
    ['bridge', undefined],
  ]);
});
