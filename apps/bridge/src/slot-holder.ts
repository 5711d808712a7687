import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#platform';
import type { Lease, Slots } from '#read-models';
import { slotPrefixes } from '#read-models';

/** What runs for a slot as long as it is held. */
export interface SlotWork {
  readonly lease: Lease;
  stop(): Promise<void>;
}

export interface HolderOptions {
  readonly slots: Slots;
  readonly slotCount: number;
  readonly heartbeatMs: number;
  readonly begin: (lease: Lease) => SlotWork;
  readonly logger: Logger;
}

/** Holds a fair share of the slots by leases, and runs the work of each. */
export class SlotHolder {
  private readonly held = new Map<number, SlotWork>();
  private readonly slotOfDigit: ReadonlyMap<string, number>;

  constructor(private readonly options: HolderOptions) {
    const digits = slotPrefixes(options.slotCount).flatMap((prefixes, slot) =>
      prefixes.map((prefix) => [prefix.slice('session-'.length), slot] as const),
    );
    this.slotOfDigit = new Map(digits);
  }

  /** Whether this instance works for a session. */
  owns(sessionId: string): boolean {
    const slot = this.slotOfDigit.get(sessionId.charAt(0));
    return slot !== undefined && this.held.has(slot);
  }

  get work(): readonly SlotWork[] {
    return [...this.held.values()];
  }

  /** Goes on until the signal, then gives the slots up for others to take at once. */
  async run(signal: AbortSignal): Promise<void> {
    const { slots, slotCount, heartbeatMs, logger } = this.options;
    let ready = false;
    while (!signal.aborted) {
      try {
        if (!ready) await slots.ensure(slotCount);
        ready = true;
        await this.tick();
      } catch (err) {
        logger.warn({ err }, 'leases not renewed');
      }
      await sleep(heartbeatMs, undefined, { signal }).catch(() => undefined);
    }
    const leases = this.leases();
    await this.drop(leases);
    const left = Promise.all([slots.release(leases), slots.leave()]);
    await left.catch((err: unknown) => logger.warn({ err }, 'leases not released'));
  }

  private async tick(): Promise<void> {
    const { slots, begin, logger } = this.options;
    const share = await slots.heartbeat();
    const still = await slots.renew(this.leases(), []);
    await this.drop(this.leases().filter(({ slot }) => !still.includes(slot)));
    const surplus = this.leases().slice(share);
    await this.drop(surplus);
    if (surplus.length > 0) await slots.release(surplus);
    for (const lease of await slots.claim(share - this.held.size, this.leases())) {
      this.held.set(lease.slot, begin(lease));
      logger.info({ slot: lease.slot, epoch: String(lease.epoch) }, 'slot taken');
    }
  }

  private async drop(leases: readonly Lease[]): Promise<void> {
    const work = leases.map(({ slot }) => this.held.get(slot));
    for (const { slot } of leases) this.held.delete(slot);
    await Promise.all(work.map(async (item) => item?.stop()));
  }

  private leases(): Lease[] {
    return [...this.held.values()].map(({ lease }) => lease).sort((a, b) => a.slot - b.slot);
  }
}
