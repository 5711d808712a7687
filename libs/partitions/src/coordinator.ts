import { retry, sleep } from '#platform';
import type { Move } from './division.ts';
import { rangeOf } from './division.ts';
import type { Lease, PartitionLeaseStore } from './lease-store.ts';

/** The work of a partition, which runs while this instance owns it. */
export interface PartitionWork {
  readonly lease: Lease;
  stop(): Promise<void>;
}

interface PartitionCoordinatorOptions<Work extends PartitionWork> {
  readonly leases: PartitionLeaseStore;
  /** The number of partitions in a new installation. */
  readonly partitionCount: number;
  /** Time between two heartbeats: a third of a lease, so that one may fail. */
  readonly heartbeatMs: number;
  /** Starts the work of a partition. It calls `ended` if the work fails; the partition is then claimed again. */
  readonly begin: (lease: Lease, ended: () => void) => Work;
  /** The partitions whose rows are complete. Must take less than a heartbeat. */
  readonly idle?: (work: readonly Work[]) => Promise<readonly number[]>;
  /** Called after each heartbeat. */
  readonly onHeartbeat?: (work: readonly Work[]) => Promise<void>;
  readonly logger: Log;
}

interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** How much more often it checks while partitions are missing or must be replaced. */
const unsettled = 10;
const leastPauseMs = 100;
/** In about how many steps partitions are replaced: meanwhile the others keep running. */
const steps = 8;
/** How many partitions are started or released at a time: leases are renewed in between. */
const atOnce = 32;

/** Owns a fair share of the partitions by leases, and runs the work of each. */
export class PartitionCoordinator<Work extends PartitionWork> {
  private readonly owned = new Map<number, Work>();
  /** Leases whose work is ending: they are not renewed, and released afterwards. */
  private readonly leaving = new Map<Lease, Promise<void>>();
  /** Whether it has its share and nothing must be replaced. */
  private isSettled = false;
  /** Cuts the pause before the next heartbeat short. */
  private pause = new AbortController();

  constructor(private readonly options: PartitionCoordinatorOptions<Work>) {}

  /** Whether this instance owns the partition of a session, according to its leases. */
  owns(sessionId: string): boolean {
    const stream = `session-${sessionId}`;
    for (const { lease } of this.owned.values())
      if (lease.prefixes.some((prefix) => stream.startsWith(prefix))) return true;
    return false;
  }

  /** The work of the partitions that this instance owns, in order. */
  get work(): readonly Work[] {
    return [...this.owned.values()].sort((a, b) => a.lease.partition - b.lease.partition);
  }

  /** Runs until the signal aborts, then ends the work and releases the partitions, so that others can take them at once. */
  async run(signal: AbortSignal): Promise<void> {
    const { leases, partitionCount, heartbeatMs, logger } = this.options;
    const onRetry = (err: unknown): void => logger.warn({ err }, 'partitions not read');
    await retry(() => leases.ensure(partitionCount), { signal, maxMs: heartbeatMs, onRetry });
    while (!signal.aborted) {
      this.pause = new AbortController();
      await this.heartbeat().catch((err: unknown) => logger.warn({ err }, 'leases not renewed'));
      const soonMs = Math.min(heartbeatMs, Math.max(leastPauseMs, heartbeatMs / unsettled));
      const pauseMs = this.isSettled ? heartbeatMs : soonMs;
      await sleep(pauseMs, AbortSignal.any([this.pause.signal, signal]));
    }
    this.letGo(this.leases());
    await Promise.all(this.leaving.values());
    await leases.leave().catch((err: unknown) => logger.warn({ err }, 'leases not released'));
  }

  private async heartbeat(): Promise<void> {
    const { leases, partitionCount, idle, onHeartbeat } = this.options;
    let seen = await leases.heartbeat();
    if (seen === undefined) await leases.ensure(partitionCount);
    const renewed = await leases.renew(this.leases(), (await idle?.(this.work)) ?? []);
    this.letGo(this.leases().filter(({ partition }) => !renewed.includes(partition)));
    this.isSettled = false;
    if (seen?.isKnown === true && (await this.replace(seen.moves))) seen = await leases.heartbeat();
    if (seen === undefined) return;
    const { share, moves } = seen;
    this.letGo(this.leases().slice(share).slice(-atOnce));
    const missing = Math.min(atOnce, share - this.owned.size);
    const held = [...this.leases(), ...this.leaving.keys()];
    for (const lease of await leases.claim(missing, held)) this.begin(lease);
    this.isSettled = moves.length === 0 && this.owned.size === share;
    await onHeartbeat?.(this.work);
  }

  /** Releases some of the partitions that must be replaced; the others keep running. Returns whether any were replaced. */
  private async replace(moves: readonly Move[]): Promise<boolean> {
    const { leases, logger } = this.options;
    let isReplaced = false;
    for (const move of moves.slice(0, Math.ceil(moves.length / steps))) {
      this.letGo(this.leases().filter((lease) => isWithin(lease, move)));
      if (!(await leases.replace(move))) continue;
      isReplaced = true;
      logger.info({ replaced: move.from.length, by: move.size }, 'partitions replaced');
    }
    return isReplaced;
  }

  private begin(lease: Lease): void {
    const { partition, epoch } = lease;
    const ended = (): void => {
      if (this.owned.get(partition)?.lease !== lease) return;
      this.owned.delete(partition);
      this.pause.abort();
    };
    this.owned.set(partition, this.options.begin(lease, ended));
    this.options.logger.info({ partition, epoch: String(epoch) }, 'partition taken');
  }

  /** Releases the partitions at once; others take them when their work has ended, or their leases have expired. */
  private letGo(leases: readonly Lease[]): void {
    if (leases.length === 0) return;
    const work = leases.map(({ partition }) => this.owned.get(partition));
    for (const { partition } of leases) this.owned.delete(partition);
    const ended = this.end(leases, work);
    for (const lease of leases) this.leaving.set(lease, ended);
  }

  private async end(leases: readonly Lease[], work: readonly (Work | undefined)[]): Promise<void> {
    try {
      await Promise.all(work.map(async (item) => item?.stop()));
      await this.options.leases.release(leases);
    } catch (err) {
      this.options.logger.warn({ err }, 'leases not released');
    } finally {
      for (const lease of leases) this.leaving.delete(lease);
      this.pause.abort();
    }
  }

  private leases(): Lease[] {
    return this.work.map(({ lease }) => lease);
  }
}

function isWithin({ prefixes }: Lease, { start, size }: Move): boolean {
  const { start: own } = rangeOf(prefixes[0] ?? '', prefixes.length);
  return own >= start && own < start + size;
}
