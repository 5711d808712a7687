import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { lockSync } from 'proper-lockfile';
import { initKeyFile, rotateKeyFile } from './key-file.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'turnstream-key-file-'));
  file = join(dir, 'master-keys.json');
});
afterEach(() => rmSync(dir, { recursive: true }));

const idsIn = (): string[] => Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { keys: object }).keys);

/** A program that rotates so often, once its input ends, and prints the ids; while another one rotates it waits. */
const rotating = (times: number): string => `
  const { rotateKeyFile } = await import('./tools/keys/key-file.ts');
  console.log('ready');
  for await (const _ of process.stdin);
  for (let left = ${times}; left > 0;) {
    try {
      console.log(rotateKeyFile(${JSON.stringify(file)}));
      left -= 1;
    } catch (error) {
      if (!error.message.includes('Another process')) throw error;
      await new Promise((done) => setTimeout(done, 5 * Math.random()));
    }
  }`;

test('processes that rotate at the same time drop no key', async () => {
  const first = initKeyFile(file);
  const flags = ['--no-warnings', '--conditions=source', '--import', './tools/register.mjs'];
  const runs = [1, 2, 3].map(() =>
    execa(process.execPath, [...flags, '--input-type=module', '--eval', rotating(20)]),
  );
  await Promise.all(runs.map(({ stdout }) => once(stdout, 'data')));
  for (const { stdin } of runs) stdin.end();
  const printed = (await Promise.all(runs)).flatMap(({ stdout }) => stdout.split('\n').slice(1));
  expect(printed).toHaveLength(60);
  expect(idsIn().sort()).toEqual([first, ...printed].sort());
  expect(readdirSync(dir)).toEqual(['master-keys.json']);
});

test('a file that another process changes is left alone', () => {
  const first = initKeyFile(file);
  const release = lockSync(file, { realpath: false });
  expect(() => rotateKeyFile(file)).toThrow('Another process');
  release();
  expect(idsIn()).toEqual([first]);
  const second = rotateKeyFile(file);
  expect(idsIn()).toEqual([first, second]);
});
