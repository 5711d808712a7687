import { Redis } from 'ioredis';
import type { CommandItem, Turnstream } from '@turnstream/sdk';
import { waitUntil } from '#platform';
import type { Checked } from '../../../tools/import/check.ts';
import { check } from '../../../tools/import/check.ts';
import type { Conversation } from '../../../tools/import/conversation.ts';
import { countTurns } from '../../../tools/import/conversation.ts';
import type { Played } from '../../../tools/import/play.ts';
import { play } from '../../../tools/import/play.ts';
import { withTurnstream } from '../clients.ts';
import type { System } from '../system.ts';

const parallel = 16;
const timeoutMs = 120_000;
/** The killed processes, and when, as a share of the turns. */
const crashes = [
  { name: 'projector', at: 0.2 },
  { name: 'api', at: 0.4 },
  { name: 'event-store', at: 0.6 },
] as const;

type OnStep = (items: readonly CommandItem[]) => void;

export interface RepeatedImport {
  readonly first: Played;
  readonly readModels: Checked;
  readonly second: Played;
}

/** Plays conversations, compares streams, rows and contexts, and plays them again. */
export function importTwice(
  system: System,
  conversations: readonly Conversation[],
  onStep: OnStep = () => undefined,
): Promise<RepeatedImport> {
  return withImporter(system, async (turnstream) => {
    const first = await play(turnstream, conversations, { parallel, onStep });
    const readModels = await compare(turnstream, conversations);
    const second = await play(turnstream, conversations, { parallel });
    return { first, readModels, second };
  });
}

export interface DisturbedImport {
  /** The processes that were killed and restarted. */
  readonly restarted: readonly string[];
  readonly afterCrashes: Checked;
  readonly afterFlush: Checked;
  /** Contexts that are in Redis again after a flush. */
  readonly restoredContexts: number;
}

/** Plays conversations while projector, api and event store are killed with -9, then flushes Redis. */
export function importWithCrashes(
  system: System,
  conversations: readonly Conversation[],
  onStep: OnStep = () => undefined,
): Promise<DisturbedImport> {
  return withImporter(system, async (turnstream) => {
    const restarted = await playWithCrashes(system, turnstream, conversations, onStep);
    const afterCrashes = await compare(turnstream, conversations);
    const redis = new Redis(system.env['REDIS_URL'] ?? '');
    try {
      await redis.flushdb();
      const afterFlush = await compare(turnstream, conversations);
      const keys = conversations.map(({ session_id }) => `ctx:{${session_id}}`);
      let restoredContexts = 0;
      const areBack = async (): Promise<boolean> =>
        (restoredContexts = await redis.exists(...keys)) === keys.length;
      await waitUntil(areBack, { what: 'every context to be back in Redis', timeoutMs, everyMs: 100 });
      return { restarted, afterCrashes, afterFlush, restoredContexts };
    } finally {
      redis.disconnect();
    }
  });
}

async function playWithCrashes(
  system: System,
  turnstream: Turnstream,
  conversations: readonly Conversation[],
  onStep: OnStep,
): Promise<string[]> {
  const total = countTurns(conversations);
  const pending = [...crashes];
  const restarts: Promise<string>[] = [];
  let turns = 0;
  const crash = (items: readonly CommandItem[]): void => {
    onStep(items);
    turns += items.filter(({ type }) => type === 'RecordTurn').length;
    const next = pending[0];
    if (next === undefined || turns < next.at * total) return;
    pending.shift();
    restarts.push(system.kill(next.name).then(() => next.name));
  };
  try {
    await play(turnstream, conversations, { parallel, onStep: crash });
  } finally {
    await Promise.allSettled(restarts);
  }
  return Promise.all(restarts);
}

function compare(turnstream: Turnstream, conversations: readonly Conversation[]): Promise<Checked> {
  return check(turnstream, conversations, { parallel, timeoutMs });
}

/** The first api node is the one that is killed; the client retries. */
function withImporter<T>({ apis: [url] }: System, work: (turnstream: Turnstream) => Promise<T>): Promise<T> {
  return withTurnstream({ url, connections: parallel }, work);
}
