import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DevelopmentIssuer } from '#privacy';
import { accessStream, EventStore } from '#sessions';
import { issuerDir } from './token.ts';
import { run } from './run.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-acts-'));
const keyFile = join(dir, 'master.json');
const away = { EVENTSTORE_URL: 'esdb://127.0.0.1:9?tls=false' };
const store = new EventStore(process.env['EVENTSTORE_URL'] ?? '');

beforeAll(async () => {
  await DevelopmentIssuer.in(issuerDir(dir));
  await program('keys', ['init']);
});
afterAll(async () => {
  await store.dispose();
  rmSync(dir, { recursive: true });
});

function program(name: string, words: readonly string[], more = {}): ReturnType<typeof run> {
  const keys = { KEYSTORE_URL: `file:${join(dir, 'keys.db')}`, MASTER_KEYS: `file:${keyFile}` };
  const command = [process.execPath, 'tools/bootstrap.mjs', `tools/${name}/main.ts`, ...words];
  return run(command, { env: { TURNSTREAM_DATA: dir, ...keys, ...more } });
}

async function recorded(): Promise<unknown[]> {
  return Array.fromAsync(store.read(accessStream(new Date())), ({ data }) => data);
}

test('a token that an operator makes is recorded', async () => {
  const { output } = await program('token', ['--role', 'auditor', '--subject', 'spec-of-acts']);
  expect(output).toMatch(/^eyJ\S+$/);
  const what = 'role auditor, subject spec-of-acts';
  expect(await recorded()).toContainEqual(expect.objectContaining({ action: 'make_token', what }));
});

test('a token that cannot be recorded is made, with a warning', async () => {
  const { code, output } = await program('token', [], away);
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/is not recorded in the access log\..*\neyJ\S+$/),
  ]);
});

test('no key is added to the master keys unless that is recorded', async () => {
  const before = readFileSync(keyFile, 'utf8');
  expect((await program('keys', ['rotate'], away)).code).toBe(1);
  expect(readFileSync(keyFile, 'utf8')).toBe(before);
  expect((await program('keys', ['rotate'])).code).toBe(0);
  expect(readFileSync(keyFile, 'utf8')).not.toBe(before);
  expect(await recorded()).toContainEqual(expect.objectContaining({ action: 'rotate_master_key' }));
});
