/** The systems whose events come in, each on the topic `{system}.events`. */
export const systems = ['orders', 'logistics', 'payments', 'onboarding'] as const;
export type System = (typeof systems)[number];

export const repliesTopic = 'inquiry.replies';
export const conversationTopic = 'conversation.events';

export function eventsTopic(system: System): string {
  return `${system}.events`;
}

export function requestsTopic(source: string): string {
  return `inquiry.requests.${source}`;
}

export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`;
}

export const incomingTopics: readonly string[] = systems.map(eventsTopic);
/** The topics that this system reads; each has its dead letters. */
export const readTopics: readonly string[] = [...incomingTopics, repliesTopic];

export interface TopicSettings {
  readonly partitions: number;
  readonly replication: number;
  /** In how many replicas a message has to be before it counts as written. */
  readonly minInsyncReplicas: number;
  readonly retentionHours: number;
  /** Dead letters are kept longer, since people look at them. */
  readonly deadLetterRetentionHours: number;
}

/** A topic as this system would create it. */
export interface TopicPlan {
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number;
  /** Its settings, as Kafka names and writes them. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A dead letter is larger than its message, which may be as large as a broker takes (1 MiB). */
const deadLetterBytes = 2 * 1_048_576;

/** Every topic, with its partitions and retention. `sources`: the systems that inquiries ask. */
export function topicPlans(sources: readonly string[], settings: TopicSettings): TopicPlan[] {
  const { partitions, replication, minInsyncReplicas } = settings;
  const settingsFor = (hours: number): Record<string, string> => ({
    'retention.ms': String(hours * 3_600_000),
    'cleanup.policy': 'delete',
    'min.insync.replicas': String(minInsyncReplicas),
  });
  const live = { partitions, replication, settings: settingsFor(settings.retentionHours) };
  const dead = {
    partitions: 1,
    replication,
    settings: {
      ...settingsFor(settings.deadLetterRetentionHours),
      'max.message.bytes': String(deadLetterBytes),
    },
  };
  const written = [conversationTopic, ...sources.map(requestsTopic)];
  return [
    ...[...readTopics, ...written].map((topic) => ({ topic, ...live })),
    ...readTopics.map((topic) => ({ topic: deadLetterTopic(topic), ...dead })),
  ];
}
