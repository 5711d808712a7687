/** `npm run archive -- --partner P1 --to FILE.zip|FOLDER`: all data of one partner. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createLogger, createPool } from '#platform';
import { purposeForm, purposePattern } from '#privacy';
import type { ArchiveFile } from '#read-models';
import { archiveOf, zipOf } from '#read-models';
import { EventCodec, EventStore } from '#sessions';
import { addressOf } from '../shared/address.ts';
import { openKeys } from '../shared/data-keys.ts';
import { explained } from '../shared/explained.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { recordAct } from '../shared/record-act.ts';

const usage = 'usage: npm run archive -- --partner PARTNER --to FILE.zip|FOLDER [--purpose WHY]';
/** Readable by the current user only. */
const fileMode = 0o600;

await runProgram(async () => {
  const { values } = parseOptions({
    partner: { type: 'string' },
    to: { type: 'string' },
    purpose: { type: 'string', default: 'access-request' },
  });
  const { partner, to, purpose } = values;
  if (partner === undefined || to === undefined) throw new Failure(usage);
  if (!purposePattern.test(purpose)) throw new Failure(`--purpose ${purposeForm}`);
  const logger = createLogger('archive', 'silent');
  const opened = openKeys();
  const store = new EventStore(addressOf('EVENTSTORE_URL'), new EventCodec(undefined, opened?.keys));
  const pool = createPool(addressOf('DATABASE_URL'), {
    logger,
    max: 1,
    applicationName: 'turnstream-archive',
  });
  try {
    const files = await archiveOf({ store, pool, keys: opened?.keys }, partner);
    if (files === undefined) throw new Failure(`There is no data of partner ${partner}.`);
    await recordAct({ isAct: false, action: 'archive_partner', partner_ids: [partner], purpose });
    if (to.endsWith('.zip')) await pipeline(zipOf(files), createWriteStream(to, { mode: fileMode }));
    else for (const file of files) await write(to, file);
    console.log(`${files.length} files in ${to}`);
  } catch (error) {
    throw explained(error);
  } finally {
    await pool.end();
    await store.dispose();
    await opened?.close();
  }
}, usage);

async function write(folder: string, { name, read }: ArchiveFile): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await pipeline(Readable.from(read()), createWriteStream(path, { mode: fileMode }));
}
