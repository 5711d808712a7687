import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { ScriptRunner } from '../apps/api/src/agents/registry/script-runner.ts';
import type { TestApp } from '../apps/api/src/test-app.ts';
import { startTestApp } from '../apps/api/src/test-app.ts';
import type { Instance } from '../apps/projector/src/test-harness.ts';
import { ProjectorHarness } from '../apps/projector/src/test-harness.ts';
import { redisUrlOf } from '../libs/platform/src/testing/test-services.ts';
import { valkey } from '../tools/backing-services/valkey.ts';
import { freePorts } from '../tools/shared/free-ports.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-valkey-'));
const processes: ChildProcess[] = [];
let harness: ProjectorHarness;
let app: TestApp;
let projector: Instance;
/** The launcher's setting. */
let given: unknown;

/** On a separate Valkey. */
beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  const { command } = await valkey.program(dir, port, true);
  const [file = '', ...args] = command;
  processes.push(spawn(file, args, { stdio: 'ignore' }));
  const url = valkey.url(port);
  await waitUntil(async () => valkey.ready(url).then(() => true), { what: 'Valkey' });
  process.env['REDIS_URL'] = url;
  harness = await ProjectorHarness.create();
  app = await startTestApp({ redisUrl: redisUrlOf(harness.redis) });
  given = await harness.redis.config('GET', 'maxmemory*');
});
beforeEach(async () => {
  await room(true);
  await harness.reset();
  projector = await harness.start();
});
afterAll(async () => {
  try {
    await app?.close();
    await harness?.end();
  } finally {
    for (const child of processes) child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
});

/** Gives Redis room for more data, or none. */
async function room(isThere: boolean): Promise<void> {
  await harness.redis.config('SET', 'maxmemory', isThere ? 0 : 1);
}

async function say(id: string): Promise<number> {
  const turn = { sender: 'user', message_text: 'hi', parsed_intent: 'greet' };
  const key = { 'idempotency-key': randomUUID() };
  return (await app.call('POST', `/v1/sessions/${id}/turns`, turn, key)).status;
}

async function keys(id: string): Promise<string[]> {
  return harness.redis.keys(`*${id}*`);
}

async function shownRevision(id: string): Promise<unknown> {
  return (await app.call('GET', `/v1/sessions/${id}/context`)).body['revision'];
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  return Number(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'm').exec(text)?.[1]);
}

/** Whether both writers of all partitions have written everything. */
function isWritten(): boolean {
  const status = projector.projector.status();
  return status.every(
    ({ waiting_for_redis, waiting_for_postgres }) => waiting_for_redis + waiting_for_postgres === 0,
  );
}

/** Waits until the projector has written everything that it can. */
async function allWritten(ids: readonly string[]): Promise<void> {
  for (const id of ids) await harness.rowsSettled(id);
  await waitUntil(isWritten, { what: 'everything to be written' });
}

/** Sessions whose rows and contexts match their streams. */
async function sessions(count: number): Promise<string[]> {
  const ids = await Promise.all(Array.from({ length: count }, () => app.start()));
  await harness.settled(ids);
  return ids;
}

test('the launcher gives Redis a bound, and evicts nothing', () => {
  expect(given).toEqual(expect.arrayContaining([String(2 ** 30), 'noeviction']));
});

test('while Redis is full, commands and rows continue, and contexts that cannot be written are removed', async () => {
  const ids = await sessions(8);
  const checkpoint = await harness.redis.get('projection:session-0');
  await room(false);
  for (let turns = 0; turns < 3; turns += 1)
    expect(await Promise.all(ids.map(say))).toEqual(ids.map(() => 201));
  await allWritten(ids);
  for (const id of ids) expect(await keys(id)).toEqual([]);
  await harness.appendMany(`0${randomUUID().slice(1)}`, 1);
  await waitUntil(async () => (await harness.redis.get('projection:session-0')) !== checkpoint, {
    what: 'the checkpoint of the contexts',
  });
});

test('while Redis is full, contexts are folded for their readers, and a metric shows it', async () => {
  const ids = await sessions(2);
  const before = await metric('contexts_dropped_total');
  await room(false);
  await Promise.all(ids.map(say));
  await allWritten(ids);
  expect(await Promise.all(ids.map(shownRevision))).toEqual([1, 1]);
  // The api remembers only for a while that Redis is full.
  const isShown = async (): Promise<boolean> => {
    await Promise.all(ids.map(shownRevision));
    return (await metric('contexts_dropped_total')) > before && (await metric('redis_full')) === 1;
  };
  await waitUntil(isShown, { what: 'the metrics' });
});

test('while Redis is full, the context of a session that is set aside says so', async () => {
  const [id = ''] = await sessions(1);
  await room(false);
  await harness.append(id, 'TurnRecorded', {}, { schema_version: 2 });
  await harness.setAside(id);
  const isNoted = async (): Promise<boolean> =>
    (await harness.redis.hexists(`ctx:{${id}}`, 'set_aside')) === 1;
  await waitUntil(isNoted, { what: 'the note in the context' });
  expect((await app.call('GET', `/v1/sessions/${id}/context`)).status).toBe(503);
});

test('while Redis is full, the leases of live agents are renewed', async () => {
  await room(false);
  const scripts = new ScriptRunner(harness.redis);
  await expect(harness.redis.set('any', 1)).rejects.toThrow('OOM');
  expect(await scripts.run("redis.call('ZADD', KEYS[1], 1, 'a') return 1", 'pool', [])).toBe(1);
});

test('once Redis has room again, contexts are complete: at their next event, and when they are read', async () => {
  const [written = '', read = ''] = await sessions(2);
  await room(false);
  await Promise.all([written, read].map(say));
  await allWritten([written, read]);
  await room(true);
  await waitUntil(async () => (await say(written)) === 201 && (await keys(written)).length === 2, {
    what: 'the context that is written',
    everyMs: 200,
  });
  const isThere = async (): Promise<boolean> => {
    await shownRevision(read);
    return (await keys(read)).length === 2;
  };
  await waitUntil(isThere, { what: 'the context that is read', everyMs: 200 });
  expect(await harness.settled([written, read])).toBe(2);
});

test('a context that alone cannot be written is removed, and written again with its next event', async () => {
  const [bad = '', good = ''] = await sessions(2);
  await harness.redis.set(`cmd:{${bad}}`, 'no hash');
  await Promise.all([bad, good].map(say));
  await harness.settled([good]);
  await waitUntil(async () => (await keys(bad)).length === 0, { what: 'the context to be removed' });
  await say(bad);
  expect(await harness.settled([bad])).toBe(1);
});
