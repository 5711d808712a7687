import type { TopicSettings } from './topics.ts';

/** How this system uses Kafka. Every value is an environment variable with a default. */
export interface MessagingSettings {
  readonly topics: TopicSettings;
  /** Whether a starting bridge creates the topics that are missing. */
  readonly createTopics: boolean;
  /** The beginning of the names of consumer groups. */
  readonly groupId: string;
  readonly partitionsAtOnce: number;
  readonly messagesAtOnce: number;
  readonly chunkSize: number;
}

interface Range {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
}

const numbers = {
  KAFKA_PARTITIONS: { fallback: 6, min: 1, max: 1_000 },
  KAFKA_REPLICATION: { fallback: 1, min: 1, max: 9 },
  KAFKA_RETENTION_HOURS: { fallback: 168, min: 1, max: 87_600 },
  KAFKA_DLQ_RETENTION_HOURS: { fallback: 720, min: 1, max: 87_600 },
  KAFKA_PARTITIONS_AT_ONCE: { fallback: 8, min: 1, max: 256 },
  KAFKA_MESSAGES_AT_ONCE: { fallback: 16, min: 1, max: 1_024 },
  KAFKA_CHUNK_SIZE: { fallback: 200, min: 1, max: 10_000 },
} as const satisfies { readonly [name: string]: Range };

/** Reads the settings. @throws Error that names each variable at fault */
export function messagingSettings(env: { readonly [name: string]: string | undefined }): MessagingSettings {
  const faults: string[] = [];
  const number = (name: keyof typeof numbers): number => {
    const { fallback, min, max } = numbers[name];
    const text = env[name]?.trim();
    const value = text ? Number(text) : fallback;
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    faults.push(`${name} must be a whole number from ${min} to ${max}`);
    return fallback;
  };
  const settings: MessagingSettings = {
    topics: {
      partitions: number('KAFKA_PARTITIONS'),
      replication: number('KAFKA_REPLICATION'),
      retentionHours: number('KAFKA_RETENTION_HOURS'),
      deadLetterRetentionHours: number('KAFKA_DLQ_RETENTION_HOURS'),
    },
    createTopics: env['KAFKA_CREATE_TOPICS']?.trim() !== 'false',
    groupId: env['KAFKA_GROUP']?.trim() || 'turnstream-bridge',
    partitionsAtOnce: number('KAFKA_PARTITIONS_AT_ONCE'),
    messagesAtOnce: number('KAFKA_MESSAGES_AT_ONCE'),
    chunkSize: number('KAFKA_CHUNK_SIZE'),
  };
  if (faults.length > 0) throw new Error(`Wrong environment: ${faults.join('; ')}`);
  return settings;
}
