import { declared } from '#declarations';
import { inParallel, waitUntil } from '#platform';
import { sampleAnswers } from '../../../tools/services/answers.ts';
import { generatedOrders } from '../../../tools/services/orders.ts';
import type { Behaviour } from '../../../tools/services/sample-service.ts';
import { SampleService, wellBehaved } from '../../../tools/services/sample-service.ts';
import type { ConnectedSystem } from '../clients.ts';
import type { EventsByInquiry } from './events.ts';
import { inquiryEvents, isClosing } from './events.ts';

const orderCount = 1_000;

/** By source; a source without an entry does not run. */
export type Behaviours = Readonly<Record<string, Behaviour>>;

export const fastServices: Behaviours = {
  orders: { ...wellBehaved, latencyMs: 50 },
  logistics: wellBehaved,
};

/** The id of an order that the sample services of this system know. */
export function orderId({ run }: ConnectedSystem, index: number): string {
  return `ORD-${run}-${index % orderCount}`;
}

/** The id of an order of this system that its services do not know. */
export function unknownOrderId({ run }: ConnectedSystem, index: number): string {
  return `ORD-${run}-unknown-${index}`;
}

/** Runs sample services, which answer only about this system's orders, while `work` runs. */
export async function withSampleServices<T>(
  system: ConnectedSystem,
  behaviours: Behaviours,
  work: (services: readonly SampleService[]) => Promise<T>,
): Promise<T> {
  const { kafka, run } = system;
  const answers = sampleAnswers(generatedOrders(orderCount, (index) => `-${run}-${index}`));
  const services = declared().names.sources.flatMap((source) => {
    const [behaviour, answer] = [behaviours[source], answers[source]];
    if (behaviour === undefined || answer === undefined) return [];
    const groupId = `sample-service.${source}.${run}`;
    // From the beginning, so that no request is missed while the group forms.
    const isMine = ({ order_id }: { readonly order_id?: unknown }): boolean =>
      String(order_id).startsWith(`ORD-${run}-`);
    const own = { groupId, isMine, fromBeginning: true };
    return [new SampleService({ kafka, source, answer, behaviour, ...own })];
  });
  try {
    await Promise.all(services.map((service) => service.start()));
    return await work(services);
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
}

/** Opens an inquiry in each of the sessions. @returns their ids */
export async function openInquiries(
  system: ConnectedSystem,
  sessionIds: readonly string[],
  timeout_ms: number,
  nameOrder = orderId,
): Promise<string[]> {
  const ids: string[] = [];
  await inParallel(sessionIds.entries(), 64, async ([index, sessionId]) => {
    const subject = { order_id: nameOrder(system, index) };
    const session = system.turnstream.session(sessionId);
    ids.push((await session.openInquiry({ kind: 'order_status', subject, timeout_ms })).inquiry_id);
  });
  return ids;
}

/** Waits until the inquiries are closed. @returns the events of all inquiries in the store */
export async function waitUntilClosed(
  { env }: ConnectedSystem,
  ids: readonly string[],
): Promise<EventsByInquiry> {
  let events: EventsByInquiry = new Map();
  const areComplete = (found: EventsByInquiry): boolean => ids.every((id) => found.get(id)?.some(isClosing));
  const timeoutMs = 240_000;
  // A subscription ends when the store is killed.
  const areClosed = async (): Promise<boolean> => {
    events = await inquiryEvents(env['EVENTSTORE_URL'] ?? '', { areComplete, timeoutMs });
    return true;
  };
  await waitUntil(areClosed, { what: 'every inquiry to be closed', timeoutMs, everyMs: 500 });
  return events;
}
