import type { Tls } from './given.ts';

/** How to reach Kafka: its brokers, and our credentials. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  /** TLS options of Node's `tls.connect`; undefined: no TLS. */
  readonly ssl?: Tls;
  readonly sasl?: KafkaPassword | KafkaTokens;
}

export interface KafkaPassword {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** Tokens of an OAuth 2 server, by client credentials. */
export interface KafkaTokens {
  readonly mechanism: 'oauthbearer';
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
}
