import { randomUUID } from 'node:crypto';
import { sleep } from '#platform';
import type { ConnectedSystem } from '../clients.ts';
import { allEvents } from '../clients.ts';
import { waitUntilShared, withSecondBridge } from '../second-bridge.ts';
import type { Closings, StoredEvent } from './events.ts';
import { closingsOf } from './events.ts';
import { publish, waitUntilCommitted } from './incoming.ts';
import { fastServices, openInquiries, waitUntilClosed, withSampleServices } from './lifecycle.ts';
import type { Subject } from './messages.ts';
import { planMessages } from './messages.ts';
import type { PublishedEvents } from './published.ts';
import { comparePublished } from './published.ts';

/** Two bridges share the inquiries, and one of them is killed with -9 half-way. */
export function killOneOfTwoBridges(
  system: ConnectedSystem,
  sessionIds: readonly string[],
  timeoutMs: number,
): Promise<Closings> {
  const half = Math.ceil(sessionIds.length / 2);
  return withSecondBridge(system, async () => {
    await waitUntilShared(system);
    return withSampleServices(system, fastServices, async () => {
      const before = await openInquiries(system, sessionIds.slice(0, half), timeoutMs);
      system.signal('bridge', 'SIGKILL');
      const after = await openInquiries(system, sessionIds.slice(half), timeoutMs);
      const ids = [...before, ...after];
      return closingsOf(ids, await waitUntilClosed(system, ids));
    });
  });
}

interface KafkaOutage {
  /** Turns recorded during the outage, and the slowest of them in milliseconds. */
  readonly turns: number;
  readonly slowestTurnMs: number;
  readonly closings: Closings;
  /** Inquiries opened afterwards that continued without a source because its circuit was open. */
  readonly refused: number;
  /** Seconds until everything had caught up afterwards. */
  readonly recoveryS: number;
  readonly published: PublishedEvents;
  /** Messages sent before the outage, and those without an effect afterwards. */
  readonly messages: number;
  readonly messagesWithoutEffect: readonly string[];
}

/** Kafka stops for a while; turns are recorded and inquiries opened meanwhile. */
export async function stopKafka(
  system: ConnectedSystem,
  subjects: readonly Subject[],
  outageMs: number,
): Promise<KafkaOutage> {
  const sessionIds = subjects.map(({ session_id }) => session_id);
  const plan = planMessages(randomUUID().slice(0, 8), subjects, subjects.length);
  await publish(system, plan);
  system.signal('kafka', 'SIGSTOP');
  let during;
  try {
    const end = performance.now() + outageMs;
    const ids = await openInquiries(system, sessionIds, 3_000);
    const recorded = await recordTurns(system, sessionIds, end);
    during = { ...recorded, closings: closingsOf(ids, await waitUntilClosed(system, ids)) };
  } finally {
    system.signal('kafka', 'SIGCONT');
  }
  const back = performance.now();
  await waitUntilCommitted(system);
  const published = await comparePublished(system);
  const recoveryS = (performance.now() - back) / 1_000;
  const recorded = await allEvents(system.store, ['ExternalUpdateRecorded']);
  const effects = new Set(
    recorded.flatMap(({ event }) => ('source_event_id' in event.data ? [event.data.source_event_id] : [])),
  );
  const messagesWithoutEffect = [...plan.good.keys()].filter((id) => !effects.has(id));
  const refused = await refusedNow(system, sessionIds.slice(0, 50));
  return { ...during, refused, recoveryS, published, messages: plan.good.size, messagesWithoutEffect };
}

function refusedNow(system: ConnectedSystem, sessionIds: readonly string[]): Promise<number> {
  return withSampleServices(system, fastServices, async () => {
    const ids = await openInquiries(system, sessionIds, 20_000);
    const events = await waitUntilClosed(system, ids);
    return ids.filter((id) => events.get(id)?.some(isRefusal)).length;
  });
}

function isRefusal({ event }: StoredEvent): boolean {
  return event.type === 'InquiryFailed' && event.data.reason === 'circuit_open';
}

async function recordTurns(
  { turnstream }: ConnectedSystem,
  sessionIds: readonly string[],
  end: number,
): Promise<Pick<KafkaOutage, 'turns' | 'slowestTurnMs'>> {
  let [turns, slowestTurnMs] = [0, 0];
  while (performance.now() < end) {
    const session = turnstream.session(sessionIds[turns % sessionIds.length] ?? '');
    const sent = performance.now();
    await session.recordTurn({ sender: 'user', message_text: `Turn ${turns} during the outage` });
    slowestTurnMs = Math.max(slowestTurnMs, performance.now() - sent);
    turns += 1;
    await sleep(50);
  }
  return { turns, slowestTurnMs };
}
