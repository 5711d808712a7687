import { setTimeout as sleep } from 'node:timers/promises';
import { Fenced } from '#read-models';
import type { Lease } from '#read-models';
import { ContextsLost } from './context-lane.ts';
import type { SlotDeps } from './slot-runner.ts';
import { SlotRunner } from './slot-runner.ts';

const restartDelayMs = 500;

/** Keeps a slot running as long as it is held. */
export class SlotKeeper {
  /** Settles when the slot was stopped or is held by another. Never rejects. */
  readonly ended: Promise<void>;
  private readonly stopping = new AbortController();
  private current: SlotRunner | undefined;

  constructor(
    private readonly deps: SlotDeps,
    readonly lease: Lease,
    /** Told when another owner, or a rebuild, has taken the slot. */
    private readonly onFenced: () => void,
  ) {
    this.ended = this.run();
  }

  /** The slot at work; undefined between two runs. */
  get runner(): SlotRunner | undefined {
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
      const runner = await SlotRunner.create(this.deps, lease);
      if (signal.aborted) return;
      this.current = runner;
      try {
        await runner.run();
      } catch (err) {
        if (err instanceof Fenced) {
          logger.warn({ slot }, 'slot is held by another now');
          this.onFenced();
          return;
        }
        if (err instanceof ContextsLost)
          logger.warn({ slot }, 'Redis came back in an older state: contexts again');
        else logger.error({ err, slot }, 'slot failed, begins again');
        await sleep(restartDelayMs, undefined, { signal }).catch(() => undefined);
      }
      lease = runner.progress;
    }
  }
}
