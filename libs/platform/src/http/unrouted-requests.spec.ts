import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Get, Module, Param, Put } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { HealthChecks } from '../health/checks.ts';
import { createHttpApp, listen } from './app.ts';
import { createLogger } from '../logging/logger.ts';
import { Metrics } from '../metrics/metrics.ts';
import { exchange } from './test-exchange.ts';

@Controller('v1/things')
class ThingController {
  @Get(':name')
  get(@Param('name') name: string): object {
    return { name };
  }

  @Put(':name')
  put(): object {
    return {};
  }
}

@Module({ controllers: [ThingController] })
class ThingModule {}

describe('requests that never reach a route', () => {
  let app: NestFastifyApplication;
  let url: URL;

  beforeAll(async () => {
    const logger = createLogger('api', 'silent');
    const health = new HealthChecks({ checks: {} });
    app = await createHttpApp(ThingModule, { logger, metrics: new Metrics('api'), health, requestMs: 1_000 });
    url = new URL(await listen(app, { host: '127.0.0.1', port: 0 }));
  });
  afterAll(() => app.close());

  test.each([
    [
      'a malformed escape',
      'GET /v1/things/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n',
      400,
      'malformed_request',
    ],
    ['a malformed address', 'GET http://[/v1 HTTP/1.1\r\nHost: localhost\r\n\r\n', 400, 'malformed_request'],
    [
      'a long part',
      `GET /v1/things/${'a'.repeat(2000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      414,
      'uri_too_long',
    ],
    [
      'long headers',
      `GET / HTTP/1.1\r\nHost: localhost\r\nBig: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'a body that does not arrive',
      'PUT /v1/things/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      408,
      'request_timeout',
    ],
    [
      'a second Host',
      'GET /v1/things/a HTTP/1.1\r\nHost: localhost\r\nhost: example.com\r\n\r\n',
      400,
      'malformed_request',
    ],
    ['no HTTP', 'HELLO\r\n\r\n', 400, 'malformed_request'],
    [
      'a wrong length',
      'POST /v1/things HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n',
      400,
      'malformed_request',
    ],
    ['an unknown address', 'GET /v2/things HTTP/1.1\r\nHost: localhost\r\n\r\n', 404, 'not_found'],
    ['another method', 'OPTIONS /v1/things/a HTTP/1.1\r\nHost: localhost\r\n\r\n', 405, 'method_not_allowed'],
    ['an unknown method', 'BREW /v1/things/a HTTP/1.1\r\nHost: localhost\r\n\r\n', 400, 'malformed_request'],
  ])('%s is answered with a problem', async (_, raw, status, code) => {
    const [head = '', body = ''] = (await exchange(url, raw)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*content-type: application/problem\\+json`, 'i'));
    expect(JSON.parse(body)).toMatchObject({ type: `https://turnstream.dev/problems/${code}`, status });
  });

  test('an address of 15,000 characters is not echoed', async () => {
    const answer = await exchange(url, `GET /${'a'.repeat(15_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
    expect(answer.length).toBeLessThan(2_500);
  });

  test('a client that ends in the middle of a request does no harm', async () => {
    const socket = connect(Number(url.port), url.hostname);
    socket.write('POST /v1/things HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"half":');
    socket.resetAndDestroy();
    await once(socket, 'close');
    expect((await fetch(`${url.origin}/v1/things/a`)).status).toBe(200);
  });
});
