import { Type } from 'class-transformer';
import { IsIn, IsNotEmpty, IsOptional, Matches, ValidateBy } from 'class-validator';
import { hasKnownPooling } from './postgres-address.ts';
import { IsListOf, IsWhole, listOf, orExit, readEnvironment } from './environment.ts';
import { loadKafkaConnection } from './kafka.ts';
import type { KafkaConnection } from './kafka-connection.ts';
import { exampleOfSingle, loadRedisConnection } from './redis.ts';
import type { RedisConnection } from './redis-connection.ts';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const foreignReferences = ['refuse', 'allow'] as const;

/** The replica to read rows from, and how old they may be. */
export interface DatabaseReads {
  readonly url: string;
  readonly maxAgeMs: number;
}

/** The configuration of every app, from its environment; the token under which it is injected. Names include the unit of time. */
export abstract class Config {
  abstract readonly eventStoreUrl: string;
  /** Without brokers, this system runs without Kafka. */
  abstract readonly kafka: KafkaConnection;
  abstract readonly redis: RedisConnection;
  abstract readonly databaseUrl: string;
  /** The replica that may answer instead of the primary, unless its answers are older than that; undefined: there is none. */
  abstract readonly databaseReads: DatabaseReads | undefined;
  abstract readonly host: string;
  abstract readonly port: number;
  /** Host names by which the server may be called, and origins of the pages that may call it. */
  abstract readonly allowedHosts: readonly string[];
  abstract readonly allowedOrigins: readonly string[];
  abstract readonly logLevel: LogLevel;
  /** The number of partitions of the session streams in a new installation: a power of two up to 256. */
  abstract readonly partitions: number;
  /** How long a working context outlives the expiry, and the end, of its session. */
  abstract readonly contextMarginS: number;
  abstract readonly contextEndedS: number;
  /** How long a request waits for Redis, and how long Redis is not called after it did not answer. */
  abstract readonly redisBudgetMs: number;
  abstract readonly redisRetryMs: number;
  /** The time limit of a PostgreSQL statement. */
  abstract readonly postgresStatementMs: number;
  /** How to treat an inquiry about an order or payout that an event has named with another partner. */
  abstract readonly foreignReferences: (typeof foreignReferences)[number];
  /** How long a repeated command is recognised, and how many bytes of commands read from streams a process keeps for that. */
  abstract readonly commandLimits: {
    readonly commands: number;
    readonly seconds: number;
    readonly keptBytes: number;
  };
  /** The limit of unanswered bytes of appends to the event store. */
  abstract readonly appendBytesInFlight: number;
  abstract readonly sessionIdleS: number;
  /** Memory budgets, in MiB: for the sessions in a process's memory, and for events that wait for its writers. */
  abstract readonly sessionCacheMb: number;
  abstract readonly queueMb: number;
  /** A projector or a bridge is not ready when a partition has made no progress for this long. */
  abstract readonly stalledAfterS: number;
  abstract readonly expiryIntervalMs: number;
  abstract readonly shutdownGraceMs: number;
  abstract readonly slowRequestMs: number;
  abstract readonly agentLeaseMs: number;
  abstract readonly unansweredHandoffS: number;
  /** The cell of the process, and the cell of everything from before there were cells; undefined: there are none. */
  abstract readonly cell: { readonly own: string; readonly first: string | null } | undefined;
}

const day = 86_400;
const databaseAddress = /^postgres(ql)?:\/\/[^\s/]*\/[^\s/]+/;
const brokers = /^(off|[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*)$/;
/** Service names in compose files may have underscores. */
const isHost = (text: string): boolean => /^(\*|(\*\.)?[a-z\d_][a-z\d._-]*)$/i.test(text);
/** Empty: there are no cells. */
const cellName = /^([a-z][a-z0-9-]{0,31})?$/;
const isOrigin = (text: string): boolean => /^https?:\/\/[a-z\d._[\]:-]+$/i.test(text) && URL.canParse(text);

/** The pooler options in an address, before they are parsed. */
export const NamesPooling = (): PropertyDecorator =>
  ValidateBy({
    name: 'namesPooling',
    validator: {
      validate: (url: unknown) => typeof url !== 'string' || hasKnownPooling(url),
      defaultMessage: () =>
        'takes pooling=session or transaction, and named_statements=on or off, after its ?',
    },
  });

/** A variable that the bridge compares with its own. */
export class RecognisedCommands {
  @IsWhole(60, 30 * day)
  COMMANDS_RECOGNISED_S = day;
}

class Environment extends RecognisedCommands {
  @Matches(/^(esdb|kurrentdb)(\+discover)?:\/\/[^\s/]+/, { message: 'must be an esdb:// address' })
  EVENTSTORE_URL: string;

  @Matches(brokers, { message: 'must be host:port, several with commas between, or off' })
  KAFKA_BROKERS: string;

  @Matches(/^rediss?(\+cluster|\+sentinel)?:\/\/[^\s/]+/, { message: 'must be a redis:// address' })
  REDIS_URL: string;

  @Matches(databaseAddress, { message: 'must be a postgresql:// address with a database' })
  @NamesPooling()
  DATABASE_URL: string;

  @Matches(databaseAddress, { message: 'must be a postgresql:// address with a database' })
  @NamesPooling()
  @IsOptional()
  DATABASE_READ_URL: string | undefined = undefined;

  @IsWhole(100, 30_000)
  DATABASE_READ_MAX_AGE_MS = 2000;

  @IsNotEmpty({ message: 'must be a host name or an address' })
  HOST = '127.0.0.1';

  @IsWhole(0, 65_535)
  PORT = 3000;

  @IsListOf(isHost, 'must be host names, *.domain or *, with commas between')
  ALLOWED_HOSTS = '';

  @IsListOf(isOrigin, 'must be origins such as https://console.example.com, with commas between')
  ALLOWED_ORIGINS = '';

  @IsIn(logLevels, { message: `must be one of ${logLevels.join(', ')}` })
  LOG_LEVEL: LogLevel = 'info';

  @Type(() => Number)
  @IsIn([1, 2, 4, 8, 16, 32, 64, 128, 256], { message: 'must be a power of two up to 256' })
  PARTITIONS = 4;

  @IsWhole(1, 365 * day)
  CONTEXT_MARGIN_S = 3_600;

  @IsWhole(1, 365 * day)
  CONTEXT_ENDED_S = 600;

  @IsWhole(1, 60_000)
  REDIS_BUDGET_MS = 150;

  @IsWhole(1, 600_000)
  REDIS_RETRY_MS = 1000;

  @IsWhole(100, 600_000)
  POSTGRES_STATEMENT_MS = 4000;

  @IsIn(foreignReferences, { message: `must be one of ${foreignReferences.join(', ')}` })
  FOREIGN_REFERENCES: (typeof foreignReferences)[number] = 'refuse';

  @IsWhole(100, 100_000)
  COMMANDS_RECOGNISED = 10_000;

  @IsWhole(1, 4_294_967_296)
  APPEND_BYTES_IN_FLIGHT = 33_554_432;

  @IsWhole(1, 365 * day)
  SESSION_IDLE_S = day;

  @IsWhole(1, 65_536)
  SESSION_CACHE_MB = 64;

  @IsWhole(1, 65_536)
  QUEUE_MB = 64;

  @IsWhole(1, 86_400)
  STALLED_AFTER_S = 60;

  @IsWhole(10, 3_600_000)
  EXPIRY_INTERVAL_MS = 1000;

  @IsWhole(100, 600_000)
  SHUTDOWN_GRACE_MS = 10_000;

  @IsWhole(1, 600_000)
  SLOW_REQUEST_MS = 1000;

  @IsWhole(500, 600_000)
  AGENT_LEASE_MS = 5000;

  /** 0: never. */
  @IsWhole(0, 365 * day)
  UNANSWERED_HANDOFF_S = 0;

  @Matches(cellName, { message: 'must be a name such as a or mumbai-1' })
  CELL = '';

  @Matches(cellName, { message: 'must be the name of a cell' })
  FIRST_CELL = '';
}

const examples = {
  ALLOWED_HOSTS: 'turnstream.example.com,*.internal.example',
  ALLOWED_ORIGINS: 'https://console.example.com',
  EVENTSTORE_URL: 'esdb://127.0.0.1:2113?tls=false',
  KAFKA_BROKERS: '127.0.0.1:9092',
  REDIS_URL: exampleOfSingle,
  DATABASE_URL: 'postgresql://turnstream:secret@127.0.0.1:5432/turnstream',
  DATABASE_READ_URL: 'postgresql://turnstream:secret@127.0.0.1:5433/turnstream',
};
/** Older names that are still accepted. */
const aliases = { PARTITIONS: 'SLOTS' };

/**
 * Reads the configuration from environment variables; an empty variable counts as unset.
 * `defaults` are an app's own, such as its PORT.
 * @throws ConfigError that lists every wrong variable
 */
export function loadConfig(env: NodeJS.ProcessEnv, defaults: { PORT?: number } = {}): Config {
  const environment = readEnvironment(Environment, env, { examples, aliases, defaults });
  return {
    eventStoreUrl: environment.EVENTSTORE_URL,
    kafka: loadKafkaConnection(brokersOf(environment.KAFKA_BROKERS), env),
    redis: loadRedisConnection(environment.REDIS_URL, env),
    databaseUrl: environment.DATABASE_URL,
    databaseReads: environment.DATABASE_READ_URL
      ? { url: environment.DATABASE_READ_URL, maxAgeMs: environment.DATABASE_READ_MAX_AGE_MS }
      : undefined,
    host: environment.HOST,
    port: environment.PORT,
    allowedHosts: listOf(environment.ALLOWED_HOSTS),
    allowedOrigins: listOf(environment.ALLOWED_ORIGINS),
    logLevel: environment.LOG_LEVEL,
    partitions: environment.PARTITIONS,
    contextMarginS: environment.CONTEXT_MARGIN_S,
    contextEndedS: environment.CONTEXT_ENDED_S,
    redisBudgetMs: environment.REDIS_BUDGET_MS,
    redisRetryMs: environment.REDIS_RETRY_MS,
    postgresStatementMs: environment.POSTGRES_STATEMENT_MS,
    foreignReferences: environment.FOREIGN_REFERENCES,
    commandLimits: {
      commands: environment.COMMANDS_RECOGNISED,
      seconds: environment.COMMANDS_RECOGNISED_S,
      keptBytes: environment.SESSION_CACHE_MB * 2 ** 18,
    },
    appendBytesInFlight: environment.APPEND_BYTES_IN_FLIGHT,
    sessionIdleS: environment.SESSION_IDLE_S,
    sessionCacheMb: environment.SESSION_CACHE_MB,
    queueMb: environment.QUEUE_MB,
    stalledAfterS: environment.STALLED_AFTER_S,
    expiryIntervalMs: environment.EXPIRY_INTERVAL_MS,
    shutdownGraceMs: environment.SHUTDOWN_GRACE_MS,
    slowRequestMs: environment.SLOW_REQUEST_MS,
    agentLeaseMs: environment.AGENT_LEASE_MS,
    unansweredHandoffS: environment.UNANSWERED_HANDOFF_S,
    cell: environment.CELL ? { own: environment.CELL, first: environment.FIRST_CELL || null } : undefined,
  };
}

/** `loadConfig` for the process's environment; on an error it writes one line to stderr and exits with 78. */
export function loadConfigOrExit(defaults: { PORT?: number }): Config {
  return orExit(() => loadConfig(process.env, defaults));
}

function brokersOf(variable: string): string[] {
  return variable === 'off' ? [] : variable.split(',');
}
