import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';

const register = join(import.meta.dirname, '../register.mjs');
const options = ['--no-warnings', '--conditions=source', '--import', register];

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'turnstream-stop-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Runs `npm stop`; `said` is what it has said so far. */
function stop() {
  const env = { ...process.env, TURNSTREAM_DATA: dir };
  const args = [...options, join(import.meta.dirname, 'stop.ts')];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<string>((resolve) => child.once('close', () => resolve(output)));
  return { said: () => output, ended };
}

test('what a killed launcher has started is waited for', async () => {
  const [begun, released, ended] = ['begun', 'released', 'ended'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  const started = `touch '${begun}'; while [ ! -e '${released}' ]; do sleep 0.1; done; touch '${ended}'`;
  // As the launcher, it leads a process group, in which its programs are.
  const launcher = spawn('sh', ['-c', `(${started}) & wait`], { detached: true, stdio: 'ignore' });
  writeFileSync(join(dir, 'run.json'), JSON.stringify({ pid: launcher.pid, since: '1', api: '' }));
  await waitUntil(() => existsSync(begun), { what: 'the program' });
  launcher.kill('SIGKILL');
  await new Promise((resolve) => launcher.once('exit', resolve));
  const stopping = stop();
  await waitUntil(() => stopping.said() !== '', { what: 'the command to say something' });
  writeFileSync(released, '');
  expect(await stopping.ended).toContain('Everything is stopped');
  expect(existsSync(ended)).toBe(true);
});

test('a process that has the id of a former launcher is left alone', async () => {
  writeFileSync(join(dir, 'run.json'), JSON.stringify({ pid: process.pid, since: '1', api: '' }));
  expect(await stop().ended).toContain('Turnstream is not running.');
});
