import { EventStore } from '#sessions';
import { createLogger, createPool, waitUntil } from '#platform';
import { rebuild } from '../../../apps/projector/src/rebuild/tables.ts';
import type { Checked } from '../../../tools/import/check.ts';
import { check } from '../../../tools/import/check.ts';
import type { Conversation } from '../../../tools/import/conversation.ts';
import { countTurns } from '../../../tools/import/conversation.ts';
import type { Played } from '../../../tools/import/play.ts';
import { play } from '../../../tools/import/play.ts';
import { withTurnstream } from '../clients.ts';
import type { System } from '../system.ts';
import type { Restore } from './backups.ts';
import { backUpEventStore, backUpPostgres, backUpRedis } from './backups.ts';

const parallel = 8;
const timeoutMs = 120_000;
/**
 * The event store's backup is the oldest, so that the other stores know events that it has lost. Shares of the turns.
 */
const backups = [
  { backUp: backUpEventStore, at: 0.3 },
  { backUp: backUpPostgres, at: 0.6 },
  { backUp: backUpRedis, at: 0.8 },
];

export interface RestoredBackups {
  /** The results of sending the commands again: lost ones are recorded again. */
  readonly again: Played;
  readonly readModels: Checked;
}

/**
 * Plays conversations, backing up the stores at different times, restores the backups, plays the conversations again,
 * rebuilds the tables and compares streams, rows and contexts.
 */
export function restoreBackups(
  system: System,
  conversations: readonly Conversation[],
): Promise<RestoredBackups> {
  const [url] = system.apis;
  return withTurnstream({ url, connections: parallel }, async (turnstream) => {
    const taken: Promise<Restore>[] = [];
    let turns = 0;
    const onStep = (items: readonly { readonly type: string }[]): void => {
      turns += items.filter(({ type }) => type === 'RecordTurn').length;
      const next = backups[taken.length];
      if (next && turns >= next.at * countTurns(conversations)) taken.push(next.backUp(system));
    };
    await play(turnstream, conversations, { parallel, onStep });
    await restoreAll(system, await Promise.all(taken));
    await waitUntil(() => isNoticed(url), {
      what: 'the restored event store to be noticed',
      timeoutMs,
      everyMs: 200,
    });
    const again = await play(turnstream, conversations, { parallel });
    await rebuildRows(system);
    return { again, readModels: await check(turnstream, conversations, { parallel, timeoutMs }) };
  });
}

async function restoreAll(system: System, restores: readonly Restore[]): Promise<void> {
  if (restores.length < backups.length) throw new Error('Too few turns for all backups.');
  const apps = [...system.pids.keys()].filter((name) => /^(projector|bridge|api(-\d+)?)$/.test(name));
  for (const app of apps) system.signal(app, 'SIGSTOP');
  for (const restore of restores) await restore();
  await system.kill('event-store');
  await Promise.all(apps.map((app) => system.kill(app)));
}

async function isNoticed(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health/ready`);
  const { details } = (await answer.json()) as {
    readonly details: { readonly projections: readonly { readonly ahead_of_store: boolean }[] };
  };
  return details.projections.some(({ ahead_of_store }) => ahead_of_store);
}

async function rebuildRows({ env }: System): Promise<void> {
  const store = new EventStore(env['EVENTSTORE_URL'] ?? '');
  const logger = createLogger('rebuild', 'silent');
  const pool = (settings?: string) =>
    createPool(env['DATABASE_URL'] ?? '', {
      ...(settings !== undefined && { settings }),
      logger,
      max: 1,
      statementTimeoutMs: 600_000,
      applicationName: 'scenario',
    });
  try {
    await rebuild({ store, pool, textSearch: 'off' });
  } finally {
    await store.dispose();
  }
}
