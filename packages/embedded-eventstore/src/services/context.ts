import type { Store } from '../store/store.ts';
import type { Access } from '../rpc/access.ts';
import type { Cluster } from '../rpc/cluster.ts';
import type { OpenCall } from '../rpc/open-call.ts';
import type { RepeatedAppends } from './repeated-appends.ts';
import type { UnfinishedAppends } from './unfinished-appends.ts';

/** Shared by all services. */
export interface ServiceContext {
  readonly store: Store;
  readonly access: Access;
  readonly unfinished: UnfinishedAppends;
  /** Maximum size of an append, in bytes. */
  readonly maxAppendSize: number;
  readonly appendTimeoutMs: number;
  /** The address that Gossip gives to clients. */
  readonly advertise: { readonly host: string; readonly port: number };
  /** The imitated timing and cluster of EventStoreDB; undefined: not imitated. */
  readonly likeAServer: { readonly cluster: Cluster; readonly repeats: RepeatedAppends } | undefined;
  /** Calls in flight, which are ended with a status when the server stops. */
  readonly openCalls: Set<OpenCall>;
}
