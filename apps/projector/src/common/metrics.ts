import { Injectable } from '@nestjs/common';
import type { Stall } from '#partitions';
import { showStalls } from '#partitions';
import type { Counter, Gauge, Histogram } from '#platform';
import { Metrics } from '#platform';
import type { PartitionStatus } from './partition-status.ts';

const batchSizes = [1, 2, 5, 10, 25, 50, 100, 250, 500];

/** A writer of batches: contexts (Redis) or rows (PostgreSQL). */
export type WriterName = 'contexts' | 'rows';

/** The projector's metrics for Prometheus. */
@Injectable()
export class ProjectorMetrics {
  readonly retries: Counter<'writer'>;
  readonly rebuilds: Counter;
  private readonly events: Counter<'partition' | 'writer'>;
  private readonly sizes: Histogram<'writer'>;
  private readonly durations: Histogram<'writer'>;

  constructor(private readonly metrics: Metrics) {
    this.events = metrics.counter('projector_events_total', 'Events written', ['writer', 'partition']);
    this.sizes = metrics.histogram('projector_batch_events', 'Events in a batch', ['writer'], batchSizes);
    this.durations = metrics.histogram('projector_batch_seconds', 'Time to write a batch', ['writer']);
    const retries = 'Batches that failed and are written again';
    this.retries = metrics.counter('projector_retries_total', retries, ['writer']);
    this.rebuilds = metrics.counter('projector_rebuilds_total', 'Contexts rebuilt from their stream');
  }

  written(writer: WriterName, partition: number, items: number, seconds: number): void {
    if (items === 0) return;
    this.events.inc({ writer, partition }, items);
    this.sizes.observe({ writer }, items);
    this.durations.observe({ writer }, seconds);
  }

  /** Exposes the progress of this instance's partitions whenever the metrics are read. */
  observePartitions(partitions: () => readonly PartitionStatus[]): void {
    const each = (name: string, help: string, value: (status: PartitionStatus) => number | null): void => {
      this.metrics.gauge(name, help, ['partition'], (gauge) => setEach(gauge, partitions(), value));
    };
    each('projector_partition_lag_seconds', 'Age of the rows of a partition', ({ lag_s }) => lag_s);
    each('projector_partition_live', 'Whether a partition has caught up', ({ state }) =>
      state === 'live' ? 1 : 0,
    );
    each('projector_sessions_set_aside', 'Sessions that are set aside', ({ set_aside }) => set_aside);
    const ahead = 'Partitions whose rows are ahead of the event store: npm run rebuild';
    this.metrics.gauge('projector_partitions_ahead_of_store', ahead, [], (gauge) =>
      gauge.set(partitions().filter(({ ahead_of_store }) => ahead_of_store).length),
    );
    const stopped = 'Partitions that stopped because too many of their sessions were set aside';
    this.metrics.gauge('projector_partitions_stopped', stopped, [], (gauge) =>
      gauge.set(partitions().filter(({ state }) => state === 'stopped').length),
    );
    const bytes = 'Approximate memory of the events that wait to be written';
    this.metrics.gauge('projector_waiting_bytes', bytes, [], (gauge) =>
      gauge.set(partitions().reduce((sum, { bytes_waiting }) => sum + bytes_waiting, 0)),
    );
  }

  /** Exposes how long the writers of partitions have made no progress. */
  observeStalls(stalls: () => readonly Stall[]): void {
    const help = 'Seconds for which a writer with waiting events has made no progress';
    this.metrics.gauge('projector_stalled_seconds', help, ['partition', 'writer'], (gauge) =>
      showStalls(gauge, stalls()),
    );
  }
}

function setEach(
  gauge: Gauge<'partition'>,
  partitions: readonly PartitionStatus[],
  value: (status: PartitionStatus) => number | null,
): void {
  gauge.reset();
  for (const status of partitions) {
    const number = value(status);
    if (number !== null) gauge.set({ partition: String(status.slot) }, number);
  }
}
