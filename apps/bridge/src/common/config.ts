import type { TopicSettings } from '#messaging';
import type { ConfigFault } from '#platform';
import { EnvironmentError, IsWhole, orExit, readEnvironment, RecognisedCommands } from '#platform';

/** The bridge's own configuration beside `Config`; also the injection token. */
export abstract class BridgeConfig {
  abstract readonly topics: TopicSettings;
  /** Whether a starting bridge creates missing topics. */
  abstract readonly createTopics: boolean;
  /** Prefix of the consumer group names: each cell that shares a Kafka reads everything. */
  abstract readonly groupId: string;
  /** The prefix from before there were cells; undefined: there are no cells. */
  abstract readonly formerGroupId: string | undefined;
  /** Whether partners may be in another cell. */
  abstract readonly hasCells: boolean;
  /** Kafka partitions, and messages of each, processed concurrently. */
  abstract readonly partitionsAtOnce: number;
  abstract readonly messagesAtOnce: number;
  /** Messages of a Kafka partition that are prepared together; the offset is committed after them. */
  abstract readonly chunkSize: number;
  /** How long a partition of the sessions stays with a bridge that does not renew its lease. */
  abstract readonly leaseMs: number;
  /** How long updates are kept for sessions that begin, or mention their references, later. */
  abstract readonly keepUpdatesHours: number;
  /** How long the partner of an order is remembered after the last event that named both. */
  abstract readonly foreignReferencesDays: number;
  /** Failures that open a source's circuit, and for how long. */
  abstract readonly circuit: { readonly threshold: number; readonly openMs: number };
}

class Environment extends RecognisedCommands {
  @IsWhole(300, 600_000)
  BRIDGE_LEASE_MS = 3_000;

  @IsWhole(1, 720)
  BRIDGE_KEEP_UPDATES_HOURS = 24;

  @IsWhole(1, 3_650)
  FOREIGN_REFERENCES_DAYS = 90;

  @IsWhole(1, 1_000_000)
  CIRCUIT_THRESHOLD = 10;

  @IsWhole(10, 3_600_000)
  CIRCUIT_OPEN_MS = 5_000;

  KAFKA_GROUP = 'turnstream-bridge';

  CELL = '';

  /** Any value except `false` means yes. */
  KAFKA_CREATE_TOPICS = 'true';

  @IsWhole(1, 1_000)
  KAFKA_PARTITIONS = 6;

  @IsWhole(1, 9)
  KAFKA_REPLICATION = 1;

  @IsWhole(1, 9)
  KAFKA_MIN_INSYNC_REPLICAS = 1;

  @IsWhole(1, 87_600)
  KAFKA_RETENTION_HOURS = 168;

  @IsWhole(1, 87_600)
  KAFKA_DLQ_RETENTION_HOURS = 720;

  @IsWhole(1, 256)
  KAFKA_PARTITIONS_AT_ONCE = 8;

  @IsWhole(1, 1_024)
  KAFKA_MESSAGES_AT_ONCE = 16;

  @IsWhole(1, 10_000)
  KAFKA_CHUNK_SIZE = 200;
}

const recordedTwice: ConfigFault = {
  variable: 'BRIDGE_KEEP_UPDATES_HOURS',
  message:
    'is longer than COMMANDS_RECOGNISED_S: a session could record an update again that it no longer recognises',
  example: '24',
};

/**
 * Reads the configuration of the bridge; every variable has a default.
 * @throws ConfigError that lists every wrong variable
 */
export function loadBridgeConfig(env: NodeJS.ProcessEnv): BridgeConfig {
  const environment = readEnvironment(Environment, env);
  const { CELL, KAFKA_GROUP } = environment;
  if (environment.BRIDGE_KEEP_UPDATES_HOURS * 3_600 > environment.COMMANDS_RECOGNISED_S)
    throw new EnvironmentError([recordedTwice]);
  return {
    topics: {
      partitions: environment.KAFKA_PARTITIONS,
      replication: environment.KAFKA_REPLICATION,
      minInsyncReplicas: environment.KAFKA_MIN_INSYNC_REPLICAS,
      retentionHours: environment.KAFKA_RETENTION_HOURS,
      deadLetterRetentionHours: environment.KAFKA_DLQ_RETENTION_HOURS,
    },
    createTopics: environment.KAFKA_CREATE_TOPICS !== 'false',
    groupId: CELL ? `${KAFKA_GROUP}.${CELL}` : KAFKA_GROUP,
    hasCells: CELL !== '',
    formerGroupId: CELL ? KAFKA_GROUP : undefined,
    partitionsAtOnce: environment.KAFKA_PARTITIONS_AT_ONCE,
    messagesAtOnce: environment.KAFKA_MESSAGES_AT_ONCE,
    chunkSize: environment.KAFKA_CHUNK_SIZE,
    leaseMs: environment.BRIDGE_LEASE_MS,
    keepUpdatesHours: environment.BRIDGE_KEEP_UPDATES_HOURS,
    foreignReferencesDays: environment.FOREIGN_REFERENCES_DAYS,
    circuit: { threshold: environment.CIRCUIT_THRESHOLD, openMs: environment.CIRCUIT_OPEN_MS },
  };
}

/**
 * As `loadBridgeConfig` with the process's environment; on a wrong variable writes one line to stderr and exits with
 * 78.
 */
export function loadBridgeConfigOrExit(): BridgeConfig {
  return orExit(() => loadBridgeConfig(process.env));
}
