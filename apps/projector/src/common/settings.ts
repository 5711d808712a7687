import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config } from '#platform';

/** Settings of a projector; also the injection token. */
export abstract class ProjectorSettings {
  /** Its name in the leases, which a restart on the same port keeps. */
  abstract readonly instance: string;
  /** The number of partitions of a new installation. */
  abstract readonly partitions: number;
  abstract readonly leaseMs: number;
  /** A third of a lease, so that one heartbeat may fail. */
  abstract readonly heartbeatMs: number;
  /** A partition stops when more of its sessions than this are set aside within a minute. */
  abstract readonly setAsidePerMinute: number;
  /** The projector is not ready when a partition has made no progress for this many seconds. */
  abstract readonly stalledAfterS: number;
  /** Maximum bytes waiting for the writers of all partitions. */
  abstract readonly queueBytes: number;
}

const leaseMs = 6_000;

export function settingsOf({ port, partitions, stalledAfterS, queueMb }: Config): ProjectorSettings {
  return {
    instance: `${hostname()}:${port === 0 ? randomUUID() : port}`,
    partitions,
    leaseMs,
    heartbeatMs: leaseMs / 3,
    setAsidePerMinute: 100,
    stalledAfterS,
    queueBytes: queueMb * 2 ** 20,
  };
}
