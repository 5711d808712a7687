import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Turnstream } from '@turnstream/sdk';
import { publicEvent } from '../../apps/bridge/src/outbound/public-event.ts';
import type { CloudEvent } from '#messaging';
import { conversationSchemas, conversationTopic, incomingTopics, schemaFault } from '#messaging';
import type { BridgeSystem } from './bridge-system.ts';
import { allEvents, lagOf, startBridge, until } from './bridge-system.ts';
import type { Subject } from './incoming-messages.ts';
import { planMessages } from './incoming-messages.ts';
import { publish } from './incoming.ts';
import { checkEnds } from './inquiry-events.ts';
import { calmServices, ended, openAll, withServices } from './many-inquiries.ts';
import type { Report } from './report.ts';

/** Two bridges share the inquiries, one of them is killed with -9: the other one finishes what it began. */
export async function proveOneBridgeKilled(
  system: BridgeSystem,
  sessionIds: readonly string[],
  timeoutMs: number,
  report: Report,
): Promise<void> {
  const second = await startBridge(system);
  try {
    await withServices(system, calmServices, async () => {
      const half = Math.ceil(sessionIds.length / 2);
      const first = await openAll(system, sessionIds.slice(0, half), timeoutMs);
      system.supervisor.signal('bridge', 'SIGKILL');
      const rest = await openAll(system, sessionIds.slice(half), timeoutMs);
      const ids = [...first, ...rest];
      checkEnds(ids, await ended(system, ids, 60_000), report);
    });
  } finally {
    await second.kill('SIGTERM');
  }
}

/** Kafka holds still for a while: commands go on, inquiries keep their deadlines, and everything catches up. */
export async function proveKafkaAway(
  system: BridgeSystem,
  subjects: readonly Subject[],
  awayMs: number,
  report: Report,
): Promise<void> {
  const sessionIds = subjects.map(({ session_id }) => session_id);
  const turnstream = new Turnstream({ url: system.apis[0] ?? '', agentId: 'proof' });
  const news = planMessages(randomUUID().slice(0, 8), subjects, subjects.length);
  await publish(system, news);
  system.supervisor.signal('kafka', 'SIGSTOP');
  const began = Date.now();
  const ids = await openAll(system, sessionIds, 3_000);
  let turns = 0;
  let slowest = 0;
  while (Date.now() - began < awayMs) {
    const session = turnstream.session(sessionIds[turns % sessionIds.length] ?? '');
    const sent = performance.now();
    await session.recordTurn({ sender: 'user', message_text: `Kafka is away, turn ${turns}` });
    slowest = Math.max(slowest, performance.now() - sent);
    turns += 1;
    await sleep(50);
  }
  report.note(
    `${turns} turns recorded while Kafka was away for ${awayMs / 1_000} s, slowest ${Math.round(slowest)} ms`,
  );
  checkEnds(ids, await ended(system, ids, 30_000), report);
  system.supervisor.signal('kafka', 'SIGCONT');
  const back = performance.now();
  await until(
    'incoming messages are through',
    180_000,
    async () => {
      const lag = await lagOf(system.kafka, `${system.groupId}.events`, incomingTopics).catch(() => 1n);
      return lag === 0n;
    },
    500,
  );
  await checkFeed(system, report);
  report.note(`caught up ${Math.round((performance.now() - back) / 1_000)} s after Kafka was back`);
  const recorded = await allEvents(system.store, ['ExternalUpdateRecorded']);
  const there = new Set(
    recorded.flatMap(({ event }) => ('source_event_id' in event.data ? [event.data.source_event_id] : [])),
  );
  report.equal(
    'messages that came before, with their effect',
    [...news.good.keys()].filter((id) => there.has(id)).length,
    news.good.size,
  );
  await turnstream.close();
}

interface Published {
  readonly ids: Set<string>;
  /** The last revision seen of each session, and how often one came that is lower and new. */
  readonly revisions: Map<string, number>;
  disorder: number;
  /** What breaks the schema of its type. */
  readonly faults: string[];
}

/** What is told about conversations is complete, in the order of each session, and comes again under the same id only. */
export async function checkFeed(system: BridgeSystem, report: Report): Promise<void> {
  const wanted = new Set<string>();
  for (const { session_id, event } of await allEvents(system.store))
    if (publicEvent(session_id, event)) wanted.add(event.event_id);
  const seen: Published = { ids: new Set(), revisions: new Map(), disorder: 0, faults: [] };
  const consumer = system.kafka.consumer({ groupId: `proof-${randomUUID()}`, maxWaitTimeInMs: 300 });
  await consumer.connect();
  await consumer.subscribe({ topics: [conversationTopic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => note(seen, JSON.parse(String(message.value)) as CloudEvent),
  });
  const missing = (): number => [...wanted].filter((id) => !seen.ids.has(id)).length;
  await until('everything is published', 120_000, async () => missing() === 0, 500).catch(() => undefined);
  await consumer.disconnect();
  report.equal(`of ${wanted.size} events of conversations, not published`, missing(), 0);
  report.equal('published out of the order of their session', seen.disorder, 0);
  report.equal('published otherwise than described', seen.faults.length, 0);
}

function note(seen: Published, { id, type, data }: CloudEvent): void {
  if (seen.ids.has(id)) return;
  const fault = schemaFault(conversationSchemas[type] ?? { not: {} }, data);
  if (fault !== undefined) seen.faults.push(`${type}: ${fault}`);
  seen.ids.add(id);
  const { session_id, revision } = data as { session_id: string; revision: number };
  if (revision < (seen.revisions.get(session_id) ?? -1)) seen.disorder += 1;
  seen.revisions.set(session_id, revision);
}
