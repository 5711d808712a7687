import { Injectable } from '@nestjs/common';
import type { Counter, Gauge } from '#platform';
import { Metrics } from '#platform';

/** What the bridge counts. */
@Injectable()
export class BridgeMetrics {
  readonly received: Counter<'topic'>;
  readonly recorded: Counter<'topic'>;
  readonly deadLetters: Counter<'topic' | 'reason'>;
  readonly paused: Counter<'topic'>;
  readonly reading: Gauge<'topic'>;
  readonly lag: Gauge<'topic' | 'partition'>;
  readonly published: Counter;
  readonly skipped: Counter<'reader'>;
  readonly restarted: Counter<'reader'>;
  readonly closed: Counter<'outcome'>;
  readonly expired: Counter;

  constructor(private readonly metrics: Metrics) {
    this.received = metrics.counter('bridge_messages_total', 'Messages processed', ['topic']);
    this.recorded = metrics.counter('bridge_events_recorded_total', 'Events appended for messages', [
      'topic',
    ]);
    this.deadLetters = metrics.counter('bridge_dead_letters_total', 'Messages sent to the dead letters', [
      'topic',
      'reason',
    ]);
    this.paused = metrics.counter(
      'bridge_pauses_total',
      'Pauses of a Kafka partition while a backing service is unavailable',
      ['topic'],
    );
    this.reading = metrics.gauge(
      'bridge_topic_read',
      'Whether this process is in the group that reads the topic',
      ['topic'],
    );
    this.lag = metrics.gauge('bridge_consumer_lag', 'Messages of a partition that are not processed yet', [
      'topic',
      'partition',
    ]);
    this.published = metrics.counter('bridge_published_total', 'Messages sent to conversation.events');
    this.skipped = metrics.counter(
      'bridge_skipped_events_total',
      'Events that could not be read or published and were skipped',
      ['reader'],
    );
    this.restarted = metrics.counter(
      'bridge_positions_beyond_end_total',
      'Positions found beyond the end of the event store, which was restored',
      ['reader'],
    );
    this.closed = metrics.counter('inquiries_closed_total', 'Inquiries seen to close', ['outcome']);
    this.expired = metrics.counter('sessions_expired_total', 'Sessions that this process expired');
  }

  /** Shows how much memory events take that wait to be published, whenever the metrics are read. */
  observeWaiting(bytes: () => number): void {
    const help = 'About how much memory events take that wait to be published';
    this.metrics.gauge('bridge_waiting_bytes', help, [], (gauge) => gauge.set(bytes()));
  }
}
