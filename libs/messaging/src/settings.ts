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

/** What a variable may hold, and what holds without it. */
export interface Range {
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

type Environment = { readonly [name: string]: string | undefined };

/** Reads the settings. @throws Error that names each variable at fault */
export function messagingSettings(env: Environment): MessagingSettings {
  const values = wholeNumbers(env, numbers);
  return {
    topics: {
      partitions: values.KAFKA_PARTITIONS,
      replication: values.KAFKA_REPLICATION,
      retentionHours: values.KAFKA_RETENTION_HOURS,
      deadLetterRetentionHours: values.KAFKA_DLQ_RETENTION_HOURS,
    },
    createTopics: env['KAFKA_CREATE_TOPICS']?.trim() !== 'false',
    groupId: env['KAFKA_GROUP']?.trim() || 'turnstream-bridge',
    partitionsAtOnce: values.KAFKA_PARTITIONS_AT_ONCE,
    messagesAtOnce: values.KAFKA_MESSAGES_AT_ONCE,
    chunkSize: values.KAFKA_CHUNK_SIZE,
  };
}

/** Whole numbers from the environment; an empty variable counts as unset. @throws Error that names each at fault */
export function wholeNumbers<Name extends string>(
  env: Environment,
  ranges: { readonly [N in Name]: Range },
): { readonly [N in Name]: number } {
  const faults: string[] = [];
  const entries = Object.entries<Range>(ranges).map(([name, { fallback, min, max }]) => {
    const text = env[name]?.trim();
    const value = text ? Number(text) : fallback;
    if (!Number.isInteger(value) || value < min || value > max)
      faults.push(`${name} must be a whole number from ${min} to ${max} (example: ${name}=${fallback})`);
    return [name, value];
  });
  if (faults.length > 0) throw new Error(`Wrong environment: ${faults.join('; ')}`);
  return Object.fromEntries(entries) as { readonly [N in Name]: number };
}
