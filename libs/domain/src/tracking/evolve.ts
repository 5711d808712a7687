import type { RecordedEvent } from '../kernel/event.ts';
import type { ExternalUpdateRecorded } from './events.ts';
import { trackOrder } from './order.ts';
import type { TrackingState } from './state.ts';
import { externalDataLimit, externalKept } from './state.ts';

/** What is tracked after an external update, which replaces the one of the same system, kind and reference. */
export function evolveTracking(
  { external, order_tracking }: TrackingState,
  { data: update, revision, metadata }: RecordedEvent<ExternalUpdateRecorded>,
): TrackingState {
  const { system, kind, reference, data } = update;
  const timestamp = metadata.occurred_at;
  const isSmall = JSON.stringify(data).length <= externalDataLimit;
  const others = external.filter(
    (item) => item.system !== system || item.kind !== kind || item.reference !== reference,
  );
  const latest = { system, kind, reference, data: isSmall ? data : null, revision, timestamp };
  return {
    external: [...others.slice(1 - externalKept), latest],
    order_tracking: trackOrder(order_tracking, update, timestamp),
  };
}
