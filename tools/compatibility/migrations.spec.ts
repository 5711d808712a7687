import { expect, test } from '@jest/globals';
import { migrationBreaks } from './migrations.ts';

const before = { '0001.sql': 'CREATE TABLE a (b text)' };
const after = (sql: string): string[] => migrationBreaks(before, { ...before, '0002.sql': sql });

test.each([
  'ALTER TABLE a ADD COLUMN c text;',
  'ALTER TABLE a ADD c text, ADD d text;',
  'ALTER TABLE a ADD constraints text;',
  "ALTER TABLE a ADD COLUMN c text NOT NULL DEFAULT '';",
  "ALTER TABLE a ADD COLUMN c text NOT NULL DEFAULT 'x, y; z';",
  'ALTER TABLE a ADD COLUMN c numeric(10, 2) NOT NULL DEFAULT round(1.005, 2);',
  'ALTER TABLE a ADD COLUMN c bigint NOT NULL GENERATED ALWAYS AS IDENTITY;',
  'ALTER TABLE a ALTER b DROP NOT NULL, ALTER b DROP DEFAULT;',
  'CREATE INDEX ON a (b);',
  'CREATE TABLE c (d text); CREATE UNIQUE INDEX ON c (d);',
  'CREATE TABLE c (d text NOT NULL, CHECK (d <> b));',
  "COMMENT ON TABLE a IS 'What the projectors drop, and add unique ones';",
  "-- It isn't used: DROP TABLE a;\nSELECT 1;",
  '-- Up Migration\nSELECT 1;\n-- Down Migration\nDROP TABLE a;',
  '-- Contract: b is unused since 1.2.\nALTER TABLE a DROP COLUMN b;',
])('a migration may expand: %s', (sql) => {
  expect(after(sql)).toEqual([]);
});

test.each([
  ['ALTER TABLE a DROP COLUMN b;', 'drops something'],
  ['ALTER TABLE a DROP b;', 'drops something'],
  ['ALTER TABLE a DROP CONSTRAINT a_b_key;', 'drops something'],
  ['CREATE UNIQUE INDEX ON a (b);', 'adds a constraint that an older release does not know'],
  [
    'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_b ON ONLY a (b);',
    'adds a constraint that an older release does not know',
  ],
  ['ALTER TABLE IF EXISTS ONLY a DROP IF EXISTS b;', 'drops something'],
  ['ALTER TABLE a ADD c text, DROP "b";', 'drops something'],
  ['ALTER TABLE "my a" DROP "my b";', 'drops something'],
  ['DROP TABLE a;', 'drops something'],
  ["DO $$ BEGIN EXECUTE 'ALTER TABLE a DROP b'; END $$;", 'drops something'],
  ['ALTER TABLE a RENAME COLUMN b TO c;', 'renames something'],
  ['ALTER TABLE a ALTER COLUMN b TYPE integer USING 1;', 'changes the type of a column'],
  ['ALTER TABLE a ALTER b TYPE integer USING 1;', 'changes the type of a column'],
  ['ALTER TABLE a ALTER COLUMN "my b" SET DATA TYPE integer;', 'changes the type of a column'],
  ['ALTER TABLE a ALTER COLUMN b SET NOT NULL;', 'forbids NULL where it was allowed'],
  ['ALTER TABLE a ADD COLUMN c text NOT NULL;', 'adds a column that an older release leaves empty'],
  ['ALTER TABLE a ADD c text NOT NULL;', 'adds a column that an older release leaves empty'],
  ['ALTER TABLE a ADD c numeric(10, 2) NOT NULL;', 'adds a column that an older release leaves empty'],
  [
    "ALTER TABLE a ADD COLUMN c text NOT NULL, ADD COLUMN d text DEFAULT '';",
    'adds a column that an older release leaves empty',
  ],
  ['ALTER TABLE a ADD c text CHECK (c IS NOT NULL);', 'adds a column that an older release leaves empty'],
  ['ALTER TABLE a ADD CONSTRAINT c CHECK (b <> 1);', 'adds a constraint that an older release does not know'],
  ['ALTER TABLE a ADD CHECK (b <> 1);', 'adds a constraint that an older release does not know'],
  ['ALTER TABLE a ADD UNIQUE (b);', 'adds a constraint that an older release does not know'],
  [
    'ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c;',
    'adds a constraint that an older release does not know',
  ],
])('a migration must not take anything away at once: %s', (sql, what) => {
  expect(after(sql)).toEqual([`0002.sql ${what}`]);
});

test('a migration that was released must not change', () => {
  expect(migrationBreaks(before, { '0001.sql': 'CREATE TABLE a (c text)' })).toEqual([
    '0001.sql was released: put the change into a new migration',
  ]);
});
