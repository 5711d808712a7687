import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { migrationBreaks } from '../../tools/compatibility/migrations.ts';
import { nextMigration, nextRelease } from './next-release.ts';

test.each([...nextRelease])(
  'the text that the next release changes in $file is there once',
  ({ file, find }) => {
    expect(readFileSync(file, 'utf8').split(find)).toHaveLength(2);
  },
);

test('the migration of the next release only expands', () => {
  expect(migrationBreaks({}, { '9999_next.sql': nextMigration })).toEqual([]);
});
