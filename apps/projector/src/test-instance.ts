import type { PartitionLeaseStore } from '#partitions';
import type { HealthChecks, Metrics } from '#platform';
import type { DataKeys } from '#privacy';
import type { TextSearchScope } from '#read-models';
import type { EventCodec } from '#sessions';
import type { PartitionDependencies } from './common/dependencies.ts';
import type { DriftConfig } from './drift/config.ts';
import type { Projector } from './projector.ts';

/** A projector with connections of its own. */
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
  /** The role of PostgreSQL that it works as; by default that of the spec. */
  readonly role?: string;
  /** What the projector knows of the events; by default all that there is. */
  readonly codec?: EventCodec;
  /** What seals rows and contexts; by default nothing does. The codec has to have them, too. */
  readonly keys?: DataKeys;
  /** Whose words are found; by default none are. */
  readonly textSearch?: TextSearchScope;
  /** How long a partition is owned without a heartbeat; by default so short that others soon take it. */
  readonly leaseMs?: number;
  /** By default no session is looked at. */
  readonly drift?: Partial<DriftConfig>;
}

export const noDriftCheck: DriftConfig = {
  perMinute: 0,
  percent: 100,
  mostEvents: 5_000,
  confirmMs: 50,
  heal: 'manual',
};
