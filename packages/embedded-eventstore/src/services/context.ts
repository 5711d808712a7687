import type { Store } from '../store/store.ts';
import type { Access } from '../rpc/access.ts';
import type { OpenCall } from '../rpc/open-call.ts';

/** What every service works with. */
export interface ServiceContext {
  readonly store: Store;
  readonly access: Access;
  /** Bytes one append may hold. */
  readonly maxAppendSize: number;
  /** What Gossip tells clients to connect to. */
  readonly advertise: { readonly host: string; readonly port: number };
  /** Long-lived calls; each is ended with a status when the server stops. */
  readonly openCalls: Set<OpenCall>;
}
