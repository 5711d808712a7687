import { readFileSync } from 'node:fs';
import { createLogger, createPool, createRedis } from '#platform';
import type { CellServices } from '#cells';
import { DataKeys, loadKeysConfig, openKeyStore, openMasterKeys } from '#privacy';
import { ContextStore } from '#read-models';
import { EventCodec, EventStore } from '#sessions';
import { Failure } from '../shared/failure.ts';

/** The variables of each cell's processes, by the name of the cell. */
type CellsFile = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Nobody waits for an answer within the move, only for its end. */
const patience = { answerMs: 30_000, totalMs: 60_000 };

/** Reads the file that CELLS_FILE names. */
export function readCellsFile(): CellsFile {
  const path = process.env['CELLS_FILE'];
  if (!path) throw new Failure('Set CELLS_FILE to a file with the variables of each cell: docs/cells.md.');
  return JSON.parse(readFileSync(path, 'utf8')) as CellsFile;
}

/** The backing services of a cell, for as long as `work` runs. */
export async function withCell<T>(
  file: CellsFile,
  name: string,
  work: (cell: CellServices) => Promise<T>,
): Promise<T> {
  const env = file[name];
  if (env === undefined) throw new Failure(`CELLS_FILE has no cell ${name}.`);
  const logger = createLogger('cells', 'silent');
  const { EVENTSTORE_URL = '', DATABASE_URL = '', REDIS_URL = '', FIRST_CELL } = env;
  const { keys: named } = loadKeysConfig(env);
  const keys = named && {
    store: openKeyStore(named.storeUrl, logger),
    masters: openMasterKeys(named.masterKeys),
  };
  const codec = new EventCodec(undefined, keys ? new DataKeys(keys.store, keys.masters) : undefined);
  const cell = { own: name, first: FIRST_CELL || null };
  const store = new EventStore(EVENTSTORE_URL, codec, patience, undefined, cell);
  const pool = createPool(DATABASE_URL, {
    logger,
    max: 4,
    statementTimeoutMs: 600_000,
    applicationName: 'turnstream-cells',
  });
  const redis = createRedis(REDIS_URL, { logger });
  try {
    return await work({
      name,
      store,
      pool,
      redis,
      contexts: new ContextStore(redis),
      keys: keys ?? undefined,
    });
  } finally {
    redis.disconnect();
    keys?.masters.close?.();
    await Promise.all([store.dispose(), pool.end(), keys?.store.close()]);
  }
}
