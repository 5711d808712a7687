import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease, Slots } from '#read-models';
import { SlotKeeper } from './slot-keeper.ts';
import type { SlotDeps, SlotRunner } from './slot-runner.ts';
import type { SlotStatus } from './slot-status.ts';

export interface ProjectorOptions {
  readonly slots: Slots;
  readonly slotCount: number;
  /** Time between two heartbeats: a third of a lease, so that one may fail. */
  readonly heartbeatMs: number;
}

/** Holds its share of the slots by leases and keeps each of them running. */
export class Projector {
  private readonly held = new Map<number, SlotKeeper>();
  private readonly stopping = new AbortController();
  private wake = new AbortController();
  private loop: Promise<void> | undefined;

  constructor(
    private readonly deps: SlotDeps,
    private readonly options: ProjectorOptions,
  ) {}

  start(): void {
    this.loop = this.run();
  }

  /** Stops after the batches under way and gives the slots up, for others to take at once. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
    const leases = this.leases();
    await this.drop(leases);
    const { slots } = this.options;
    const left = Promise.all([slots.release(leases), slots.leave()]);
    await left.catch((err: unknown) => this.deps.logger.warn({ err }, 'leases not released'));
  }

  /** The slots that this instance holds. */
  status(): SlotStatus[] {
    return this.runners().map((runner) => runner.status());
  }

  redisLost(): void {
    for (const runner of this.runners()) runner.redisLost();
  }

  redisBack(): void {
    for (const runner of this.runners()) runner.redisBack();
  }

  private async run(): Promise<void> {
    const { slots, slotCount, heartbeatMs } = this.options;
    let ready = false;
    while (!this.stopping.signal.aborted) {
      this.wake = new AbortController();
      const signal = AbortSignal.any([this.wake.signal, this.stopping.signal]);
      try {
        if (!ready) await slots.ensure(slotCount);
        ready = true;
        await this.tick();
      } catch (err) {
        this.deps.logger.warn({ err }, 'leases not renewed');
      }
      await sleep(heartbeatMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async tick(): Promise<void> {
    const { slots } = this.options;
    const share = await slots.heartbeat();
    const still = await slots.renew(this.leases(), this.idleSlots());
    await this.drop(this.leases().filter(({ slot }) => !still.includes(slot)));
    const surplus = this.leases().slice(share);
    await this.drop(surplus);
    if (surplus.length > 0) await slots.release(surplus);
    for (const lease of await slots.claim(share - this.held.size, this.leases())) this.hold(lease);
  }

  private hold(lease: Lease): void {
    const keeper = new SlotKeeper(this.deps, lease, () => {
      this.held.delete(lease.slot);
      this.wake.abort();
    });
    this.held.set(lease.slot, keeper);
    this.deps.logger.info({ slot: lease.slot, epoch: String(lease.epoch) }, 'slot taken');
  }

  private async drop(leases: readonly Lease[]): Promise<void> {
    const keepers = leases.map(({ slot }) => this.held.get(slot));
    await Promise.all(keepers.map(async (keeper) => keeper?.stop()));
    for (const { slot } of leases) this.held.delete(slot);
  }

  private leases(): Lease[] {
    return [...this.held.values()].map(({ lease }) => lease).sort((a, b) => a.slot - b.slot);
  }

  private runners(): SlotRunner[] {
    const keepers = [...this.held.values()].sort((a, b) => a.lease.slot - b.lease.slot);
    return keepers.flatMap(({ runner }) => runner ?? []);
  }

  private idleSlots(): number[] {
    return this.runners()
      .filter((runner) => runner.idle)
      .map((runner) => runner.lease.slot);
  }
}
