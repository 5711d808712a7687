import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import { root } from '../shared/paths.ts';

/** Runs the pending migrations; returns how many. */
export async function migrate(databaseUrl: string): Promise<number> {
  const logger = { debug() {}, info() {}, warn: console.warn, error: console.error };
  const where = { databaseUrl, dir: join(root, 'migrations'), migrationsTable: 'schema_migration' };
  return (await runner({ ...where, direction: 'up', log: () => {}, logger })).length;
}
