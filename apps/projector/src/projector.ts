import type { PartitionLeaseStore } from '#partitions';
import { PartitionCoordinator } from '#partitions';
import { PartitionSupervisor } from './partition-supervisor.ts';
import type { PartitionDependencies, PartitionProcessor } from './partition-processor.ts';
import type { PartitionStatus } from './partition-status.ts';

export interface ProjectorOptions {
  readonly slots: PartitionLeaseStore;
  readonly partitionCount: number;
  readonly heartbeatMs: number;
}

/** Holds its share of the slots by leases and keeps each of them running. */
export class Projector {
  private readonly holder: PartitionCoordinator<PartitionSupervisor>;
  private readonly stopping = new AbortController();
  private loop: Promise<void> | undefined;

  constructor(deps: PartitionDependencies, options: ProjectorOptions) {
    this.holder = new PartitionCoordinator({
      ...options,
      logger: deps.logger,
      begin: (lease, fenced) => new PartitionSupervisor(deps, lease, fenced),
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
  status(): PartitionStatus[] {
    return this.runners().map((runner) => runner.status());
  }

  redisLost(): void {
    for (const runner of this.runners()) runner.redisLost();
  }

  redisBack(): void {
    for (const runner of this.runners()) runner.redisBack();
  }

  private runners(): PartitionProcessor[] {
    return runnersOf(this.holder.work);
  }
}

function runnersOf(keepers: readonly PartitionSupervisor[]): PartitionProcessor[] {
  return keepers.flatMap(({ runner }) => runner ?? []);
}
