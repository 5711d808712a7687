import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Pool } from 'pg';
import { loadConfig } from '../config/config.ts';
import { listen } from '../http/app.ts';
import { exchange } from '../http/test-exchange.ts';
import { createLogger } from '../logging/logger.ts';
import { createApp } from './run-app.ts';

@Module({})
class SpecModule {}

let app: NestFastifyApplication;
let url: URL;
beforeAll(async () => {
  const sites = { allowedHosts: ['turnstream.example'], allowedOrigins: ['https://console.example'] };
  const own = { host: 'node-7.internal', postgresStatementMs: 7_000 };
  const config = { ...loadConfig(process.env), ...sites, ...own };
  const definition = { name: 'spec', defaultPort: 0, module: SpecModule };
  app = await createApp(definition, config, createLogger('spec', 'silent'));
  url = new URL(await listen(app, { host: '127.0.0.1', port: 0 }));
});
afterAll(() => app.close());

async function get(...headers: string[]): Promise<string> {
  return exchange(url, ['GET /metrics HTTP/1.1', ...headers, 'Connection: close'].join('\r\n') + '\r\n\r\n');
}

test.each([
  ['turnstream.example', 200],
  ['node-7.internal', 200],
  ['rebind.example', 421],
])(
  'a process answers by its configured names and the name that it listens on: %s with %i',
  async (host, status) => {
    expect(await get(`Host: ${host}`)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  },
);

test.each([
  ['https://console.example', 200],
  ['https://evil.example', 403],
])('a process answers pages of its configured origins: %s with %i', async (origin, status) => {
  expect(await get('Host: localhost', `Origin: ${origin}`)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
});

test('statements of a process end at its configured time limit', async () => {
  const { rows } = await app.get(Pool).query('SHOW statement_timeout');
  expect(rows).toEqual([{ statement_timeout: '7s' }]);
});
