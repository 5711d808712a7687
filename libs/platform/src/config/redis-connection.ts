import type { Tls } from './given.ts';

interface RedisNode {
  readonly host: string;
  readonly port: number;
}

interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

/** How to reach Redis, and who we are to it. */
export type RedisConnection = (
  | { readonly kind: 'single'; readonly url: string }
  /** Some of the nodes: they name the others. */
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisNode[] }
  | {
      readonly kind: 'sentinel';
      readonly nodes: readonly RedisNode[];
      /** By which the sentinels know the master. */
      readonly name: string;
      readonly database: number;
      /** Of the sentinels themselves. */
      readonly sentinels: Credentials;
    }
) &
  Credentials & {
    /** Undefined: none. */
    readonly tls?: Tls;
  };
