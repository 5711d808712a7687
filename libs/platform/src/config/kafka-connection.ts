import type { Tls } from './given.ts';

/** How to reach Kafka: its brokers, and who we are to them. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  /** TLS, with what Node's `tls.connect` takes; undefined: none. */
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
