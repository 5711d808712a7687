import { Publisher } from '#messaging';
import { inParallel, sleep, waitUntil } from '#platform';
import type { ConnectedSystem } from '../clients.ts';
import { waitUntilCommitted } from '../inquiries/incoming.ts';

export interface Absence {
  readonly sessions: number;
  /** Sessions that lack an update about their order or partner, or have one twice or one of another partner. */
  readonly incomplete: readonly string[];
  readonly wrong: readonly string[];
  /** Sessions whose context does not show the newest state of their order. */
  readonly outdated: readonly string[];
  /** Seconds from the return until everything had caught up. */
  readonly seconds: number;
}

interface Conversation {
  readonly session_id: string;
  readonly order_id: string;
}

const atOnce = 16;
const kinds = ['packed', 'shipped', 'delivered'] as const;

/**
 * Stops a process for a while. Meanwhile sessions begin and mention an order; updates about it arrive before, between
 * and after, out of order and twice.
 */
export async function absence(
  system: ConnectedSystem,
  { who, seconds, sessions }: { who: 'bridge' | 'projector'; seconds: number; sessions: number },
): Promise<Absence> {
  const publisher = new Publisher(system.kafka);
  const conversations: Conversation[] = [];
  try {
    system.signal(who, 'SIGSTOP');
    const gone = performance.now();
    await inParallel(Array(sessions).keys(), atOnce, async (index) => {
      const due = gone + (seconds * 1_000 * index) / sessions / 2;
      await sleep(Math.max(0, due - performance.now()));
      conversations.push(await converse(system, publisher, `${who}-${index}`));
    });
    await sleep((seconds * 1_000) / 2);
    system.signal(who, 'SIGCONT');
    const back = performance.now();
    await waitUntilCommitted(system);
    const incomplete = async (): Promise<string[]> =>
      which(conversations, async (one) => new Set(await updatesOf(system, one)).size < kinds.length);
    await waitUntil(async () => (await incomplete()).length === 0, {
      what: 'every update in its session',
      timeoutMs: 300_000,
      everyMs: 500,
    }).catch(() => undefined);
    const madeUp = (performance.now() - back) / 1_000;
    return {
      sessions: conversations.length,
      incomplete: await incomplete(),
      wrong: await which(conversations, async (one) => (await updatesOf(system, one)).length > kinds.length),
      outdated: await which(conversations, async ({ session_id, order_id }) => {
        const session = system.turnstream.session(session_id);
        // The context in Redis may still lag behind the stream.
        const { revision } = await session.details();
        const { orders } = await session.context({ minRevision: revision });
        return orders[order_id]?.status !== 'delivered';
      }),
      seconds: madeUp,
    };
  } finally {
    system.signal(who, 'SIGCONT');
    await publisher.close();
  }
}

/** The newest update arrives first, before the session; the oldest last, and twice. */
async function converse(
  { turnstream, run }: ConnectedSystem,
  publisher: Publisher,
  name: string,
): Promise<Conversation> {
  const order_id = `ABSENT-${run}-${name}`;
  const began = Date.now();
  const send = (index: number): Promise<void> => {
    const time = new Date(began + index).toISOString();
    const data = { order_id, status: kinds[index] };
    const event = { id: `${order_id}-${index}`, type: 'orders.order_updated.v1', time, data };
    const value = JSON.stringify({ specversion: '1.0', source: '/absence', ...event });
    return publisher.send([{ topic: 'orders.events', key: order_id, value }]);
  };
  await send(2);
  const session = await turnstream.startSession({ partner_id: `P-${order_id}`, channel: 'whatsapp' });
  await send(1);
  await session.recordTurn({
    sender: 'user',
    message_text: `Where is ${order_id}?`,
    extracted_entities: { order_id },
  });
  await send(0);
  await send(0);
  return { session_id: session.id, order_id };
}

/** The ids of a session's updates. */
async function updatesOf({ turnstream }: ConnectedSystem, { session_id }: Conversation): Promise<string[]> {
  const events = await Array.fromAsync(turnstream.session(session_id).events());
  return events.flatMap(({ type, data }) =>
    type === 'ExternalUpdateRecorded' ? [String(data['source_event_id'])] : [],
  );
}

async function which(
  conversations: readonly Conversation[],
  is: (one: Conversation) => Promise<boolean>,
): Promise<string[]> {
  const found: string[] = [];
  await inParallel(conversations, atOnce, async (one) => {
    if (await is(one)) found.push(one.session_id);
  });
  return found;
}
