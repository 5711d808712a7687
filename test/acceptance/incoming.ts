import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Turnstream } from '@turnstream/sdk';
import { incomingConsumer } from '../../apps/bridge/src/inbound/consumers.ts';
import { SessionCommands } from '../../apps/bridge/src/session-commands.ts';
import { deadLetterTopic, incomingTopics, Publisher } from '#messaging';
import { createLogger, createRedis, inParallel, Metrics, redisReady } from '#platform';
import { ContextStore, SessionCache } from '#read-models';
import { readDeadLetters } from '../../tools/dlq/read.ts';
import type { BridgeSystem } from './bridge-system.ts';
import { allEvents, lagOf, prefixedSettings, until } from './bridge-system.ts';
import type { Plan, Subject } from './incoming-messages.ts';
import { planMessages } from './incoming-messages.ts';
import type { Report } from './report.ts';
import { bridgeMetrics } from '../../apps/bridge/src/metrics.ts';

const patienceMs = 900_000;

/** Sessions that each speak of an order of their own, findable by it and by their partner. */
export async function startSubjects(system: BridgeSystem, count: number): Promise<Subject[]> {
  const turnstream = new Turnstream({ url: system.apis[0] ?? '', agentId: 'proof' });
  const run = randomUUID().slice(0, 8);
  const subjects: Subject[] = [];
  const indexes = Array.from({ length: count }, (_, index) => index);
  await inParallel(indexes, 32, async (index) => {
    const [order_id, partner_id] = [`ORD-${run}-${index}`, `P-${run}-${index}`];
    const session = await turnstream.startSession({ partner_id, channel: 'whatsapp' });
    const message_text = `Where is ${order_id}?`;
    await session.recordTurn({ sender: 'user', message_text, extracted_entities: { order_id } });
    subjects.push({ session_id: session.id, order_id, partner_id });
  });
  await turnstream.close();
  await until('the index knows every session', 60_000, async () => {
    const { rows } = await system.pool.query<{ count: number }>(
      'SELECT count(DISTINCT session_id)::int AS count FROM session_reference WHERE reference LIKE $1',
      [`ORD-${run}-%`],
    );
    return rows[0]?.count === count;
  });
  return subjects;
}

export interface IncomingSize {
  readonly messages: number;
  /** Consumers that join the bridge's group and leave it again, one after the other. */
  readonly joins: number;
  /** How often the bridge itself is killed with -9. */
  readonly kills: number;
  /** How often the event store is killed with -9. */
  readonly storeKills: number;
}

/** Good messages have exactly one effect and poison its place in the dead letters, while consumers come, go and die. */
export async function proveIncoming(
  system: BridgeSystem,
  subjects: readonly Subject[],
  size: IncomingSize,
  report: Report,
): Promise<void> {
  const plan = planMessages(randomUUID().slice(0, 8), subjects, size.messages);
  const began = performance.now();
  await publish(system, plan);
  await disturb(system, size);
  await caughtUp(system);
  report.note(
    `${size.messages} messages, ${Math.round((performance.now() - began) / 1_000)} s with all disturbances`,
  );
  await checkEffects(system, plan, report);
  await checkDeadLetters(system, plan, report);
}

export async function publish({ kafka }: BridgeSystem, { messages }: Plan): Promise<void> {
  const publisher = new Publisher(kafka);
  for (let from = 0; from < messages.length; from += 1_000)
    await publisher.send(messages.slice(from, from + 1_000));
  await publisher.close();
}

/** Waits until the bridge has committed everything that is there. */
export async function caughtUp({ kafka, groupId }: BridgeSystem): Promise<void> {
  const group = `${groupId}.events`;
  await until(
    'the bridge has caught up',
    patienceMs,
    async () => (await lagOf(kafka, group, incomingTopics)) === 0n,
    200,
  );
}

async function disturb(system: BridgeSystem, { joins, kills, storeKills }: IncomingSize): Promise<void> {
  for (let round = 0; round < Math.max(joins, kills, storeKills); round += 1) {
    if (round < kills) system.supervisor.signal('bridge', 'SIGKILL');
    if (round < storeKills) system.supervisor.signal('event-store', 'SIGKILL');
    if (round < joins) await joinAndLeave(system);
  }
}

/** One more consumer with the bridge's own code works for a moment and leaves. */
async function joinAndLeave(system: BridgeSystem): Promise<void> {
  const { kafka, pool, store, env, groupId } = system;
  const logger = createLogger('proof', 'silent');
  const redis = createRedis(env['REDIS_URL'] ?? '', { logger });
  await redisReady(redis);
  const contexts = new ContextStore(redis, { ttlSeconds: 86_400 });
  const publisher = new Publisher(kafka, 'gzip');
  const stop = new AbortController();
  const consumer = incomingConsumer({
    kafka,
    pool,
    logger,
    commands: new SessionCommands(store, new SessionCache(store, contexts, 'waits')),
    ready: async () => undefined,
    yieldToDeadlines: async () => undefined,
    deadLetter: (letters) => publisher.send(letters),
    metrics: bridgeMetrics(new Metrics('proof')),
    messaging: prefixedSettings(groupId),
  });
  const running = consumer.run(stop.signal);
  await sleep(1_500);
  stop.abort();
  await running;
  await publisher.close();
  redis.disconnect();
}

async function checkEffects({ store }: BridgeSystem, { good }: Plan, report: Report): Promise<void> {
  const times = new Map<string, number>();
  const last = new Map<string, number>();
  let misplaced = 0;
  let disordered = 0;
  for (const { session_id, event } of await allEvents(store, ['ExternalUpdateRecorded'])) {
    if (event.type !== 'ExternalUpdateRecorded' || !good.has(event.data.source_event_id)) continue;
    const id = event.data.source_event_id;
    times.set(id, (times.get(id) ?? 0) + 1);
    if (good.get(id) !== session_id) misplaced += 1;
    // The events of one system about one subject have one key, and were sent with ascending numbers.
    const key = `${session_id} ${event.data.system}`;
    const number = Number(id.split('-').at(-1));
    if (number < (last.get(key) ?? 0)) disordered += 1;
    last.set(key, number);
  }
  report.equal('good messages with an effect', times.size, good.size);
  report.equal('effects that are there twice', [...times.values()].filter((count) => count > 1).length, 0);
  report.equal('effects in a session that they do not concern', misplaced, 0);
  report.equal('effects out of the order of their key', disordered, 0);
}

async function checkDeadLetters(
  { kafka, admin }: BridgeSystem,
  { poison }: Plan,
  report: Report,
): Promise<void> {
  const letters = (await readDeadLetters(kafka, admin)).filter(({ letter }) =>
    poison.has(String(letter.value)),
  );
  const found = new Set(letters.map(({ letter }) => String(letter.value)));
  report.equal('poisoned messages in the dead letters, byte for byte', found.size, poison.size);
  const wrong = letters.filter(({ letter }) => poison.get(String(letter.value)) !== letter.reason);
  report.equal('of them with another reason than the true one', wrong.length, 0);
  const places = new Map(
    letters.map(({ letter }) => [`${letter.topic}/${letter.partition}/${letter.offset}`, letter]),
  );
  const right = letters.filter(({ letter, at }) => at.topic === deadLetterTopic(letter.topic)).length;
  report.equal('of them with the topic they came from', right, letters.length);
  report.equal('places named, one for each poisoned message', places.size, poison.size);
  report.note(`reasons: ${[...new Set(letters.map(({ letter }) => letter.reason))].sort().join(', ')}`);
}
