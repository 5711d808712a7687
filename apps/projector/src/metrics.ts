import type { Counter, Gauge, Histogram, Metrics } from '#platform';
import type { PartitionStatus } from './partition-status.ts';

const batchSizes = [1, 2, 5, 10, 25, 50, 100, 250, 500];

/** What the projector tells Prometheus. */
export class ProjectorMetrics {
  readonly retries: Counter<'lane'>;
  readonly refolds: Counter;
  readonly unusable: Counter;
  readonly unfoldable: Counter;
  private readonly events: Counter<'lane' | 'slot'>;
  private readonly sizes: Histogram<'lane'>;
  private readonly durations: Histogram<'lane'>;

  constructor(metrics: Metrics, slots: () => readonly PartitionStatus[]) {
    this.events = metrics.counter('projector_events_total', 'Events written', ['lane', 'slot']);
    this.sizes = metrics.histogram('projector_batch_events', 'Events in a batch', ['lane'], batchSizes);
    this.durations = metrics.histogram('projector_batch_seconds', 'Time to write a batch', ['lane']);
    this.retries = metrics.counter('projector_retries_total', 'Batches that failed and are tried again', [
      'lane',
    ]);
    this.refolds = metrics.counter('projector_refolds_total', 'Contexts folded anew from their stream');
    this.unusable = metrics.counter('projector_unusable_events_total', 'Events that no row can hold');
    this.unfoldable = metrics.counter(
      'projector_unfoldable_events_total',
      'Events that a context cannot fold',
    );
    metrics.gauge('projector_slot_lag_seconds', 'Age of the rows of a slot', ['slot'], (gauge) =>
      eachSlot(gauge, slots(), (slot) => slot.lag_s),
    );
    metrics.gauge('projector_slot_live', 'Whether a slot has caught up', ['slot'], (gauge) =>
      eachSlot(gauge, slots(), (slot) => (slot.state === 'live' ? 1 : 0)),
    );
  }

  written(lane: 'contexts' | 'rows', slot: number, items: number, seconds: number): void {
    if (items === 0) return;
    this.events.inc({ lane, slot }, items);
    this.sizes.observe({ lane }, items);
    this.durations.observe({ lane }, seconds);
  }
}

function eachSlot(
  gauge: Gauge<'slot'>,
  slots: readonly PartitionStatus[],
  value: (slot: PartitionStatus) => number | null,
): void {
  gauge.reset();
  for (const status of slots) {
    const number = value(status);
    if (number !== null) gauge.set({ slot: String(status.slot) }, number);
  }
}
