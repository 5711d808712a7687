import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runCli } from '../testing/run-cli.ts';
import { scripts, shells } from './scripts.ts';

const wordsAfter = async (...words: string[]): Promise<string[]> => {
  const { stdout } = await runCli(['__complete', ...words]);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[0] ?? '');
};

describe('the next word', () => {
  test.each([
    [['sess'], ['sessions']],
    [['sessions', '--st'], ['--status']],
    [
      ['sessions', '--status', 'e'],
      ['ended', 'expired'],
    ],
    [['sessions', '--partner', ''], []],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['nonsense', 'nonsense'], []],
  ])('after %j is %j', async (words, expected) => {
    expect(await wordsAfter(...words)).toEqual(expected);
  });

  test('at the beginning can be any command', async () => {
    expect(await wordsAfter('')).toEqual(expect.arrayContaining(['sessions', 'erase', 'completion']));
  });

  test('is never a help text', async () => {
    expect(await wordsAfter('sessions', '--help', '')).toEqual([]);
  });
});

test.each(shells)('the script for %s is printed', async (shell) => {
  expect(await runCli(['completion', shell])).toEqual({ exitCode: 0, stdout: scripts[shell], stderr: '' });
});

test('bash completes with the script', () => {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-completion-'));
  try {
    const program = `#!/bin/sh\nprintf '%s\\t%s\\n' "--of=$*" meaning --other "more words"\n`;
    writeFileSync(join(dir, 'turnstream'), program, { mode: 0o700 });
    const asks = `${scripts.bash}
COMP_WORDS=(turnstream sessions --o rest); COMP_CWORD=2
_turnstream
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...process.env, PATH: `${dir}:${process.env['PATH']}` };
    const printed = execFileSync('bash', ['--norc', '-c', asks], { env, encoding: 'utf8' });
    expect(printed).toBe('--of=__complete sessions --o\n--other\n');
  } finally {
    rmSync(dir, { recursive: true });
  }
});
