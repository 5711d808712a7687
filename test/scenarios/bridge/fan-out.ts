import { randomUUID } from 'node:crypto';
import { Publisher } from '#messaging';
import { inParallel, sleep, waitUntil } from '#platform';
import { EventCodec, sessionStream } from '#sessions';
import { latencyOf } from '../../../tools/shared/statistics.ts';
import type { Latency } from '../../../tools/shared/statistics.ts';
import type { Processes } from '../../diagnostics/processes.ts';
import type { ConnectedSystem } from '../clients.ts';
import type { Subject } from '../inquiries/messages.ts';

export interface FanOut {
  readonly sessions: number;
  /** Sessions without the event, and those that have recorded it more than once. */
  readonly without: readonly string[];
  readonly twice: readonly string[];
  /** From the message to the last session. */
  readonly seconds: number;
  /** From messages of another topic to their effects, in ms: before the event, and during its fan-out. */
  readonly before: Latency;
  readonly meanwhile: Latency;
  /** The maximum memory of the bridge while idle, and during the fan-out (RSS, bytes). */
  readonly idleBytes: number;
  readonly bytes: number;
}

const topic = 'payments.events';
const otherTopic = 'orders.events';
const eventCharacters = 60_000;
const samplesBefore = 30;
const atOnce = 16;

/**
 * One event of 60 KB for a partner with many active sessions, while events of another topic arrive for one session.
 */
export async function fanOut(
  system: ConnectedSystem,
  processes: Processes,
  { subject, sessions }: { readonly subject: Subject; readonly sessions: number },
): Promise<FanOut> {
  const partner_id = `P-many-${system.run}`;
  const ids = await sessionsOf(system, partner_id, sessions);
  const publisher = new Publisher(system.kafka);
  const over = new AbortController();
  const memory = watchBridge(processes, over.signal);
  try {
    const before: number[] = [];
    while (before.length < samplesBefore) before.push(await latency(system, publisher, subject));
    const idleBytes = await memory.most();
    const started = performance.now();
    const note = 'x'.repeat(eventCharacters);
    const data = { payout_id: `PAY-${system.run}`, partner_id, status: 'paid', note };
    const id = `${partner_id}-all`;
    await publisher.send([messageOf(topic, 'payments.payout_updated.v1', id, data)]);
    const meanwhile: number[] = [];
    const measuring = (async () => {
      while (!over.signal.aborted) meanwhile.push(await latency(system, publisher, subject));
    })();
    const last = ids.at(-1) ?? '';
    const counts = new Map<string, number>();
    const areDone = async (): Promise<boolean> => {
      const left = ids.filter((session) => (counts.get(session) ?? 0) === 0);
      // Checking one session is cheap; the others are checked only when that one has the event.
      if (left.includes(last) && (await timesIn(system, last, id)) === 0) return false;
      await inParallel(left, atOnce, async (session) => {
        counts.set(session, await timesIn(system, session, id));
      });
      return ids.every((session) => (counts.get(session) ?? 0) > 0);
    };
    await waitUntil(areDone, { what: 'every session to have the event', timeoutMs: 900_000, everyMs: 500 });
    const seconds = (performance.now() - started) / 1_000;
    over.abort();
    await measuring;
    const timesOf = (isFound: (times: number) => boolean): string[] =>
      ids.filter((session) => isFound(counts.get(session) ?? 0));
    return {
      sessions: ids.length,
      without: timesOf((times) => times === 0),
      twice: timesOf((times) => times > 1),
      seconds,
      before: latencyOf(before),
      meanwhile: latencyOf(meanwhile),
      idleBytes,
      bytes: await memory.most(),
    };
  } finally {
    over.abort();
    await publisher.close();
  }
}

/** Active sessions of one partner; resolves when the bridge knows them. */
async function sessionsOf(
  { store, pool }: ConnectedSystem,
  partner_id: string,
  count: number,
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  const codec = new EventCodec();
  const nobody = { region: null, name: null, device: null };
  const memory = { preferences: {}, open_goals: [], previous_session_id: null };
  const started = {
    partner_id,
    channel: 'whatsapp',
    language: 'hi',
    expires_in_s: 86_400,
    ...nobody,
    ...memory,
  };
  await inParallel(ids, atOnce, async (session_id) => {
    const metadata = {
      schema_version: 1,
      occurred_at: new Date().toISOString(),
      actor: { role: 'system', id: 'scenario' },
      $correlationId: session_id,
    };
    const data = { session_id, ...started };
    const event = codec.encode({ event_id: randomUUID(), type: 'SessionStarted', data, metadata });
    await store.append(sessionStream(session_id), [event], -1);
  });
  const areIndexed = async (): Promise<boolean> => {
    const { rows } = await pool.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM reference_index WHERE kind = 'partner' AND session_id = ANY ($1)`,
      [ids],
    );
    return rows[0]?.count === count;
  };
  await waitUntil(areIndexed, { what: 'the index to have every session', timeoutMs: 300_000, everyMs: 100 });
  return ids;
}

/** How often a session's stream has the event. */
async function timesIn({ turnstream }: ConnectedSystem, sessionId: string, id: string): Promise<number> {
  const events = await Array.fromAsync(turnstream.session(sessionId).events());
  return events.filter(({ data }) => data['source_event_id'] === `/scenario/${id}`).length;
}

/** From a message of the other topic to its effect, in ms. */
async function latency(
  { store, run }: ConnectedSystem,
  publisher: Publisher,
  { session_id, order_id }: Subject,
): Promise<number> {
  const id = `${run}-${randomUUID()}`;
  const stream = sessionStream(session_id);
  const revision = (await store.readLast(stream))?.revision;
  const sent = performance.now();
  const data = { order_id, status: 'shipped' };
  await publisher.send([messageOf(otherTopic, 'orders.order_updated.v1', id, data)]);
  while ((await store.readLast(stream))?.revision === revision) await sleep(10);
  return performance.now() - sent;
}

function messageOf(to: string, type: string, id: string, data: object) {
  const event = { specversion: '1.0', id, source: '/scenario', type, time: new Date().toISOString(), data };
  return { topic: to, key: id, value: JSON.stringify(event) };
}

/** The maximum memory of the bridge since the last call. */
function watchBridge(processes: Processes, signal: AbortSignal): { most: () => Promise<number> } {
  let most = 0;
  const look = async (): Promise<void> => {
    for (const [name, { rss }] of await processes.held('none'))
      if (name.startsWith('bridge')) most = Math.max(most, rss);
  };
  void (async () => {
    while (!signal.aborted) {
      await look().catch(() => undefined);
      await sleep(500, signal);
    }
  })();
  return {
    most: async () => {
      await look().catch(() => undefined);
      const found = most;
      most = 0;
      return found;
    },
  };
}
