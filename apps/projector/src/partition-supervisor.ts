import { setTimeout as sleep } from 'node:timers/promises';
import { LeaseLostError } from '#read-models';
import type { Lease } from '#partitions';
import { CheckpointRegressedError } from './context/writer.ts';
import type { PartitionDependencies } from './partition-processor.ts';
import { PartitionProcessor } from './partition-processor.ts';

const restartDelayMs = 500;

/** Keeps a slot running as long as it is held. */
export class PartitionSupervisor {
  /** Settles when the slot was stopped or is held by another. Never rejects. */
  readonly ended: Promise<void>;
  private readonly stopping = new AbortController();
  private current: PartitionProcessor | undefined;

  constructor(
    private readonly deps: PartitionDependencies,
    readonly lease: Lease,
    /** Told when another owner, or a rebuild, has taken the slot. */
    private readonly onLeaseLost: () => void,
  ) {
    this.ended = this.run();
  }

  /** The slot at work; undefined between two runs. */
  get runner(): PartitionProcessor | undefined {
    return this.current;
  }

  /** Stops after the batches under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.current?.stop();
    await this.ended;
  }

  private async run(): Promise<void> {
    const { logger } = this.deps;
    const { slot } = this.lease;
    const { signal } = this.stopping;
    let { lease } = this;
    while (!signal.aborted) {
      const runner = await PartitionProcessor.create(this.deps, lease);
      if (signal.aborted) return;
      this.current = runner;
      try {
        await runner.run();
      } catch (err) {
        if (err instanceof LeaseLostError) {
          logger.warn({ slot }, 'slot is held by another now');
          this.onLeaseLost();
          return;
        }
        if (err instanceof CheckpointRegressedError)
          logger.warn({ slot }, 'Redis came back in an older state: contexts again');
        else logger.error({ err, slot }, 'slot failed, begins again');
        await sleep(restartDelayMs, undefined, { signal }).catch(() => undefined);
      }
      lease = runner.progress;
    }
  }
}
