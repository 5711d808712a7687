import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { FakeApi, Route } from '../testing/fake-api.ts';
import { fakeApi } from '../testing/fake-api.ts';
import { runCli } from '../testing/run-cli.ts';

const id = '6fa459ea-ee8a-4ca4-894e-db77e160355e';
const contents = { 'turns-00001.ndjson': '{"a":1}\n'.repeat(1_000), 'turns-00002.ndjson': '{"a":2}\n' };
const first = contents['turns-00001.ndjson'];
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const files = Object.entries(contents).map(([name, text]) => ({
  name,
  bytes: text.length,
  sha256: sha256(text),
}));
const running = {
  export_id: id,
  status: 'running',
  failure: null,
  masked: true,
  rows: 0,
  bytes: 0,
  files: [],
};
const done = { ...running, status: 'done', rows: 1_001, sha256: 'all', files };

let dir: string;
let api: FakeApi;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'turnstream-export-'));
});
afterEach(() => {
  api.close();
  rmSync(dir, { recursive: true });
});

/** A file, from the Range on; the first answers break off after this many bytes. */
function file(text: string, ...cuts: number[]): Route {
  return ({ headers }, response) => {
    const from = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
    const rest = text.slice(from);
    if (from > 0) response.setHeader('content-range', `bytes ${from}-${text.length - 1}/${text.length}`);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length });
    const cut = cuts.shift();
    if (cut === undefined) response.end(rest);
    else response.write(rest.slice(0, cut), () => void destroyAt(from + cut, response));
  };
}

async function destroyAt(bytes: number, response: ServerResponse): Promise<void> {
  const part = join(dir, 'out/turns-00001.ndjson.part');
  while ((statSync(part, { throwIfNoEntry: false })?.size ?? 0) < bytes) await sleep(5);
  response.destroy();
}

async function serve(more: Readonly<Record<string, Route>> = {}): Promise<void> {
  const looks: object[] = [{ ...running, rows: 500 }];
  api = await fakeApi({
    'POST /v1/exports': ({ body }) => ({ ...running, ...(body as object), export_id: id }),
    [`GET /v1/exports/${id}`]: () => looks.shift() ?? done,
    [`GET /v1/exports/${id}/files/turns-00001.ndjson`]: file(first),
    [`GET /v1/exports/${id}/files/turns-00002.ndjson`]: file(contents['turns-00002.ndjson']),
    [`GET /v1/exports/${id}/files/manifest.json`]: (_, response) => void response.end('{}'),
    ...more,
  });
}

const begin = ['export', 'turns', '--from', '2026-03-01', '--utc'];
const run = (...args: string[]) => runCli([...args, '-o', join(dir, 'out'), '--url', api.url]);
const asked = (): string[] => api.received.map(({ method, url }) => `${method} ${url}`);

test('an export is started, awaited, downloaded and verified', async () => {
  await serve();
  const { exitCode, stdout, stderr } = await run(...begin, '--json', '--partner', 'P1', '--gzip');
  expect(exitCode).toBe(0);
  expect(api.received[0]?.body).toEqual({
    export_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    form: 'turns',
    format: 'ndjson',
    gzip: true,
    from: '2026-03-01T00:00:00.000Z',
    partner_id: 'P1',
  });
  expect(stderr).toContain(`turnstream export --resume ${id}`);
  expect(stderr).toContain('Personal values are masked.');
  expect(JSON.parse(stdout)).toMatchObject({ export_id: id, files: 2, rows: 1_001 });
  expect(readdirSync(join(dir, 'out')).sort()).toEqual([
    'manifest.json',
    'turns-00001.ndjson',
    'turns-00002.ndjson',
  ]);
  expect(readFileSync(join(dir, 'out/turns-00001.ndjson'), 'utf8')).toBe(first);
});

test('an interrupted download continues where it ended', async () => {
  await serve({ [`GET /v1/exports/${id}/files/turns-00001.ndjson`]: file(first, 100, 1_000) });
  expect((await run(...begin)).exitCode).toBe(0);
  expect(readFileSync(join(dir, 'out/turns-00001.ndjson'), 'utf8')).toBe(first);
  const ranges = api.received
    .filter(({ url }) => url.endsWith('00001.ndjson'))
    .map(({ headers }) => headers.range);
  expect(ranges).toEqual([undefined, 'bytes=100-', 'bytes=1100-']);
});

test('--resume fetches only the missing part', async () => {
  await serve();
  await run(...begin);
  rmSync(join(dir, 'out/manifest.json'));
  rmSync(join(dir, 'out/turns-00001.ndjson'));
  writeFileSync(join(dir, 'out/turns-00001.ndjson.part'), first.slice(0, 4_000));
  const before = asked().length;
  expect((await run('export', '--resume', id)).exitCode).toBe(0);
  expect(asked().slice(before)).toEqual([
    `GET /v1/exports/${id}`,
    `GET /v1/exports/${id}/files/turns-00001.ndjson`,
    `GET /v1/exports/${id}/files/manifest.json`,
  ]);
  expect(api.received.at(-2)?.headers.range).toBe('bytes=4000-');
});

test('a whole file in place of its rest is not appended to the existing part', async () => {
  await serve({
    [`GET /v1/exports/${id}/files/turns-00001.ndjson`]: (_, response) => void response.end(first),
  });
  mkdirSync(join(dir, 'out'));
  writeFileSync(join(dir, 'out/turns-00001.ndjson.part'), first.slice(0, 4_000));
  const { exitCode, stderr } = await run('export', '--resume', id);
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain('from byte 4000 on');
  expect(readFileSync(join(dir, 'out/turns-00001.ndjson.part'), 'utf8')).toBe(first.slice(0, 4_000));
});

test('a file with different content is deleted, and the run fails', async () => {
  await serve({ [`GET /v1/exports/${id}/files/turns-00001.ndjson`]: file(first.replace('1', '7')) });
  const { exitCode, stderr } = await run(...begin);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('its SHA-256 differs');
  expect(readdirSync(join(dir, 'out'))).toEqual([]);
});

test('a name that leads out of the folder is refused', async () => {
  await serve({ [`GET /v1/exports/${id}`]: () => ({ ...done, files: [{ ...files[0], name: '../evil' }] }) });
  const { exitCode, stderr } = await run(...begin);
  expect([exitCode, readdirSync(join(dir, 'out'))]).toEqual([1, []]);
  expect(stderr).toContain('unsafe name');
});

test('a failed export is reported', async () => {
  await serve({ [`GET /v1/exports/${id}`]: () => ({ ...running, status: 'failed', failure: 'gave_up' }) });
  const { exitCode, stderr } = await run(...begin);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('The export is failed: gave_up.');
});

test('--no-wait only starts it', async () => {
  await serve();
  const { stdout } = await run(...begin, '--no-wait', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ export_id: id, status: 'running' });
  expect(asked()).toEqual(['POST /v1/exports']);
});

test.each([[['export']], [['export', 'turns']], [['export', 'nonsense', '--from', '2026-03-01']]])(
  '%j is a wrong command line',
  async (args) => {
    await serve();
    expect((await run(...args)).exitCode).toBe(2);
    expect(asked()).toEqual([]);
  },
);
