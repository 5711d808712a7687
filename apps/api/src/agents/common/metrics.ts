import { Injectable } from '@nestjs/common';
import type { RecordedEvent } from '#domain';
import type { Counter, Gauge, Histogram } from '#platform';
import { Metrics } from '#platform';

/** The metrics of live agents for Prometheus. */
@Injectable()
export class AgentMetrics {
  readonly connections: Gauge;
  readonly streams: Gauge;
  readonly takeovers: Counter;
  readonly slowReaders: Counter;
  readonly skipped: Counter;
  private readonly deliveries: Histogram;

  constructor(private readonly metrics: Metrics) {
    this.connections = metrics.gauge('agent_connections', 'Agent instances connected to this node');
    this.streams = metrics.gauge('agent_streams', 'Streams of session events that are open (SSE)');
    this.takeovers = metrics.counter(
      'agent_takeovers_total',
      'Sessions that instances of this node took over',
    );
    this.slowReaders = metrics.counter(
      'agent_slow_readers_closed_total',
      'Connections closed because the instance does not read',
    );
    this.skipped = metrics.counter(
      'agent_updates_skipped_total',
      'Updates that an instance acknowledged as skipped',
    );
    this.deliveries = metrics.histogram(
      'agent_update_delivery_seconds',
      'Time from an event until its update was sent to the agent',
    );
  }

  /** @param oldest when the oldest update occurred (ms) that an instance of this node has not acknowledged */
  watchUnacknowledged(oldest: () => number | undefined): void {
    this.metrics.gauge(
      'agent_oldest_unacknowledged_seconds',
      'Age of the oldest update that was sent to an instance of this node and is not acknowledged; 0: none',
      [],
      (gauge) => gauge.set(Math.max(0, Date.now() - (oldest() ?? Infinity)) / 1_000),
    );
  }

  /** @param waiting how many frames of this node's instances wait for earlier ones */
  watchFrames(waiting: () => number): void {
    const help = 'Frames of agent instances that wait or are being processed';
    this.metrics.gauge('agent_frames_waiting', help, [], (gauge) => gauge.set(waiting()));
  }

  delivered({ metadata }: RecordedEvent): void {
    const seconds = (Date.now() - Date.parse(metadata.occurred_at)) / 1_000;
    // `occurred_at` of another writer may be invalid, and a histogram refuses NaN.
    if (!Number.isNaN(seconds)) this.deliveries.observe(Math.max(0, seconds));
  }
}
