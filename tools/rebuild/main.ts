/**
 * `npm run rebuild`: builds the conversation tables from the streams beside those in use, then switches to them; with
 * options in steps that can be reversed.
 */
import type { Pool } from 'pg';
import { EventCodec, EventStore } from '#sessions';
import { createLogger, createPool } from '#platform';
import { loadTextSearchConfig, RebuildInProgressError, StandbyTablesError } from '#read-models';
import { rebuildAccess } from '../../apps/projector/src/rebuild/access.ts';
import type { RebuildProgress } from '../../apps/projector/src/rebuild/tables.ts';
import { rebuild } from '../../apps/projector/src/rebuild/tables.ts';
import { addressOf, directDatabase } from '../shared/address.ts';
import { openKeys } from '../shared/data-keys.ts';
import { explained } from '../shared/explained.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { recordAct } from '../shared/record-act.ts';
import { chosenStep, runStep, stepOptions, usage } from './steps.ts';

const storeUrl = addressOf('EVENTSTORE_URL');

await runProgram(async () => {
  const step = chosenStep(parseOptions(stepOptions).values);
  const opened = openKeys();
  const store = new EventStore(storeUrl, new EventCodec(undefined, opened?.keys));
  try {
    const options = {
      store,
      keys: opened?.keys,
      textSearch: loadTextSearchConfig(process.env).scope,
      pool: createRebuildPool,
      onProgress: ({ events, percent, perSecond }: RebuildProgress) =>
        console.log(`${percent.toFixed(0).padStart(3)} %  ${events} events  ${Math.round(perSecond)}/s`),
      onPartitionFailure: (error: unknown) =>
        console.log(`A month has no partition yet, its turns are in the default one: ${String(error)}`),
      onInterruption: () =>
        console.log('The event store is unavailable; the rebuild continues when it is available again.'),
    };
    if (step) return await runStep(step, options);
    await recordAct({ action: 'rebuild' });
    console.log('Building new tables from the streams; the ones in use stay as they are.');
    const { events, seconds, setAside } = await rebuild(options);
    console.log(`Rebuilt from ${events} events in ${seconds.toFixed(1)} s. The new tables are in use.`);
    const accesses = await rebuildAccess(store, createRebuildPool());
    console.log(`Rebuilt the access records from ${accesses} events.`);
    if (setAside > 0) console.log(`${setAside} sessions were set aside: npm run set-aside -- list`);
  } catch (error) {
    throw inWords(error);
  } finally {
    await store.dispose();
    await opened?.close();
  }
}, usage);

function createRebuildPool(settings?: string): Pool {
  return createPool(directDatabase(), {
    ...(settings !== undefined && { settings }),
    logger: createLogger('rebuild', 'silent'),
    max: 1,
    statementTimeoutMs: 600_000,
    applicationName: 'turnstream-rebuild',
  });
}

function inWords(error: unknown): unknown {
  if (error instanceof RebuildInProgressError) return new Failure(`${error.message} Wait until it is done.`);
  if (error instanceof StandbyTablesError)
    return new Failure(
      `${error.message} The tables in use are as before. See npm run rebuild -- --status; --drop removes the standby tables.`,
    );
  const found = explained(error);
  return found instanceof Failure ? new Failure(`${found.message} The tables in use are as before.`) : found;
}
