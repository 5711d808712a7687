/** `npm run rebuild`: builds the conversation tables from the streams beside the ones in use, then switches to them. */
import { EventCodec, EventStore } from '#sessions';
import { createLogger, createPool, isUnavailable } from '#platform';
import { RebuildInProgressError } from '#read-models';
import { rebuild } from '../../apps/projector/src/rebuild/tables.ts';
import { addressOf, unreachable } from '../shared/address.ts';
import { openKeys } from '../shared/data-keys.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';

const databaseUrl = addressOf('DATABASE_URL');
const storeUrl = addressOf('EVENTSTORE_URL');

await runProgram(async () => {
  parseOptions({});
  const logger = createLogger('rebuild', 'silent');
  const applicationName = 'turnstream-rebuild';
  const opened = openKeys();
  const store = new EventStore(storeUrl, new EventCodec(undefined, opened?.keys));
  try {
    console.log('Building new tables from the streams; the ones in use stay as they are.');
    const { events, seconds, setAside } = await rebuild({
      store,
      keys: opened?.keys,
      pool: (settings) =>
        createPool(databaseUrl, {
          ...(settings !== undefined && { settings }),
          logger,
          max: 1,
          statementTimeoutMs: 600_000,
          applicationName,
        }),
      onProgress: ({ events, percent, perSecond }) =>
        console.log(`${percent.toFixed(0).padStart(3)} %  ${events} events  ${Math.round(perSecond)}/s`),
      onInterruption: () =>
        console.log('The event store is unavailable; the rebuild continues when it is available again.'),
    });
    console.log(`Rebuilt from ${events} events in ${seconds.toFixed(1)} s. The new tables are in use.`);
    if (setAside > 0) console.log(`${setAside} sessions were set aside: npm run set-aside -- list`);
  } catch (error) {
    throw explained(error);
  } finally {
    await store.dispose();
    await opened?.close();
  }
}, 'usage: npm run rebuild');

function explained(error: unknown): unknown {
  if (error instanceof RebuildInProgressError) return new Failure(`${error.message} Wait until it is done.`);
  if (!isUnavailable(error) || !(error instanceof Error)) return error;
  return new Failure(`${unreachable('DATABASE_URL', error).message} The tables in use are as before.`);
}
