import { waitUntil } from '#platform';
import { wellBehaved } from '../../../tools/services/sample-service.ts';
import type { ConnectedSystem } from '../clients.ts';
import type { EventsByInquiry, StoredEvent } from './events.ts';
import { closingsOf } from './events.ts';
import {
  fastServices,
  openInquiries,
  unknownOrderId,
  waitUntilClosed,
  withSampleServices,
} from './lifecycle.ts';

/** Other sources may have an open circuit from an earlier scenario. */
const deadSource = 'logistics';
const shortTimeoutMs = 2_000;
/** Long enough that an earlier answer cannot be due to the deadline. */
const longTimeoutMs = 20_000;
/** These inquiries close when they are answered, however busy the machine is. */
const longestTimeoutMs = 120_000;
const attempts = 5;

interface OpenCircuit {
  readonly inquiries: number;
  /** Inquiries that closed before their deadline, without the source with the open circuit. */
  readonly answeredEarly: number;
}

/** A source that never answers opens its circuit; later inquiries have more time than they need. */
export function inquireDeadSource(
  system: ConnectedSystem,
  sessionIds: readonly string[],
): Promise<OpenCircuit> {
  const behaviours = {
    orders: { ...wellBehaved, latencyMs: 50 },
    [deadSource]: { ...wellBehaved, silence: 1 },
  };
  return withSampleServices(system, behaviours, async () => {
    let result = await inquireOnceOpen(system, sessionIds);
    // A circuit is open only for seconds: on a slow machine it may close before the inquiries are opened.
    for (let attempt = 1; attempt < attempts && 2 * result.answeredEarly < result.inquiries; attempt += 1)
      result = await inquireOnceOpen(system, sessionIds);
    return result;
  });
}

async function inquireOnceOpen(system: ConnectedSystem, sessionIds: readonly string[]): Promise<OpenCircuit> {
  await waitUntilOpen(system, sessionIds);
  const ids = await openInquiries(system, sessionIds.slice(0, 10), longTimeoutMs);
  const events = await waitUntilClosed(system, ids);
  const early = ids.filter((id) => isAnsweredEarly(events.get(id) ?? []));
  return { inquiries: ids.length, answeredEarly: early.length };
}

/**
 * Opens inquiries until a request is refused, with growing deadlines: on a slow machine they pass before the source
 * is asked.
 */
async function waitUntilOpen(system: ConnectedSystem, sessionIds: readonly string[]): Promise<void> {
  let timeoutMs: number = shortTimeoutMs;
  const isOpen = async (): Promise<boolean> => {
    const ids = await openInquiries(system, sessionIds, timeoutMs);
    timeoutMs = Math.min(2 * timeoutMs, longTimeoutMs);
    return isRefused(ids, await waitUntilClosed(system, ids));
  };
  await waitUntil(isOpen, { what: 'the circuit of the source to open', timeoutMs: 240_000 });
}

function isRefused(ids: readonly string[], events: EventsByInquiry): boolean {
  return ids.some((id) => events.get(id)?.some(isOpenCircuit));
}

function isAnsweredEarly(events: readonly StoredEvent[]): boolean {
  return (
    events.some(isOpenCircuit) &&
    events.some(({ event }) => event.type === 'InquiryClosed' && event.data.cause === 'settled')
  );
}

function isOpenCircuit({ event }: StoredEvent): boolean {
  if (event.type !== 'InquiryFailed') return false;
  return event.data.source === deadSource && event.data.reason === 'circuit_open';
}

export interface HonestService {
  /** The outcomes of inquiries about orders that the service does not know. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** The outcomes of later inquiries about known orders. */
  readonly outcomesAfter: Readonly<Record<string, number>>;
}

/** Many inquiries about unknown orders: the services say so, and are still asked about others. */
export function inquireUnknownOrders(
  system: ConnectedSystem,
  sessionIds: readonly string[],
): Promise<HonestService> {
  return withSampleServices(system, fastServices, async () => {
    await waitUntilAsked(system, sessionIds.slice(0, 3));
    const unknown = await openInquiries(system, sessionIds, longestTimeoutMs, unknownOrderId);
    const { outcomes } = closingsOf(unknown, await waitUntilClosed(system, unknown));
    const known = await openInquiries(system, sessionIds, longestTimeoutMs);
    const after = closingsOf(known, await waitUntilClosed(system, known));
    return { outcomes, outcomesAfter: after.outcomes };
  });
}

/** Opens inquiries until the services are asked and answer: an earlier scenario may have left their circuits open. */
async function waitUntilAsked(system: ConnectedSystem, sessionIds: readonly string[]): Promise<void> {
  const areAsked = async (): Promise<boolean> => {
    const ids = await openInquiries(system, sessionIds, longTimeoutMs);
    const { outcomes } = closingsOf(ids, await waitUntilClosed(system, ids));
    return outcomes['complete'] === ids.length;
  };
  await waitUntil(areAsked, { what: 'the services to be asked', timeoutMs: 240_000, everyMs: 500 });
}
