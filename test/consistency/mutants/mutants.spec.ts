import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { mutants } from './list.ts';

test('there are eleven mutants', () => {
  expect(mutants).toHaveLength(11);
});

test.each(mutants.flatMap(({ name, patches }) => patches.map((patch) => ({ name, ...patch }))))(
  'the sources have the text once that is patched to $name in $file',
  ({ file, find }) => {
    expect(readFileSync(file, 'utf8').split(find)).toHaveLength(2);
  },
);
