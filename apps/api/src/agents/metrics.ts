import type { RecordedEvent } from '#domain';
import type { Counter, Gauge, Histogram, Metrics } from '#platform';

/** What the agents' part of the api tells Prometheus. */
export class AgentMetrics {
  readonly connections: Gauge;
  readonly takeovers: Counter;
  readonly cutOff: Counter;
  private readonly updates: Histogram;

  constructor(metrics: Metrics) {
    this.connections = metrics.gauge('agent_connections', 'Agent instances connected to this node');
    this.takeovers = metrics.counter(
      'agent_takeovers_total',
      'Sessions that an instance of this node took over',
    );
    this.cutOff = metrics.counter('agent_cut_off_total', 'Connections closed since nobody read');
    this.updates = metrics.histogram('agent_update_seconds', 'From an event until it was sent to its agent');
  }

  sent({ metadata }: RecordedEvent): void {
    this.updates.observe(Math.max(0, Date.now() - Date.parse(metadata.occurred_at)) / 1_000);
  }
}
