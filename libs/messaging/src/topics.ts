export const repliesTopic = 'inquiry.replies';
export const conversationTopic = 'conversation.events';

export function requestsTopic(source: string): string {
  return `inquiry.requests.${source}`;
}

export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`;
}

/** The topics that this system reads; each has its dead letters. */
export function readTopics({ incoming }: Pick<TopicNames, 'incoming'>): string[] {
  return [...incoming, repliesTopic];
}

/** The names that differ between installations. */
interface TopicNames {
  /** The topics of other systems. */
  readonly incoming: readonly string[];
  /** The systems that inquiries ask. */
  readonly sources: readonly string[];
}

export interface TopicSettings {
  readonly partitions: number;
  readonly replication: number;
  /** How many replicas must have a message before it counts as written. */
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
  /** Its settings, with Kafka's names and values. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A dead letter is larger than its message, which may have the maximum size of a broker (1 MiB). */
const deadLetterBytes = 2 * 1_048_576;

/** Every topic, with its partitions and retention. */
export function topicPlans(names: TopicNames, settings: TopicSettings): TopicPlan[] {
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
  const read = readTopics(names);
  const written = [conversationTopic, ...names.sources.map(requestsTopic)];
  return [
    ...[...read, ...written].map((topic) => ({ topic, ...live })),
    ...read.map((topic) => ({ topic: deadLetterTopic(topic), ...dead })),
  ];
}
