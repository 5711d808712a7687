import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config } from '#platform';

/** How a projector works; the token under which it is injected. */
export abstract class ProjectorSettings {
  /** Its name in the leases: the same after a restart on the same port. */
  abstract readonly instance: string;
  abstract readonly partitions: number;
  abstract readonly leaseMs: number;
  /** A third of a lease, so that one heartbeat may fail. */
  abstract readonly heartbeatMs: number;
  /** A partition stops when more of its sessions than this are set aside within a minute. */
  abstract readonly setAsidePerMinute: number;
}

const leaseMs = 6_000;

export function settingsOf({ port, partitions }: Config): ProjectorSettings {
  return {
    instance: `${hostname()}:${port === 0 ? randomUUID() : port}`,
    partitions,
    leaseMs,
    heartbeatMs: leaseMs / 3,
    setAsidePerMinute: 100,
  };
}
