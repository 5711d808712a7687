import type { Counter, Metrics } from '#platform';

export interface BridgeMetrics {
  readonly received: Counter<'topic'>;
  readonly recorded: Counter<'topic'>;
  readonly dead: Counter<'topic' | 'reason'>;
  readonly paused: Counter<'topic'>;
  readonly published: Counter;
  readonly closed: Counter<'outcome'>;
  readonly expired: Counter;
}

/** What the bridge counts. */
export function bridgeMetrics(metrics: Metrics): BridgeMetrics {
  return {
    received: metrics.counter('bridge_messages_total', 'Messages that had their effect', ['topic']),
    recorded: metrics.counter('bridge_events_recorded_total', 'Events appended for messages', ['topic']),
    dead: metrics.counter('bridge_dead_letters_total', 'Messages that went to the dead letters', [
      'topic',
      'reason',
    ]),
    paused: metrics.counter('bridge_pauses_total', 'Pauses of a partition, since an engine was away', [
      'topic',
    ]),
    published: metrics.counter('bridge_published_total', 'Messages sent to conversation.events'),
    closed: metrics.counter('inquiries_closed_total', 'Inquiries seen to close', ['outcome']),
    expired: metrics.counter('sessions_expired_total', 'Sessions that this process expired'),
  };
}
