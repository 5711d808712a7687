import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Get, HttpCode, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { HealthChecks } from '../health/checks.ts';
import { createLogger } from '../logging/logger.ts';
import { Metrics } from '../metrics/metrics.ts';
import { createHttpApp, listen } from './app.ts';
import { exchange } from './test-exchange.ts';

@Controller('v1')
class TestController {
  @Get('agents')
  list(): object {
    return { agents: [] };
  }

  @Post('sessions')
  @HttpCode(201)
  start(): object {
    return { started: true };
  }
}

@Module({ controllers: [TestController] })
class TestModule {}

const claimed = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
const webSocket = ['Connection: Upgrade', 'Upgrade: WebSocket', 'Sec-WebSocket-Version: 13'];
const h2c = [
  'Connection: Upgrade, HTTP2-Settings',
  'Upgrade: h2c',
  'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
];

describe('an upgrade', () => {
  let app: NestFastifyApplication;
  let url: URL;

  beforeAll(async () => {
    const logger = createLogger('api', 'silent');
    const shared = { logger, metrics: new Metrics('api'), health: new HealthChecks({ checks: {} }) };
    app = await createHttpApp(TestModule, { ...shared, webSocketPath: '/v1/agents' });
    app.getHttpServer().on('upgrade', (_request, socket: Duplex) => socket.end(claimed));
    url = new URL(await listen(app, { host: '127.0.0.1', port: 0 }));
  });
  afterAll(() => app.close());

  const answer = async (line: string, headers: readonly string[], body = ''): Promise<string> => {
    const host = headers.some((header) => header.startsWith('Host:')) ? [] : ['Host: localhost'];
    return exchange(url, `${[`${line} HTTP/1.1`, ...host, ...headers].join('\r\n')}\r\n\r\n${body}`);
  };

  test('to a WebSocket at its path is accepted', async () => {
    expect(await answer('GET /v1/agents?x=1', webSocket)).toBe(claimed);
  });

  test.each([
    ['GET /v1/agents', '200'],
    ['GET /health/live', '200'],
    ['GET /metrics', '200'],
    ['GET /v1/nothing', '404'],
    ['POST /v1/sessions', '201'],
  ])('to h2c is answered in HTTP/1.1: %s', async (line, status) => {
    expect(await answer(line, [...h2c, 'Connection: close'])).toMatch(
      new RegExp(`^HTTP/1.1 ${status} [^]*\\r\\n\\r\\n.`),
    );
  });

  test('to h2c with a body is answered in HTTP/1.1', async () => {
    const headers = [...h2c, 'Connection: close', 'Content-Type: application/json', 'Content-Length: 2'];
    expect(await answer('POST /v1/sessions', headers, '{}')).toMatch(/^HTTP\/1.1 201 [^]*"started":true/);
  });

  test.each([
    ['at another address', 'GET /v1/elsewhere', [], 'not_found'],
    ['by another method', 'POST /v1/agents', [], 'method_not_allowed'],
    ['of a page of another origin', 'GET /v1/agents', ['Origin: https://evil.example'], 'origin_not_allowed'],
    ['of a page in a sandbox', 'GET /v1/agents', ['Origin: null'], 'origin_not_allowed'],
    ['by a name that is not ours', 'GET /v1/agents', ['Host: rebind.example'], 'host_not_allowed'],
    ['by two names', 'GET /v1/agents', ['Host: localhost', 'Host: rebind.example'], 'malformed_request'],
  ])('to a WebSocket %s is refused with a problem', async (_, line, headers, code) => {
    expect(await answer(line, [...webSocket, 'Connection: close', ...headers])).toContain(
      `/problems/${code}"`,
    );
  });
});

describe('a request that is not an upgrade', () => {
  let app: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    const logger = createLogger('api', 'silent');
    const health = new HealthChecks({ checks: {} });
    app = await createHttpApp(TestModule, { logger, metrics: new Metrics('api'), health });
    url = await listen(app, { host: '127.0.0.1', port: 0 });
  });
  afterAll(() => app.close());

  const post = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${url}/v1/sessions`, { method: 'POST', headers });

  test('passes without a body, as curl sends it', async () => {
    expect((await post({})).status).toBe(201);
  });

  test.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['a form with a file', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['a beacon', { 'content-type': 'text/plain' }, 415],
    ['a page of another origin', { origin: 'https://evil.example' }, 403],
    ['a page that hides its origin', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('of %s is refused although it has no body', async (_, headers, status) => {
    expect((await post({ ...headers })).status).toBe(status);
  });

  test.each(['/health/live', '/health/ready'])('for %s passes by any name', async (path) => {
    const get = `GET ${path} HTTP/1.1\r\nHost: pod-7.internal\r\nConnection: close\r\n\r\n`;
    expect(await exchange(new URL(url), get)).toMatch(/^HTTP\/1.1 200 /);
  });

  test('for metrics is refused by a name that is not ours', async () => {
    const get = 'GET /metrics HTTP/1.1\r\nHost: rebind.example\r\nConnection: close\r\n\r\n';
    expect(await exchange(new URL(url), get)).toMatch(/^HTTP\/1.1 421 /);
  });
});
