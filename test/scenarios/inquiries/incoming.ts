import { randomUUID } from 'node:crypto';
import { loadDeclarations } from '#declarations';
import { deadLetterTopic, lagOf, Publisher, readTopics } from '#messaging';
import { inParallel, sleep, waitUntil } from '#platform';
import { readDeadLetters } from '../../../tools/dlq/read.ts';
import type { ConnectedSystem } from '../clients.ts';
import { allEvents } from '../clients.ts';
import { withSecondBridge } from '../second-bridge.ts';
import type { Plan, Subject } from './messages.ts';
import { planMessages } from './messages.ts';

/** Starts sessions that each mention their own order, and waits until they can be found by order and by partner. */
export async function startSubjects(
  { turnstream, pool, run }: ConnectedSystem,
  count: number,
): Promise<Subject[]> {
  const subjects: Subject[] = [];
  await inParallel(Array(count).keys(), 32, async (index) => {
    const [order_id, partner_id] = [`SUBJECT-${run}-${index}`, `P-${run}-${index}`];
    const session = await turnstream.startSession({ partner_id, channel: 'whatsapp' });
    const message_text = `Where is ${order_id}?`;
    await session.recordTurn({ sender: 'user', message_text, extracted_entities: { order_id } });
    subjects.push({ session_id: session.id, order_id, partner_id });
  });
  const areIndexed = async (): Promise<boolean> => {
    const { rows } = await pool.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM reference_index WHERE kind = 'order' AND session_id = ANY ($1)`,
      [subjects.map(({ session_id }) => session_id)],
    );
    return rows[0]?.count === count;
  };
  await waitUntil(areIndexed, { what: 'the index to have every session', everyMs: 100 });
  return subjects;
}

interface IncomingSize {
  readonly messages: number;
  /** Bridges that join the consumer group and leave it, one after the other. */
  readonly joins: number;
  /** How often the system's own bridge is killed with -9. */
  readonly bridgeKills: number;
  /** How often the event store is killed with -9. */
  readonly storeKills: number;
}

export interface IncomingMessages {
  readonly seconds: number;
  readonly effects: Effects;
  readonly deadLetters: DeadLetters;
}

/** Sends good and poisoned messages while consumers join, leave and die. */
export async function receiveMessages(
  system: ConnectedSystem,
  subjects: readonly Subject[],
  size: IncomingSize,
): Promise<IncomingMessages> {
  const plan = planMessages(randomUUID().slice(0, 8), subjects, size.messages);
  const start = performance.now();
  await publish(system, plan);
  await disturb(system, size);
  await waitUntilCommitted(system);
  const seconds = (performance.now() - start) / 1_000;
  const [effects, deadLetters] = await Promise.all([effectsOf(system, plan), deadLettersOf(system, plan)]);
  return { seconds, effects, deadLetters };
}

/** Publishes the messages of a plan. */
export async function publish({ kafka }: Pick<ConnectedSystem, 'kafka'>, { messages }: Plan): Promise<void> {
  const publisher = new Publisher(kafka);
  try {
    for (let from = 0; from < messages.length; from += 1_000)
      await publisher.send(messages.slice(from, from + 1_000));
  } finally {
    await publisher.close();
  }
}

/** Waits until the bridge has committed every existing message. */
export async function waitUntilCommitted({ kafka, kafkaGroup }: ConnectedSystem): Promise<void> {
  const { incoming } = loadDeclarations({}).names;
  // One topic after the other: each look opens connections to Kafka.
  for (const topic of incoming) {
    const isCommitted = async (): Promise<boolean> => {
      const lags = await lagOf(kafka, `${kafkaGroup}.${topic}`, topic);
      return [...lags.values()].every((lag) => lag === 0n);
    };
    const what = `the bridge to catch up with ${topic}`;
    await waitUntil(isCommitted, { what, timeoutMs: 900_000, everyMs: 200 });
  }
}

async function disturb(
  system: ConnectedSystem,
  { joins, bridgeKills, storeKills }: IncomingSize,
): Promise<void> {
  for (let round = 0; round < Math.max(joins, bridgeKills, storeKills); round += 1) {
    if (round < bridgeKills) system.signal('bridge', 'SIGKILL');
    if (round < storeKills) system.signal('event-store', 'SIGKILL');
    if (round < joins) await withSecondBridge(system, () => sleep(1_500));
  }
}

/** The effects of good messages. */
interface Effects {
  readonly expected: number;
  readonly recorded: number;
  readonly recordedTwice: readonly string[];
  readonly inAnotherSession: readonly string[];
  /** The newest messages of their kind that are missing in the context. */
  readonly outdated: readonly string[];
}

interface Newest {
  readonly session_id: string;
  readonly id: string;
  readonly revision: number;
}

async function effectsOf({ store, turnstream }: ConnectedSystem, { good }: Plan): Promise<Effects> {
  const times = new Map<string, number>();
  /** The last message, by session, system, kind and reference. */
  const newest = new Map<string, Newest>();
  const inAnotherSession: string[] = [];
  for (const { session_id, event } of await allEvents(store, ['ExternalUpdateRecorded'])) {
    if (event.type !== 'ExternalUpdateRecorded' || !good.has(event.data.source_event_id)) continue;
    const { source_event_id: id, system, kind, reference } = event.data;
    times.set(id, (times.get(id) ?? 0) + 1);
    if (good.get(id) !== session_id) inAnotherSession.push(id);
    const key = [session_id, system, kind, reference].join();
    if (numberOf(id) >= numberOf(newest.get(key)?.id ?? '-0'))
      newest.set(key, { session_id, id, revision: event.revision });
  }
  const recordedTwice = [...times].flatMap(([id, count]) => (count > 1 ? [id] : []));
  const outdated: string[] = [];
  await inParallel(newest.values(), 16, async ({ session_id, id, revision }) => {
    // Committed messages are in the streams; the context in Redis may still lag behind.
    const { external } = await turnstream.session(session_id).context({ minRevision: revision });
    if (external.every(({ source_event_id }) => source_event_id !== id)) outdated.push(id);
  });
  return { expected: good.size, recorded: times.size, recordedTwice, inAnotherSession, outdated };
}

function numberOf(id: string): number {
  return Number(id.split('-').at(-1));
}

/** The fate of poisoned messages. */
interface DeadLetters {
  readonly expected: number;
  /** Poisoned messages in the dead letters, unchanged. */
  readonly found: number;
  /** The distinct places that they name as their origin. */
  readonly places: number;
  readonly withWrongReason: readonly string[];
  readonly onWrongTopic: readonly string[];
  readonly reasons: readonly string[];
}

async function deadLettersOf({ kafka, admin }: ConnectedSystem, { poison }: Plan): Promise<DeadLetters> {
  const all = await readDeadLetters({ kafka, admin, topics: readTopics(loadDeclarations({}).names) });
  // On a shared Kafka other specs may redrive them; they then come back from another place.
  const ours = all.filter(
    ({ letter }) => poison.has(String(letter.value)) && !('redriven_from' in letter.headers),
  );
  const placeOf = ({ letter: { topic, partition, offset } }: (typeof ours)[number]): string =>
    `${topic}/${partition}/${offset}`;
  const withWrongReason = ours.filter(({ letter }) => poison.get(String(letter.value)) !== letter.reason);
  const onWrongTopic = ours.filter(({ letter, topic }) => topic !== deadLetterTopic(letter.topic));
  return {
    expected: poison.size,
    found: new Set(ours.map(({ letter }) => String(letter.value))).size,
    places: new Set(ours.map(placeOf)).size,
    withWrongReason: withWrongReason.map(placeOf),
    onWrongTopic: onWrongTopic.map(placeOf),
    reasons: [...new Set(ours.map(({ letter }) => letter.reason))].sort(),
  };
}
