import type { RecordedEvent } from '../kernel/event.ts';
import type { ExternalUpdateRecorded } from './events.ts';
import { keepUpdate } from './external.ts';
import { namesAnother } from './foreign.ts';
import { learnOfOrder } from './orders.ts';
import { reportOf } from './reports.ts';
import type { TrackingState } from './state.ts';

/** The tracked state after an external update. An update that names another partner changes nothing. */
export function evolveTracking(
  state: TrackingState,
  event: RecordedEvent<ExternalUpdateRecorded>,
  partnerId: string,
): TrackingState {
  if (namesAnother(event.data, partnerId)) return state;
  const recordedAt = event.metadata.occurred_at;
  const report = reportOf(event.data, recordedAt);
  const { orders, order_tracking, order_facts } = report ? learnOfOrder(state, report, recordedAt) : state;
  return { external: keepUpdate(state.external, event), orders, order_tracking, order_facts };
}
