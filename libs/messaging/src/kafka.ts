import type { Admin, KafkaConfig, LogEntry, SASLOptions } from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import type { KafkaConnection } from '../../platform/src/config/kafka-connection.ts';
import { installFetchDecoder } from './fetch/install.ts';
import { installLeaderlessPartitions } from './leaders.ts';
import { oauthTokens } from './oauth-tokens.ts';
import { installIdleRequestQueue } from './request-queue.ts';

/** Receives kafkajs' log lines: pino's methods of the same names. */
export interface KafkaLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

interface KafkaOptions {
  readonly connection: KafkaConnection;
  readonly clientId: string;
  readonly log: KafkaLog;
  /** How long one request waits for its answer, unless the protocol allows more. */
  readonly requestTimeoutMs?: number;
}

installFetchDecoder();
installIdleRequestQueue();
installLeaderlessPartitions();

/** Errors that are part of normal operation: a member of the group joins or leaves. */
const ordinary = /rebalancing|coordinator is not available|coordinator is loading|Response without match/;
const methods = { 0: 'debug', 1: 'error', 2: 'warn', 4: 'info', 5: 'debug' } as const;

/**
 * A Kafka client. Calls fail after about two seconds without a broker, later when the broker hangs; the caller retries. Most
 * errors that kafkajs reports are temporary (a rebalance, a broker that restarts), so they are logged as warnings.
 */
export function createKafka({ connection, clientId, log, requestTimeoutMs = 3_000 }: KafkaOptions): Kafka {
  const write = ({ level, namespace, log: entry }: LogEntry): void => {
    const { message, error } = entry as { message: string; error?: string };
    const method = ordinary.test(error ?? message)
      ? 'debug'
      : level === logLevel.ERROR
        ? 'warn'
        : methods[level];
    log[method]({ kafka: namespace, ...(error !== undefined && { reason: error }) }, message);
  };
  return new Kafka({
    clientId,
    ...securityOf(connection),
    brokers: [...connection.brokers],
    connectionTimeout: 2_000,
    requestTimeout: requestTimeoutMs,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4 },
    logLevel: logLevel.WARN,
    logCreator: () => write,
  });
}

/** The TLS and SASL options of kafkajs. */
function securityOf({ ssl, sasl }: KafkaConnection): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return { ...(ssl && { ssl }), ...(sasl && { sasl: saslOf(sasl) }) };
}

function saslOf(sasl: NonNullable<KafkaConnection['sasl']>): SASLOptions {
  switch (sasl.mechanism) {
    case 'plain':
      return { ...sasl, mechanism: 'plain' };
    case 'scram-sha-256':
      return { ...sasl, mechanism: 'scram-sha-256' };
    case 'scram-sha-512':
      return { ...sasl, mechanism: 'scram-sha-512' };
    case 'oauthbearer':
      return { mechanism: 'oauthbearer', oauthBearerProvider: oauthTokens(sasl) };
    default:
      return sasl satisfies never;
  }
}

/** Health check: whether a broker answers. */
export class KafkaProbe {
  private admin: Admin | undefined;

  constructor(private readonly kafka: Kafka) {}

  /** Resolves when a broker answers; rejects when none does. */
  async ping(): Promise<void> {
    try {
      const admin = (this.admin ??= await this.connect());
      await admin.describeCluster();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { admin } = this;
    this.admin = undefined;
    await admin?.disconnect().catch(() => undefined);
  }

  private async connect(): Promise<Admin> {
    const admin = this.kafka.admin({ retry: { retries: 0 } });
    try {
      await admin.connect();
    } catch (error) {
      await admin.disconnect().catch(() => undefined);
      throw error;
    }
    return admin;
  }
}
