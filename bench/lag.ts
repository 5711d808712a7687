import { randomUUID } from 'node:crypto';
import { waitUntil } from '#platform';
import type { Latency } from '../tools/shared/statistics.ts';
import { latencyOf } from '../tools/shared/statistics.ts';
import type { Clients } from './backing-services.ts';
import { settle } from './backing-services.ts';
import { fill, turn } from './conversations.ts';
import { paced } from './load.ts';

/** Every how many commands one is watched: few enough that watching does not slow what it measures. */
const watched = { context: 10, row: 25 } as const;
const pollMs = { context: 1, row: 3 } as const;
const sessionsUsed = 200;

/** Records turns at a fixed rate: from each acknowledgement until it shows in Redis and in PostgreSQL, in milliseconds. */
export async function measureLag(
  clients: Clients,
  { perSecond, ms }: { perSecond: number; ms: number },
): Promise<{ context: Latency; row: Latency; acknowledged: Latency }> {
  const { turnstream, store, redis, pool } = clients;
  const ids = await fill(store, sessionsUsed, 10);
  await settle(clients, ids);
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
      await waitUntil(() => inContext(session.id, revision), {
        what: 'the context',
        everyMs: pollMs.context,
      });
      contexts.push(performance.now() - acknowledged);
    } else if (index % watched.row === 1) {
      await waitUntil(() => inRows(session.id, turn_id), { what: 'the row', everyMs: pollMs.row });
      rows.push(performance.now() - acknowledged);
    }
  });
  return { context: latencyOf(contexts), row: latencyOf(rows), acknowledged: latencyOf(answers) };
}
