import { randomUUID } from 'node:crypto';
import { END, streamNameFilter } from '@eventstore/db-client';
import { waitUntil } from '#platform';
import type { Latency } from '../tools/shared/statistics.ts';
import { latencyOf } from '../tools/shared/statistics.ts';
import type { Clients } from './backing-services.ts';
import { settle } from './backing-services.ts';
import { fill, turn } from './conversations.ts';
import { paced } from './load.ts';

/** One in this many commands is watched: few enough that watching does not slow the measured system. */
const watched = { context: 10, row: 25 } as const;
const pollMs = { context: 1, row: 3 } as const;
/**
 * The minimal path of an event to Redis: a subscription and one SET. It is measured this many commands after one
 * whose context is watched.
 */
const bareAfter = 5;
const sessionsUsed = 200;
/** Long enough for two commands of each session. */
const warmUpMs = (perSecond: number): number => (2 * sessionsUsed * 1_000) / perSecond;

/**
 * Targets at the 99th percentile: the time to the context relative to the bare transport, and from an answer on Kafka
 * to the agent's handler, in milliseconds.
 */
export const latencyTargets = { ratio: 3, answerMs: 25 } as const;

/** Times from an acknowledgement until its effect is visible, in milliseconds. */
export interface Lag {
  readonly acknowledged: Latency;
  readonly context: Latency;
  readonly row: Latency;
  /** Until a bare subscription has written it to Redis. */
  readonly bare: Latency;
}

/** Records turns at a fixed rate, and measures the time until each is visible in Redis and in PostgreSQL. */
export async function measureLag(
  clients: Clients,
  { perSecond, ms }: { perSecond: number; ms: number },
): Promise<Lag> {
  const { turnstream, store, redis, pool } = clients;
  const ids = await fill(store, sessionsUsed, 10);
  await settle(clients, ids);
  const sessions = ids.map((id) => turnstream.session(id));
  // The first command of a session on a node loads it and its partner's key.
  await paced(perSecond, warmUpMs(perSecond), async (index) =>
    sessions[index % sessions.length]?.recordTurn(turn),
  );
  const [contexts, rows, answers]: [number[], number[], number[]] = [[], [], []];
  const bare: number[] = [];
  const transport = bareTransport(clients);
  const inContext = async (id: string, revision: number): Promise<boolean> =>
    Number(await redis.hget(`ctx:{${id}}`, 'revision')) >= revision;
  const inRows = async (id: string, turn_id: string): Promise<boolean> => {
    const sql = 'SELECT 1 FROM conversation_turn WHERE session_id = $1 AND turn_id = $2';
    return (await pool.query({ name: 'row', text: sql, values: [id, turn_id] })).rowCount === 1;
  };
  await paced(perSecond, ms, async (index) => {
    const session = sessions[index % sessions.length];
    if (session === undefined) return;
    const { id } = session;
    const turn_id = randomUUID();
    const sent = performance.now();
    const { revision } = await session.recordTurn({ ...turn, turn_id });
    const acknowledged = performance.now();
    answers.push(acknowledged - sent);
    if (index % watched.context === 0) {
      await waitUntil(() => inContext(id, revision), {
        what: 'the context',
        everyMs: pollMs.context,
      });
      contexts.push(performance.now() - acknowledged);
    } else if (index % watched.context === bareAfter) {
      await waitUntil(async () => (await transport.revisionOf(id)) >= revision, {
        what: 'the bare transport',
        everyMs: pollMs.context,
      });
      bare.push(performance.now() - acknowledged);
    } else if (index % watched.row === 1) {
      await waitUntil(() => inRows(id, turn_id), { what: 'the row', everyMs: pollMs.row });
      rows.push(performance.now() - acknowledged);
    }
  });
  await transport.close();
  return {
    acknowledged: latencyOf(answers),
    context: latencyOf(contexts),
    row: latencyOf(rows),
    bare: latencyOf(bare),
  };
}

function bareKey(id: string): string {
  return `bench:${id}`;
}

/** Writes the revision of each event of a session to a key of Redis when it arrives. */
function bareTransport({ store, redis }: Clients) {
  const subscription = store.subscribeToAll({
    fromPosition: END,
    filter: streamNameFilter({ prefixes: ['session-'] }),
  });
  const ids = new Set<string>();
  subscription.on('data', ({ event }) => {
    const id = event?.streamId.slice('session-'.length) ?? '';
    ids.add(id);
    void redis.set(bareKey(id), String(event?.revision ?? -1));
  });
  subscription.on('error', () => undefined);
  return {
    revisionOf: async (id: string): Promise<number> => Number((await redis.get(bareKey(id))) ?? -1),
    close: async (): Promise<void> => {
      await subscription.unsubscribe();
      if (ids.size > 0) await redis.del(...[...ids].map(bareKey));
    },
  };
}
