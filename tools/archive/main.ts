/** `npm run archive -- --partner P1 --to FILE.zip|FOLDER`: all data of one partner. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createLogger, createPool, isUnavailable } from '#platform';
import type { ArchiveFile } from '#read-models';
import { archiveOf, zipOf } from '#read-models';
import { AccessLog, EventCodec, EventStore } from '#sessions';
import { addressOf, unreachable } from '../shared/address.ts';
import { openDataKeys } from '../shared/data-keys.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';

const usage = 'usage: npm run archive -- --partner PARTNER --to FILE.zip|FOLDER [--purpose WHY]';
/** Only for the one who runs it. */
const fileMode = 0o600;

await runProgram(async () => {
  const { values } = parseOptions({
    partner: { type: 'string' },
    to: { type: 'string' },
    purpose: { type: 'string', default: 'access-request' },
  });
  const { partner, to, purpose } = values;
  if (partner === undefined || to === undefined) throw new Failure(usage);
  const logger = createLogger('archive', 'silent');
  const store = new EventStore(addressOf('EVENTSTORE_URL'), new EventCodec(undefined, openDataKeys()));
  const pool = createPool(addressOf('DATABASE_URL'), {
    logger,
    max: 1,
    applicationName: 'turnstream-archive',
  });
  try {
    const files = await archiveOf({ store, pool }, partner);
    if (files === undefined) throw new Failure(`Nothing is known of partner ${partner}.`);
    const caller = { role: 'system', subject: userInfo().username, instance: null } as const;
    await new AccessLog(store).record({
      caller,
      action: 'archive_partner',
      partner_ids: [partner],
      session_ids: [],
      purpose,
    });
    if (to.endsWith('.zip')) await pipeline(zipOf(files), createWriteStream(to, { mode: fileMode }));
    else for (const file of files) await write(to, file);
    console.log(`${files.length} files in ${to}`);
  } catch (error) {
    throw isUnavailable(error) ? unreachable('DATABASE_URL', error) : error;
  } finally {
    await pool.end();
    await store.dispose();
  }
}, usage);

async function write(folder: string, { name, read }: ArchiveFile): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await pipeline(Readable.from(read()), createWriteStream(path, { mode: fileMode }));
}
