import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { FakeApi, Route } from './testing/fake-api.ts';
import { fakeApi, sendProblem } from './testing/fake-api.ts';
import { runCli } from './testing/run-cli.ts';

let api: FakeApi | undefined;
afterEach(() => api?.close());

async function serve(routes: Readonly<Record<string, Route>>): Promise<string> {
  api = await fakeApi(routes);
  return api.url;
}

const noSessions: Readonly<Record<string, Route>> = {
  'GET /v1/sessions': () => ({ items: [], next: null }),
};
const refusing =
  (status: number, members: Readonly<Record<string, unknown>>): Route =>
  (_, response) =>
    sendProblem(response, status, members);

describe('the exit code', () => {
  test('is 0 for a list, even an empty one', async () => {
    const url = await serve(noSessions);
    const ran = await runCli(['sessions', '--url', url]);
    expect(ran).toEqual({ exitCode: 0, stdout: '', stderr: 'Nothing was found.\n' });
  });

  test('is 1 for a problem, which is printed with its detail, fields and trace id', async () => {
    const errors = [{ field: 'status', message: 'status must be one of …' }];
    const problem = { code: 'validation_failed', title: 'Invalid', detail: 'No.', errors, trace_id: 'abc' };
    const url = await serve({ 'GET /v1/sessions': refusing(400, problem) });
    const ran = await runCli(['sessions', '--url', url]);
    const stderr = 'Invalid: No.\n  status: status must be one of …\ntrace id abc\n';
    expect(ran).toEqual({ exitCode: 1, stdout: '', stderr });
  });

  test.each([[[]], [['sesions']], [['sessions', '--nonsense']], [['sessions', '--status', 'gone']]])(
    'is 2 for %j',
    async (args) => {
      const { exitCode, stderr } = await runCli(args);
      expect(exitCode).toBe(2);
      expect(stderr).not.toBe('');
    },
  );

  test.each([
    [['sessions', '--limit', '0'], '--limit must be a whole number from 1 on, or all; not 0.'],
    [
      ['sessions', '--url', 'ftp://a'],
      'ftp://a is not the address of an API, such as https://turnstream.example.com.',
    ],
    [['show', 'P7689'], 'P7689 is not a session id (a UUID).'],
    [
      ['turns', '--from', 'soon'],
      'soon is not a time, such as 2026-03-01, 2026-03-01T10:00, 2026-03-01T10:00Z or 2h (ago).',
    ],
    [['turns', '--entity', 'phone'], '--entity must be name=value, not phone.'],
  ])('is 2 for %j, with the reason', async (args, message) => {
    expect(await runCli(args)).toEqual({ exitCode: 2, stdout: '', stderr: `${message}\n` });
  });

  test('is 2 for a purpose that no header can have', async () => {
    const url = await serve(noSessions);
    const { exitCode, stderr } = await runCli(['sessions', '--url', url, '--purpose', 'complaint–4711']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('invalid access-purpose header');
  });

  test('is 3 when no server listens', async () => {
    const { exitCode, stderr } = await runCli(['sessions', '--url', 'http://127.0.0.1:9']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('ECONNREFUSED');
    expect(stderr).toContain('Check TURNSTREAM_URL or --url');
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test('is 3 when the API is overloaded', async () => {
    const problem = { code: 'overloaded', title: 'Overloaded', retry_after_s: 7 };
    const url = await serve({ 'GET /v1/sessions': refusing(503, problem) });
    const { exitCode, stderr } = await runCli(['sessions', '--url', url]);
    expect(exitCode).toBe(3);
    expect(stderr).toBe('Overloaded\nTry again later.\nNot before 7 s from now.\n');
  });

  test('is 130 after Ctrl-C', async () => {
    const interrupted = new AbortController();
    const url = await serve({ 'GET /v1/sessions': () => interrupted.abort() });
    const ran = await runCli(['sessions', '--url', url], { signal: interrupted.signal });
    expect(ran).toEqual({ exitCode: 130, stdout: '', stderr: '' });
  });
});

test('with --json a problem is the document itself', async () => {
  const problem = { code: 'forbidden', title: 'Forbidden' };
  const url = await serve({ 'GET /v1/sessions': refusing(403, problem) });
  const { stderr } = await runCli(['sessions', '--json', '--url', url]);
  expect(JSON.parse(stderr)).toMatchObject({ title: 'Forbidden', status: 403 });
});

test('a missing purpose is reported with the option that sets it', async () => {
  const errors = [{ field: 'access-purpose', message: 'is required' }];
  const url = await serve({
    'POST /v1/turns/search': refusing(400, { code: 'validation_failed', title: 'Invalid', errors }),
  });
  const { stderr } = await runCli(['turns', '--entity', 'month=October', '--url', url]);
  expect(stderr).toContain('Say why with --purpose or TURNSTREAM_PURPOSE');
});

describe('the token', () => {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-cli-'));
  afterEach(() => rmSync(join(dir, 'token'), { force: true }));

  test('comes from the environment, like address and purpose', async () => {
    const url = await serve(noSessions);
    const env = { TURNSTREAM_URL: url, TURNSTREAM_TOKEN: 'abc', TURNSTREAM_PURPOSE: 'complaint:4711' };
    await runCli(['sessions'], { env });
    const headers = { authorization: 'Bearer abc', 'access-purpose': 'complaint:4711' };
    expect(api?.received[0]?.headers).toMatchObject(headers);
  });

  test.each(['abc\n', 'authorization: Bearer abc\n'])('is read from a file with %j', async (text) => {
    const url = await serve(noSessions);
    const file = join(dir, 'token');
    writeFileSync(file, text);
    const env = { TURNSTREAM_TOKEN: 'other' };
    await runCli(['sessions', '--url', url, '--token-file', file], { env });
    expect(api?.received.at(-1)?.headers.authorization).toBe('Bearer abc');
  });

  test('is read again after it was refused', async () => {
    const file = join(dir, 'token');
    writeFileSync(file, 'old');
    const url = await serve({
      'GET /v1/sessions': ({ headers }, response) => {
        if (headers.authorization === 'Bearer new') return { items: [], next: null };
        writeFileSync(file, 'new');
        return sendProblem(response, 401, { code: 'unauthenticated', title: 'Unauthenticated' });
      },
    });
    expect((await runCli(['sessions', '--url', url, '--token-file', file])).exitCode).toBe(0);
  });

  test('in a missing file is a wrong command line', async () => {
    const { exitCode, stderr } = await runCli(['sessions', '--token-file', join(dir, 'none')]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^The token file cannot be read: ENOENT/);
  });
});

test('help and version are not failures', async () => {
  expect(await runCli(['--version'])).toMatchObject({ exitCode: 0, stdout: '0.1.0\n' });
  const { exitCode, stdout } = await runCli(['turns', '--help']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('--entity <name=value>');
});
