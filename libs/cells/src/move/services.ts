import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { KeyStore, MasterKeys } from '#privacy';
import type { ContextStore } from '#read-models';
import type { EventStore } from '#sessions';

/** The backing services of a cell, as used by the mover. */
export interface CellServices {
  readonly name: string;
  /** With the cell's keys, and its name. */
  readonly store: EventStore;
  readonly pool: Pool;
  readonly redis: Redis;
  readonly contexts: Pick<ContextStore, 'delete'>;
  /** Undefined: nothing is encrypted. Either both cells have keys, or none. */
  readonly keys?: { readonly store: KeyStore; readonly masters: MasterKeys } | undefined;
}
