import type { Tls } from './given.ts';

interface RedisNode {
  readonly host: string;
  readonly port: number;
}

interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

/** How to reach Redis, and our credentials. */
export type RedisConnection = (
  | { readonly kind: 'single'; readonly url: string }
  /** Some of the nodes, from which the others are discovered. */
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisNode[] }
  | {
      readonly kind: 'sentinel';
      readonly nodes: readonly RedisNode[];
      /** The name under which the sentinels know the master. */
      readonly name: string;
      readonly database: number;
      /** The credentials of the sentinels themselves. */
      readonly sentinels: Credentials;
    }
) &
  Credentials & {
    /** Undefined: no TLS. */
    readonly tls?: Tls;
  };
