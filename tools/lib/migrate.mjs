import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

/** Runs the migrations that the database has not seen; returns how many. */
export async function migrate(databaseUrl) {
  const dir = join(root, 'migrations');
  if (!existsSync(dir)) return 0;
  const { runner } = await import('node-pg-migrate');
  const done = await runner({
    databaseUrl,
    dir,
    direction: 'up',
    migrationsTable: 'schema_migration',
    checkOrder: true,
    log: () => {},
    logger: { debug() {}, info() {}, warn: console.warn, error: console.error },
  });
  return done.length;
}
