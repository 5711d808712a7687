import { Injectable } from '@nestjs/common';
import type { Stall } from '#partitions';
import { showStalls } from '#partitions';
import type { Counter, Gauge } from '#platform';
import { Metrics } from '#platform';

/** The bridge's metrics. */
@Injectable()
export class BridgeMetrics {
  readonly received: Counter<'topic'>;
  readonly recorded: Counter<'topic'>;
  readonly unmatched: Counter<'topic'>;
  readonly late: Counter;
  readonly lateFailed: Counter;
  readonly updateFailed: Counter;
  readonly repliesElsewhere: Counter;
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
    this.unmatched = metrics.counter(
      'bridge_unmatched_total',
      'Updates that concerned no session when they arrived',
      ['topic'],
    );
    this.late = metrics.counter(
      'bridge_late_updates_total',
      'Updates recorded later, in sessions that began or mentioned their reference after they had arrived',
    );
    this.lateFailed = metrics.counter(
      'bridge_late_updates_failed_total',
      'Kept updates that a session did not take',
    );
    this.updateFailed = metrics.counter(
      'bridge_updates_failed_total',
      'Updates that a session did not take when they arrived',
    );
    this.repliesElsewhere = metrics.counter(
      'bridge_replies_elsewhere_total',
      'Replies dropped because their session is not in this cell',
    );
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

  /** Exposes the age of the oldest open inquiry, by the time (milliseconds) when it was opened. */
  observeOldestInquiry(opened: () => number | undefined): void {
    const help = 'Age of the oldest inquiry that is open';
    this.metrics.gauge('inquiries_oldest_open_seconds', help, [], (gauge) => {
      const at = opened();
      gauge.set(at === undefined ? 0 : Math.max(0, Date.now() - at) / 1_000);
    });
  }

  /** Exposes the number of waiting requests by source. */
  observeRequests(waiting: () => Iterable<readonly [source: string, requests: number]>): void {
    const help = 'Requests of inquiries that wait to be sent';
    this.metrics.gauge('inquiry_requests_waiting', help, ['source'], (gauge) => {
      for (const [source, requests] of waiting()) gauge.set({ source }, requests);
    });
  }

  /** Exposes how long the writers of partitions have made no progress. */
  observeStalls(stalls: () => readonly Stall[]): void {
    const help = 'Seconds for which a writer with waiting events has made no progress';
    this.metrics.gauge('bridge_stalled_seconds', help, ['partition', 'writer'], (gauge) =>
      showStalls(gauge, stalls()),
    );
  }

  /** Exposes how far the index of references lags behind. */
  observeIndexLag(seconds: () => Promise<number>): void {
    const help = 'Lag of the index by which updates find sessions: the age of its oldest partition';
    this.metrics.gauge('bridge_index_lag_seconds', help, [], async (gauge) => {
      // While PostgreSQL does not answer, the metric keeps its last value.
      await seconds().then(
        (lag) => gauge.set(lag),
        () => undefined,
      );
    });
  }

  /** Exposes the memory of events that wait to be published and of cached references, whenever the metrics are read. */
  observeMemory({ waiting, cached }: { waiting: () => number; cached: () => number }): void {
    const ofWaiting = 'Approximate memory of the events that wait to be published';
    this.metrics.gauge('bridge_waiting_bytes', ofWaiting, [], (gauge) => gauge.set(waiting()));
    const ofCached = 'Approximate memory of the references that are known to be in the index';
    this.metrics.gauge('bridge_cached_references_bytes', ofCached, [], (gauge) => gauge.set(cached()));
  }
}
