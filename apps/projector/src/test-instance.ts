import type { PartitionLeaseStore } from '#partitions';
import type { HealthChecks, Metrics } from '#platform';
import type { DataKeys } from '#privacy';
import type { TextSearchScope } from '#read-models';
import type { EventCodec } from '#sessions';
import type { PartitionDependencies } from './common/dependencies.ts';
import type { DriftConfig } from './drift/config.ts';
import type { Projector } from './projector.ts';

/** A projector with its own connections. */
export interface Instance {
  readonly projector: Projector;
  readonly leases: PartitionLeaseStore;
  readonly deps: PartitionDependencies;
  readonly health: HealthChecks;
  readonly metrics: Metrics;
  /** The sessions whose contexts were rebuilt. */
  readonly rebuilt: readonly string[];
  stop(): Promise<void>;
}

export interface InstanceOptions {
  readonly name?: string;
  readonly setAsidePerMinute?: number;
  readonly stalledAfterS?: number;
  /** The PostgreSQL role that it uses; by default that of the spec. */
  readonly role?: string;
  /** The codec of the projector; by default it knows all events. */
  readonly codec?: EventCodec;
  /** Seals rows and contexts; by default nothing is sealed. The codec needs the same keys. */
  readonly keys?: DataKeys;
  /** The scope of the text search; by default off. */
  readonly textSearch?: TextSearchScope;
  /** How long a partition is owned without a heartbeat; by default so short that others take it soon. */
  readonly leaseMs?: number;
  /** By default no session is checked. */
  readonly drift?: Partial<DriftConfig>;
  /** Maximum bytes waiting for the writers of all partitions. */
  readonly queueBytes?: number;
}

export const noDriftCheck: DriftConfig = {
  perMinute: 0,
  percent: 100,
  mostEvents: 5_000,
  confirmMs: 50,
  heal: 'manual',
};
