import { wellBehaved } from '../../../tools/services/sample-service.ts';
import type { ConnectedSystem } from '../clients.ts';
import type { StoredEvent } from './events.ts';
import { openInquiries, waitUntilClosed, withSampleServices } from './lifecycle.ts';

/** Long enough that an answer which comes before it cannot be due to the deadline. */
const longTimeoutMs = 20_000;

export interface OpenCircuit {
  readonly inquiries: number;
  /** Inquiries that closed before their deadline, without the source whose circuit is open. */
  readonly answeredEarly: number;
}

/** A source that never answers opens its circuit; the inquiries after that have more time than they need. */
export function inquireDeadSource(
  system: ConnectedSystem,
  sessionIds: readonly string[],
): Promise<OpenCircuit> {
  const behaviours = { orders: { ...wellBehaved, latencyMs: 50 }, logistics: { ...wellBehaved, silence: 1 } };
  return withSampleServices(system, behaviours, async () => {
    await waitUntilClosed(system, await openInquiries(system, sessionIds, 1_000));
    const ids = await openInquiries(system, sessionIds.slice(0, 10), longTimeoutMs);
    const events = await waitUntilClosed(system, ids);
    const early = ids.filter((id) => isAnsweredEarly(events.get(id) ?? []));
    return { inquiries: ids.length, answeredEarly: early.length };
  });
}

function isAnsweredEarly(events: readonly StoredEvent[]): boolean {
  return (
    events.some(({ event }) => event.type === 'InquiryFailed' && event.data.reason === 'circuit_open') &&
    events.some(({ event }) => event.type === 'InquiryClosed' && event.data.cause === 'settled')
  );
}
