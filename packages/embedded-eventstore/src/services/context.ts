import type { Store } from '../store/store.ts';
import type { Access } from '../rpc/access.ts';
import type { OpenCall } from '../rpc/open-call.ts';

/** Shared by all services. */
export interface ServiceContext {
  readonly store: Store;
  readonly access: Access;
  /** Maximum size of an append, in bytes. */
  readonly maxAppendSize: number;
  /** The address that Gossip gives to clients. */
  readonly advertise: { readonly host: string; readonly port: number };
  /** Calls in flight, which are ended with a status when the server stops. */
  readonly openCalls: Set<OpenCall>;
}
