import type { JsonObject } from '../kernel/json.ts';
import type { ExternalUpdateRecorded } from './events.ts';
import type { SourceTime } from './source-time.ts';
import { sourceTime } from './source-time.ts';

/** Longer texts are neither ids nor states. */
const longestName = 200;

/** A system's report about an order, or about a shipment whose order it does not name. */
export interface OrderReport {
  readonly system: string;
  readonly order_id: string | null;
  readonly tracking_id: string | null;
  readonly status: string | null;
  readonly time: SourceTime;
}

/**
 * The report of an update about an order or a shipment. An update that also names a payout describes the payout. Of unresolved
 * updates, only those of the order and logistics systems are used.
 */
export function reportOf(
  update: ExternalUpdateRecorded['data'],
  recordedAt: string,
): OrderReport | undefined {
  const { system, references, occurred_at_source, source_event_id } = update;
  if (references?.payout !== undefined || (!references && !isBelieved(system))) return undefined;
  const named = references
    ? { order_id: nameOf(references.order), tracking_id: nameOf(references.tracking) }
    : namedBy(update);
  if (named.order_id === null && named.tracking_id === null) return undefined;
  const status = nameOf(references ? update.status : (update.status ?? update.data['status']));
  return { system, ...named, status, time: sourceTime(occurred_at_source, recordedAt, source_event_id) };
}

/** Whether unresolved field names of a system are trusted for orders. */
export function isBelieved(system: string): boolean {
  return system === 'orders' || system === 'logistics';
}

/** A text that may be an id or a state; null for anything else. */
export function nameOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= longestName ? value : null;
}

/** The ids in an unresolved update: the logistics system refers to shipments, the order system to orders. */
function namedBy({
  system,
  reference,
  data,
}: {
  system: string;
  reference: string | null;
  data: JsonObject;
}): {
  order_id: string | null;
  tracking_id: string | null;
} {
  const order_id = nameOf(data['order_id']) ?? (system === 'orders' ? nameOf(reference) : null);
  const shipment = system === 'logistics' && order_id === null ? nameOf(reference) : null;
  return { order_id, tracking_id: nameOf(data['tracking_id']) ?? shipment };
}
