import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execaSync } from 'execa';
import { lastTag } from './release.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnstream-tags-'));
  git('init --quiet');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function git(words: string): void {
  const who = ['-c', 'user.name=spec', '-c', 'user.email=spec@example.com', '-c', 'commit.gpgsign=false'];
  execaSync('git', [...who, ...words.split(' ')], { cwd: folder });
}

function commit(...tags: string[]): void {
  git('commit --quiet --allow-empty --message change');
  for (const tag of tags) git(`tag ${tag}`);
}

test('code after a release is compared with it', async () => {
  commit('v1.0.0');
  commit('nightly');
  expect(await lastTag(folder)).toBe('v1.0.0');
});

test('a tagged release is compared with the one before it', async () => {
  commit('v1.0.0');
  commit('v1.1.0', 'v1.1');
  expect(await lastTag(folder)).toBe('v1.0.0');
});

test('the first release is compared with nothing', async () => {
  commit('v1.0.0');
  expect(await lastTag(folder)).toBeUndefined();
});

test('code without a release is compared with nothing', async () => {
  commit();
  expect(await lastTag(folder)).toBeUndefined();
});
