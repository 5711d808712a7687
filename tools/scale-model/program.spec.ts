import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { root } from '../shared/paths.ts';

test('docs/scale.md shows the output of the program', async () => {
  const program = [join(root, 'tools/bootstrap.mjs'), join(root, 'tools/scale-model/main.ts')];
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: root });
  expect(stdout).not.toBe('');
  expect(readFileSync(join(root, 'docs/scale.md'), 'utf8')).toContain(stdout.trim());
});
