import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';

const register = join(import.meta.dirname, '../register.mjs');
const runFile = join(import.meta.dirname, 'run-file.ts');
/** Claims the folder and keeps it until its input ends. The last argument makes it a launcher for `ps`. */
const program = `
  const { claim, release } = await import(${JSON.stringify(runFile)});
  const first = process.argv[1];
  if (first === 'restarted') (await import('node:fs')).writeFileSync(process.env.TURNSTREAM_DATA + '/run.json', JSON.stringify({ pid: process.pid, since: '1', api: 'http://before' }));
  await claim('http://' + process.pid).then(() => console.log('claimed'), (error) => console.log(error.message));
  for await (const part of process.stdin);
  release();
`;

let dir: string;
const file = (): string => join(dir, 'run.json');

function launcher(kind = 'usual', folder = dir) {
  const args = [
    '--no-warnings',
    '--conditions=source',
    '--import',
    register,
    '--input-type=module',
    '-e',
    program,
  ];
  const env = { ...process.env, TURNSTREAM_DATA: folder };
  const child = spawn(process.execPath, [...args, kind, 'launcher/start'], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const said = async (): Promise<string> => {
    await waitUntil(() => output !== '', { what: 'the launcher to say something' });
    return output.trim();
  };
  const end = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  return { said, end };
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'turnstream-run-file-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('of launchers that start at once on the folder of a killed one, one claims it', async () => {
  writeFileSync(file(), JSON.stringify({ pid: 1, since: '1', api: 'http://killed' }));
  const launchers = Array.from({ length: 4 }, () => launcher());
  const said = await Promise.all(launchers.map((one) => one.said()));
  expect(said.filter((line) => line === 'claimed')).toHaveLength(1);
  const owner = (JSON.parse(readFileSync(file(), 'utf8')) as { api: string }).api;
  const others = said.filter((line) => line !== 'claimed');
  expect(new Set(others)).toEqual(new Set([`Turnstream already runs (${owner}): npm stop ends it.`]));
  // Those that were refused leave the file of the owner.
  await Promise.all(launchers.filter((_, index) => said[index] !== 'claimed').map((one) => one.end()));
  expect(existsSync(file())).toBe(true);
  await Promise.all(launchers.map((one) => one.end()));
  expect(existsSync(file())).toBe(false);
});

test('a launcher with the process id of a killed one starts', async () => {
  const one = launcher('restarted');
  expect(await one.said()).toBe('claimed');
  await one.end();
});

test('a launcher starts on the folder of a killed one of an earlier version', async () => {
  writeFileSync(file(), JSON.stringify({ pid: 2 ** 22 + 1, api: 'http://before' }));
  const one = launcher();
  expect(await one.said()).toBe('claimed');
  await one.end();
});

test('a folder that cannot be written is refused at once', async () => {
  const one = launcher('usual', '/proc');
  expect(await one.said()).toMatch(
    /^Cannot write to \/proc \(.*\): set TURNSTREAM_DATA to another folder\.$/,
  );
  await one.end();
});
