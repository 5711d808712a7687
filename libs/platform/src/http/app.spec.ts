import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  BadRequestException,
  Body,
  Controller,
  ForbiddenException,
  Get,
  HttpCode,
  Module,
  NotFoundException,
  Param,
  Post,
  Query,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsInt, IsObject, IsOptional, IsString } from 'class-validator';
import { sleep } from '../async/sleep.ts';
import { HealthChecks } from '../health/checks.ts';
import { createHttpApp, listen } from './app.ts';
import { Convert } from './dto.ts';
import { createLogger } from '../logging/logger.ts';
import { Metrics } from '../metrics/metrics.ts';
import { ProblemError } from '../problems/problem.ts';

class TurnDto {
  @IsString()
  message_text: string;

  @IsOptional()
  @IsObject()
  extracted_entities?: object;
}

class PageDto {
  @IsOptional()
  @Convert((value) => (typeof value === 'string' ? Number(value) : value))
  @IsInt()
  limit?: number;
}

const errors: Readonly<Record<string, () => Error>> = {
  conflict: () => new ProblemError('wrong_expected_revision', 'The session is at 4', { current_revision: 4 }),
  unavailable: () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  bug: () => new TypeError('password is hunter2'),
  missing: () => new NotFoundException('no'),
  bad: () => new BadRequestException('too odd'),
  forbidden: () => new ForbiddenException('not you'),
  busy: () => new ServiceUnavailableException(),
};

@Controller('v1')
class TestController {
  @Post('sessions/:id/turns')
  @HttpCode(201)
  record(@Param('id') id: string, @Body() turn: TurnDto): object {
    return { id, ...turn };
  }

  @Get('sessions/:id/turns')
  list(@Query() page: PageDto): object {
    return { limit: page.limit ?? 10 };
  }

  @Get('errors/:kind')
  async fail(@Param('kind') kind: string): Promise<never> {
    throw errors[kind]?.() ?? new Error(kind);
  }
}

@Module({ controllers: [TestController] })
class TestModule {}

const id = 'f81d4fae-7dec-4d0a-a765-00a0c91e6bf6';
const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const json = { 'content-type': 'application/json' };

describe('HTTP application', () => {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const metrics = new Metrics('api');
  let down = false;
  const redis = async (): Promise<void> => {
    if (down) throw new Error('unavailable');
  };
  let app: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    const health = new HealthChecks({ checks: { redis }, cacheMs: 0 });
    app = await createHttpApp(TestModule, {
      logger: createLogger('api', 'info', { write }),
      metrics,
      health,
    });
    url = await listen(app, { host: '127.0.0.1', port: 0 });
  });
  afterAll(() => app.close());

  const post = (
    body: string | Blob,
    headers: Record<string, string> = json,
    path = `/v1/sessions/${id}/turns`,
  ) => fetch(url + path, { method: 'POST', body, headers });

  test('accepts and returns JSON, and logs none of it at info', async () => {
    const before = lines.length;
    const response = await post('{"message_text":"hi"}', {
      'content-type': 'application/json; charset=utf-8',
    });
    expect([response.status, await response.json()]).toEqual([201, { id, message_text: 'hi' }]);
    expect(await (await fetch(`${url}/v1/sessions/${id}/turns?limit=3`)).json()).toEqual({ limit: 3 });
    expect(lines).toHaveLength(before);
  });

  test.each([
    ['{"message_text":', 400, 'malformed_json'],
    ['', 400, 'malformed_json'],
    ['nonsense', 400, 'malformed_json'],
    ['{"message_text":"a","__proto__":{"x":1}}', 400, 'validation_failed'],
    ['{"message_text":"a","constructor":{"prototype":{"x":1}}}', 400, 'validation_failed'],
    ['{"message_text":"a","constructor":"x"}', 400, 'validation_failed'],
    ['[]', 400, 'validation_failed'],
    ['null', 400, 'validation_failed'],
    ['"text"', 400, 'validation_failed'],
    ['{}', 400, 'validation_failed'],
    ['{"message_text":5}', 400, 'validation_failed'],
    [
      `{"message_text":"a","extracted_entities":${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}}`,
      400,
      'validation_failed',
    ],
    [JSON.stringify({ message_text: 'x'.repeat(256 * 1024) }), 413, 'payload_too_large'],
  ])('answers the body %s with %i %s', async (body, status, code) => {
    expect(await problemOf(await post(body))).toMatchObject({ status, code });
  });

  test('accepts a body of exactly 256 KiB', async () => {
    const frame = JSON.stringify({ message_text: '' }).length;
    expect((await post(JSON.stringify({ message_text: 'x'.repeat(256 * 1024 - frame) }))).status).toBe(201);
  });

  test('names the field at fault, with the path as instance and the trace of the caller', async () => {
    const headers = { ...json, traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    expect(await problemOf(await post('{"colour":1}', headers))).toMatchObject({
      status: 400,
      code: 'validation_failed',
      instance: `/v1/sessions/${id}/turns`,
      trace_id: trace,
      errors: [
        { field: 'colour', message: 'is not a known field' },
        { field: 'message_text', message: 'is missing' },
      ],
    });
    const query = await fetch(`${url}/v1/sessions/${id}/turns?limit=x&limit=y`);
    expect(await problemOf(query)).toMatchObject({
      status: 400,
      code: 'validation_failed',
      errors: [{ field: 'limit' }],
    });
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
  ])('answers a body of %s with 415', async (type) => {
    expect(await problemOf(await post('message_text=a', { 'content-type': type }))).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    });
  });

  test('answers a body without a type with 415, and one that only claims to be JSON, too', async () => {
    expect(await problemOf(await post(new Blob(['{"message_text":"a"}']), {}))).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    });
    expect(await problemOf(await post('{}', { 'content-type': 'json' }))).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    });
  });

  test('answers an unknown address with 404, a known one with another method with 405', async () => {
    const missing = await problemOf(await fetch(`${url}/v1/nothing?partner_id=P1`));
    expect(missing).toMatchObject({ status: 404, code: 'not_found' });
    expect(JSON.stringify(missing)).not.toContain('P1');
    expect(await problemOf(await post('{', json, '/nowhere'))).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    const put = await fetch(`${url}/v1/sessions/${id}/turns`, { method: 'PUT', body: '{}', headers: json });
    expect(put.headers.get('allow')).toBe('GET, HEAD, POST');
    expect(await problemOf(put)).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(await problemOf(await fetch(`${url}/metrics`, { method: 'DELETE' }))).toMatchObject({
      status: 405,
      code: 'method_not_allowed',
    });
  });

  test.each([
    ['conflict', 412, 'wrong_expected_revision', { current_revision: 4, detail: 'The session is at 4' }],
    ['unavailable', 503, 'engine_unavailable', { retry_after_s: 1 }],
    ['busy', 503, 'engine_unavailable', { retry_after_s: 1 }],
    ['bug', 500, 'internal_error', {}],
    ['missing', 404, 'not_found', {}],
    ['bad', 400, 'malformed_request', { detail: 'too odd' }],
    ['forbidden', 403, 'forbidden', { detail: 'not you' }],
  ])('answers the error "%s" with %i %s', async (kind, status, code, members) => {
    const response = await fetch(`${url}/v1/errors/${kind}`);
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
    expect(await problemOf(response)).toMatchObject({ status, code, ...members });
  });

  test('hides a bug from the caller and logs it under the same trace id', async () => {
    const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    const response = await fetch(`${url}/v1/errors/bug`, { headers });
    const text = await response.text();
    expect(text).toContain(trace);
    expect(text).not.toContain('hunter2');
    expect(lines.findLast(({ err }) => err)).toMatchObject({
      level: 'error',
      trace_id: trace,
      err: {
        type: 'TypeError',
        message: 'password is hunter2',
        stack: expect.stringContaining('app.spec'),
      },
    });
  });

  const failUnavailable = (): Promise<Response> => fetch(`${url}/v1/errors/unavailable`);
  const linesOf503 = (): typeof lines => lines.filter(({ status }) => status === 503);

  test('logs one of many 503 answers at warn, with the number of the others', async () => {
    await sleep(1_100);
    await failUnavailable();
    const before = linesOf503().length;
    await Promise.all(Array.from({ length: 20 }, failUnavailable));
    await sleep(1_100);
    await failUnavailable();
    const found = linesOf503().slice(before);
    expect(found.length).toBeLessThan(20);
    expect(new Set(found.map(({ level }) => level))).toEqual(new Set(['warn']));
    expect(found.reduce((sum, { unlogged }) => sum + 1 + Number(unlogged ?? 0), 0)).toBe(21);
  });

  test('serves health and metrics beside the routes', async () => {
    expect(await (await fetch(`${url}/health/live`)).json()).toMatchObject({ status: 'ok' });
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    down = true;
    const unavailable = await fetch(`${url}/health/ready`);
    down = false;
    expect([unavailable.status, await unavailable.json()]).toMatchObject([
      503,
      { checks: { redis: { error: 'unavailable' } } },
    ]);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('method="POST",route="/v1/sessions/:id/turns",status="201"');
    expect(text).toContain('route="none",status="404"');
    expect(text).not.toContain(id);
  });

  test('says plainly that the port is taken', async () => {
    const port = Number(new URL(url).port);
    const logger = createLogger('api', 'silent');
    const health = new HealthChecks({ checks: {} });
    const second = await createHttpApp(TestModule, { logger, metrics: new Metrics('api'), health });
    await expect(listen(second, { host: '127.0.0.1', port })).rejects.toThrow(
      `Port ${port} of 127.0.0.1 is taken`,
    );
    await second.close();
  });
});

/** The problem in a response, with its code for the type. */
async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const { type, status, ...document } = (await response.json()) as Record<string, unknown>;
  expect(status).toBe(response.status);
  expect(document).toMatchObject({ title: expect.any(String), detail: expect.any(String) });
  return { status, code: String(type).replace('https://turnstream.dev/problems/', ''), ...document };
}
