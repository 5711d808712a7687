import { EventStore } from '#event-store';
import { createLogger, createPool, loadConfigOrExit } from '#platform';
import { RebuildUnderWay } from '#read-models';
import { rebuild } from './rebuild-rows.ts';

/** `npm run rebuild`: the conversation tables anew from the streams, beside the ones in use, then in their place. */
const { databaseUrl, eventStoreUrl, logLevel } = loadConfigOrExit();
const logger = createLogger('rebuild', logLevel);
const store = new EventStore(eventStoreUrl);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  const { events, seconds, failures } = await rebuild({
    store,
    pool: (settings) =>
      createPool(databaseUrl, {
        logger,
        max: 1,
        statementTimeoutMs: 600_000,
        applicationName: 'turnstream-rebuild',
        ...(settings !== undefined && { settings }),
      }),
    onProgress: ({ events, percent, perSecond }) =>
      say(`${percent.toFixed(0).padStart(3)} %  ${events} events  ${Math.round(perSecond)}/s`),
    onInterruption: (err) => logger.warn({ err }, 'the event store was away, going on'),
  });
  say(`The tables are rebuilt from ${events} events in ${seconds.toFixed(1)} s and in use.`);
  if (failures > 0) say(`${failures} events fit in no row: see the table projection_failure.`);
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  say(
    error instanceof RebuildUnderWay
      ? reason
      : `The rebuild failed, the tables in use are as before: ${reason}`,
  );
  process.exitCode = 1;
} finally {
  await store.dispose();
}
