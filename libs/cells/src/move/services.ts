import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { KeyStore, MasterKeys } from '#privacy';
import type { ContextStore } from '#read-models';
import type { EventStore } from '#sessions';

/** The backing services of a cell, as the mover uses them. */
export interface CellServices {
  readonly name: string;
  /** With the keys of the cell, and as one of the cell. */
  readonly store: EventStore;
  readonly pool: Pool;
  readonly redis: Redis;
  readonly contexts: Pick<ContextStore, 'delete'>;
  /** Undefined: nothing is encrypted. Both cells have keys, or none. */
  readonly keys?: { readonly store: KeyStore; readonly masters: MasterKeys } | undefined;
}
