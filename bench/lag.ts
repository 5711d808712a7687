import { randomUUID } from 'node:crypto';
import type { Engines } from './engines.ts';
import { fill, turn } from './conversations.ts';
import { settle } from './engines.ts';
import { paced, percentile } from './load.ts';

/** From a command's acknowledgement until it shows, in milliseconds. */
export interface Lag {
  readonly samples: number;
  readonly p50: number;
  readonly p99: number;
}

/** Each how manieth command is watched: seldom enough that the watching does not slow what it measures. */
const watched = { context: 10, row: 25 } as const;
const pollMs = { context: 1, row: 3 } as const;
const sessionsUsed = 200;

/** Records turns at a fixed rate and watches when they show in the context in Redis and as a row in PostgreSQL. */
export async function measureLag(
  engines: Engines,
  { perSecond, ms }: { perSecond: number; ms: number },
): Promise<{ context: Lag; row: Lag; acknowledged: Lag }> {
  const { turnstream, store, redis, pool } = engines;
  const ids = await fill(store, sessionsUsed, 10);
  await settle(engines, ids);
  const sessions = ids.map((id) => turnstream.session(id));
  const [contexts, rows, answers]: [number[], number[], number[]] = [[], [], []];
  const inContext = async (id: string, revision: number): Promise<boolean> =>
    Number(await redis.hget(`ctx:{${id}}`, 'revision')) >= revision;
  const inRows = async (id: string, turn_id: string): Promise<boolean> => {
    const sql = 'SELECT 1 FROM conversation_turn WHERE session_id = $1 AND turn_id = $2';
    return (await pool.query({ name: 'row', text: sql, values: [id, turn_id] })).rowCount === 1;
  };
  await paced(perSecond, ms, async (index) => {
    const session = sessions[index % sessions.length];
    if (session === undefined) return;
    const turn_id = randomUUID();
    const sent = performance.now();
    const { revision } = await session.recordTurn({ ...turn, turn_id });
    const acknowledged = performance.now();
    answers.push(acknowledged - sent);
    if (index % watched.context === 0) {
      await until(() => inContext(session.id, revision), pollMs.context);
      contexts.push(performance.now() - acknowledged);
    } else if (index % watched.row === 1) {
      await until(() => inRows(session.id, turn_id), pollMs.row);
      rows.push(performance.now() - acknowledged);
    }
  });
  return { context: lagOf(contexts), row: lagOf(rows), acknowledged: lagOf(answers) };
}

async function until(shows: () => Promise<boolean>, everyMs: number): Promise<void> {
  while (!(await shows())) await new Promise((resolve) => setTimeout(resolve, everyMs));
}

function lagOf(values: readonly number[]): Lag {
  return { samples: values.length, p50: percentile(values, 0.5), p99: percentile(values, 0.99) };
}
