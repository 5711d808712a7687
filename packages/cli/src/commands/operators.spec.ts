import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import type { FakeApi, Route } from '../testing/fake-api.ts';
import { fakeApi } from '../testing/fake-api.ts';
import { runCli } from '../testing/run-cli.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-cli-'));
afterAll(() => rmSync(dir, { recursive: true }));
let api: FakeApi | undefined;
afterEach(() => api?.close());

const none = { partner_id: 'P1', status: 'none', reason: null, due_at: null, hold: null, receipt: null };
const asked = { ...none, status: 'in_progress', reason: 'ticket:1' };
const checked = [{ store: 'redis', what: 'contexts', left: 0, checked_at: '2026-11-24T08:00:00.000Z' }];
const erased = { ...none, status: 'erased', receipt: { receipt_id: 'r-1', sessions: 4, checked } };

/** In progress at the first request, then done. */
async function erasing(outcome: object): Promise<string> {
  const looks = [asked, outcome];
  api = await fakeApi({
    'DELETE /v1/partners/P1': () => asked,
    'GET /v1/partners/P1/erasure': () => looks.shift(),
  });
  return api.url;
}
const methods = (): string[] => api?.received.map(({ method }) => method) ?? [];

describe('erase', () => {
  test('asks for the id, waits for the receipt and prints it', async () => {
    const url = await erasing(erased);
    const args = ['erase', 'P1', '--reason', 'ticket:1', '--utc', '--url', url];
    const { exitCode, stdout, stderr } = await runCli(args, {
      input: 'P1\n',
      columns: 80,
      env: { NO_COLOR: '1' },
    });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('All data of P1 will be deleted irreversibly.');
    expect(stdout).toContain('status: erased');
    expect(stdout).toContain('redis  contexts  0     2026-11-24 08:00:00Z');
    expect(api?.received[0]?.body).toEqual({ reason: 'ticket:1' });
    expect(methods()).toEqual(['DELETE', 'GET', 'GET']);
  });

  test('does nothing when the answer is not the id', async () => {
    const url = await erasing(erased);
    const args = ['erase', 'P1', '--reason', 'ticket:1', '--url', url];
    const { exitCode, stderr } = await runCli(args, { input: 'yes\n', columns: 80 });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Nothing was erased.');
    expect(methods()).toEqual([]);
  });

  test.each([
    [['--reason', 'ticket:1'], 'There is no terminal to ask for a confirmation: use --yes.'],
    [['--yes'], 'erase needs --reason, as ticket:8812.'],
  ])('with only %j is a wrong command line for a program', async (options, message) => {
    const url = await erasing(erased);
    const { exitCode, stderr } = await runCli(['erase', 'P1', ...options, '--url', url]);
    expect([exitCode, stderr]).toEqual([2, `${message}\n`]);
    expect(methods()).toEqual([]);
  });

  test('with --yes --json gives programs the whole document', async () => {
    const url = await erasing(erased);
    const { stdout } = await runCli(['erase', 'P1', '--reason', 'ticket:1', '--yes', '--json', '--url', url]);
    expect(JSON.parse(stdout)).toEqual(erased);
  });

  test('does not wait for data that have to be kept', async () => {
    const url = await erasing({ ...asked, status: 'restricted', due_at: '2027-11-24T08:00:00.000Z' });
    const { exitCode, stderr } = await runCli(['erase', 'P1', '--reason', 'ticket:1', '--yes', '--url', url]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('The data have to be kept until then, and are restricted.');
  });

  test('with --no-wait or --status does not wait', async () => {
    const url = await erasing(erased);
    await runCli(['erase', 'P1', '--reason', 'ticket:1', '--yes', '--no-wait', '--url', url]);
    await runCli(['erase', 'P1', '--status', '--url', url]);
    expect(methods()).toEqual(['DELETE', 'GET']);
  });
});

describe('lag', () => {
  const partition = { slot: 0, owner: 'projector-1', lag_s: 1.5, position: '77', ahead_of_store: false };
  const checks = { redis: { status: 'ok' }, postgres: { status: 'unavailable', error: 'no answer' } };
  const health =
    (status: number, ...projections: object[]): Route =>
    (_, response) => {
      response.statusCode = status;
      return { status: 'degraded', checks, details: { projections } };
    };

  test.each([200, 503])('shows services and partitions when the answer is %i', async (status) => {
    api = await fakeApi({ 'GET /health/ready': health(status, partition) });
    const { exitCode, stdout } = await runCli(['lag', '--url', api.url]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('postgres  unavailable  no answer');
    expect(stdout).toContain('0          1.5 s  projector-1  77');
  });

  test.each([
    ['2', [partition], 0],
    ['1', [partition], 1],
    ['2', [partition, { ...partition, owner: null }], 1],
    ['2', [{ ...partition, lag_s: null }], 1],
    ['2', [], 1],
  ])('with --max %s and %j ends with %i', async (max, partitions, exitCode) => {
    api = await fakeApi({ 'GET /health/ready': health(200, ...partitions) });
    expect(await runCli(['lag', '--max', max, '--url', api.url])).toMatchObject({ exitCode });
  });

  test('of another server than Turnstream is not reported', async () => {
    api = await fakeApi({ 'GET /health/ready': () => ({ up: true }) });
    expect(await runCli(['lag', '--url', api.url])).toMatchObject({ exitCode: 3 });
    expect(await runCli(['lag', '--url', 'http://127.0.0.1:9'])).toMatchObject({ exitCode: 3 });
  });
});

const broken: Route = ({ url }, response) => {
  response.writeHead(200, { 'content-length': 100 }).write(url);
  setImmediate(() => response.destroy());
};

describe('archive', () => {
  test('writes the file for this user alone and prints its SHA-256', async () => {
    api = await fakeApi({ 'GET /v1/partners/P1/archive': (_, response) => void response.end('zip') });
    const file = join(dir, 'p1.zip');
    const args = ['archive', 'P1', '-o', file, '--purpose', 'access-request:41', '--json', '--url', api.url];
    const { stdout } = await runCli(args);
    expect(JSON.parse(stdout)).toEqual({
      file,
      bytes: 3,
      sha256: createHash('sha256').update('zip').digest('hex'),
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toBe('zip');
  });

  test('leaves no partial file', async () => {
    api = await fakeApi({ 'GET /v1/partners/P1/archive': broken });
    const file = join(dir, 'half.zip');
    expect((await runCli(['archive', 'P1', '-o', file, '--url', api.url])).exitCode).not.toBe(0);
    expect(readdirSync(dir).filter((name) => name.startsWith('half'))).toEqual([]);
  });
});

test('dlq prints instructions, and fails with arguments', async () => {
  expect(await runCli(['dlq'])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('npm run dlq'),
  });
  expect(await runCli(['dlq', 'list', '--open'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('npm run dlq'),
  });
});
