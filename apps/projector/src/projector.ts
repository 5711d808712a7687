import type { Slots } from '#read-models';
import { SlotHolder } from '#read-models';
import { SlotKeeper } from './slot-keeper.ts';
import type { SlotDeps, SlotRunner } from './slot-runner.ts';
import type { SlotStatus } from './slot-status.ts';

export interface ProjectorOptions {
  readonly slots: Slots;
  readonly slotCount: number;
  readonly heartbeatMs: number;
}

/** Holds its share of the slots by leases and keeps each of them running. */
export class Projector {
  private readonly holder: SlotHolder<SlotKeeper>;
  private readonly stopping = new AbortController();
  private loop: Promise<void> | undefined;

  constructor(deps: SlotDeps, options: ProjectorOptions) {
    this.holder = new SlotHolder({
      ...options,
      logger: deps.logger,
      begin: (lease, fenced) => new SlotKeeper(deps, lease, fenced),
      idle: (keepers) =>
        runnersOf(keepers)
          .filter(({ idle }) => idle)
          .map(({ lease }) => lease.slot),
    });
  }

  start(): void {
    this.loop = this.holder.run(this.stopping.signal);
  }

  /** Stops after the batches under way and gives the slots up, for others to take at once. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
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

  private runners(): SlotRunner[] {
    return runnersOf(this.holder.work);
  }
}

function runnersOf(keepers: readonly SlotKeeper[]): SlotRunner[] {
  return keepers.flatMap(({ runner }) => runner ?? []);
}
