/** `npm run encrypt-history -- --to URL`: writes all streams of the event store into a new one, encrypted. */
import { writeFileSync } from 'node:fs';
import { EventStoreDBClient } from '@eventstore/db-client';
import { EventCodec, EventStore } from '#sessions';
import { addressOf } from '../shared/address.ts';
import { openKeys } from '../shared/data-keys.ts';
import { historyKeys } from '../shared/history-keys.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { Copy } from './copy.ts';
import { differences } from './verify.ts';

const usage = `usage: npm run encrypt-history -- --to URL [--report FILE]

Writes the streams of sessions, partners, access logs and runs of the retention into an empty event store, with the same
ids, revisions and metadata, encrypted. Streams that the old store has deleted are left out. Nothing may write meanwhile:
stop api and bridge. It can be stopped and run again, and continues where it stopped. At the end it folds every stream in
both stores and compares.

  --to URL       the connection string of the new event store
  --report FILE  where the report is written; encrypt-history.json by default
  KEYSTORE_URL, MASTER_KEYS  the keys; by default those of the system that npm start runs`;

await runProgram(async () => {
  const { values } = parseOptions({
    to: { type: 'string' },
    report: { type: 'string', default: 'encrypt-history.json' },
  });
  if (values.to === undefined) throw new Failure(usage);
  const opened = openKeys();
  if (opened === undefined) throw new Failure('There are no keys: set KEYSTORE_URL and MASTER_KEYS.');
  const address = addressOf('EVENTSTORE_URL');
  const { keys } = opened;
  const { signer } = historyKeys();
  const [from, to] = [address, values.to].map(
    (url) => new EventStore(url, new EventCodec(undefined, keys)),
  ) as [EventStore, EventStore];
  const [reader, writer] = [address, values.to].map((url) => EventStoreDBClient.connectionString(url)) as [
    EventStoreDBClient,
    EventStoreDBClient,
  ];
  const started_at = new Date().toISOString();
  try {
    const copied = await new Copy({ from, to, reader, writer, keys, signer }).run(({ events, known }) =>
      console.log(`${events} events written, ${known} were there`),
    );
    console.log('Comparing the folded streams of both stores.');
    const different = await differences(from, to, copied.streams);
    const report = {
      started_at,
      finished_at: new Date().toISOString(),
      ...copied,
      streams: copied.streams.size,
      deleted: copied.deleted.size,
      withoutPartner: [...copied.withoutPartner],
      different,
    };
    writeFileSync(values.report, `${JSON.stringify(report, null, 2)}\n`);
    console.log(`${report.streams} streams are compared, ${different.length} differ: see ${values.report}.`);
    if (different.length > 0) process.exitCode = 1;
  } finally {
    await Promise.all([from.dispose(), to.dispose(), reader.dispose(), writer.dispose(), opened.close()]);
  }
}, usage);
