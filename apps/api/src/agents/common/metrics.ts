import { Injectable } from '@nestjs/common';
import type { RecordedEvent } from '#domain';
import type { Counter, Gauge, Histogram } from '#platform';
import { Metrics } from '#platform';

/** The metrics of live agents for Prometheus. */
@Injectable()
export class AgentMetrics {
  readonly connections: Gauge;
  readonly takeovers: Counter;
  readonly slowReaders: Counter;
  private readonly deliveries: Histogram;

  constructor(metrics: Metrics) {
    this.connections = metrics.gauge('agent_connections', 'Agent instances connected to this node');
    this.takeovers = metrics.counter(
      'agent_takeovers_total',
      'Sessions that an instance of this node took over',
    );
    this.slowReaders = metrics.counter(
      'agent_slow_readers_closed_total',
      'Connections closed because the instance does not read',
    );
    this.deliveries = metrics.histogram(
      'agent_update_delivery_seconds',
      'Time from an event until its update was sent to the agent',
    );
  }

  delivered({ metadata }: RecordedEvent): void {
    const seconds = (Date.now() - Date.parse(metadata.occurred_at)) / 1_000;
    // Another writer's `occurred_at` may be no valid time, which a histogram refuses.
    if (!Number.isNaN(seconds)) this.deliveries.observe(Math.max(0, seconds));
  }
}
