import { setTimeout as sleep } from 'node:timers/promises';
import { partitionPrefixes } from './assignment.ts';
import type { Lease, PartitionLeaseStore } from './lease-store.ts';

/** What runs for a slot as long as it is held. */
export interface PartitionWork {
  readonly lease: Lease;
  stop(): Promise<void>;
}

export interface PartitionCoordinatorOptions<Work extends PartitionWork> {
  readonly slots: PartitionLeaseStore;
  readonly partitionCount: number;
  /** Time between two heartbeats: a third of a lease, so that one may fail. */
  readonly heartbeatMs: number;
  /** Begins the work of a slot, which calls `ended` when it ended by itself; the slot is then claimed anew. */
  readonly begin: (lease: Lease, ended: () => void) => Work;
  /** The slots whose rows hold all that there is. */
  readonly idle?: (work: readonly Work[]) => readonly number[];
  readonly logger: Log;
}

interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Holds a fair share of the slots by leases, and runs the work of each. */
export class PartitionCoordinator<Work extends PartitionWork> {
  private readonly held = new Map<number, Work>();
  private readonly slotOfDigit: ReadonlyMap<string, number>;
  private wake = new AbortController();

  constructor(private readonly options: PartitionCoordinatorOptions<Work>) {
    const digits = partitionPrefixes(options.partitionCount).flatMap((prefixes, slot) =>
      prefixes.map((prefix) => [prefix.slice('session-'.length), slot] as const),
    );
    this.slotOfDigit = new Map(digits);
  }

  /** Whether this instance works for a session. */
  owns(sessionId: string): boolean {
    const slot = this.slotOfDigit.get(sessionId.charAt(0));
    return slot !== undefined && this.held.has(slot);
  }

  /** The work of the slots that are held, by slot. */
  get work(): readonly Work[] {
    return [...this.held.values()].sort((a, b) => a.lease.slot - b.lease.slot);
  }

  /** Goes on until the signal, then ends the work and gives the slots up for others to take at once. */
  async run(signal: AbortSignal): Promise<void> {
    const { slots, partitionCount, heartbeatMs, logger } = this.options;
    let ready = false;
    while (!signal.aborted) {
      this.wake = new AbortController();
      const either = AbortSignal.any([this.wake.signal, signal]);
      try {
        if (!ready) await slots.ensure(partitionCount);
        ready = true;
        await this.tick();
      } catch (err) {
        logger.warn({ err }, 'leases not renewed');
      }
      await sleep(heartbeatMs, undefined, { signal: either }).catch(() => undefined);
    }
    const leases = this.leases();
    await this.drop(leases);
    const left = Promise.all([slots.release(leases), slots.leave()]);
    await left.catch((err: unknown) => logger.warn({ err }, 'leases not released'));
  }

  private async tick(): Promise<void> {
    const { slots, idle } = this.options;
    const share = await slots.heartbeat();
    const still = await slots.renew(this.leases(), idle?.(this.work) ?? []);
    await this.drop(this.leases().filter(({ slot }) => !still.includes(slot)));
    const surplus = this.leases().slice(share);
    await this.drop(surplus);
    if (surplus.length > 0) await slots.release(surplus);
    for (const lease of await slots.claim(share - this.held.size, this.leases())) this.hold(lease);
  }

  private hold(lease: Lease): void {
    const { begin, logger } = this.options;
    const ended = (): void => {
      if (this.held.get(lease.slot)?.lease !== lease) return;
      this.held.delete(lease.slot);
      this.wake.abort();
    };
    this.held.set(lease.slot, begin(lease, ended));
    logger.info({ slot: lease.slot, epoch: String(lease.epoch) }, 'slot taken');
  }

  /** The slots are no longer owned from here on; resolves when their work has ended. */
  private async drop(leases: readonly Lease[]): Promise<void> {
    const work = leases.map(({ slot }) => this.held.get(slot));
    for (const { slot } of leases) this.held.delete(slot);
    await Promise.all(work.map(async (item) => item?.stop()));
  }

  private leases(): Lease[] {
    return this.work.map(({ lease }) => lease);
  }
}
