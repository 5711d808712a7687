import type { Pool } from 'pg';
import type { EventStore } from '#sessions';
import { subscribeToSessions } from '#sessions';
import { rebuildConnectionSettings, rebuildTables, RowsStore } from '#read-models';
import type { Positioned, Writer } from '#read-models';
import { BatchWriter, batchWriterSizes } from '../../../../libs/platform/src/async/batch-writer.ts';

export interface RebuildProgress {
  readonly events: number;
  /** Of the store as it was when the rebuild began. */
  readonly percent: number;
  readonly perSecond: number;
}

export interface RebuildOptions {
  readonly store: EventStore;
  /** Makes a pool of one connection that begins with these settings; it is ended here. */
  readonly pool: (settings?: string) => Pool;
  readonly onProgress?: (progress: RebuildProgress) => void;
  readonly onInterruption?: (error: unknown) => void;
}

const progressEveryMs = 1_000;
/** How long the switch may wait, with the projectors held up, for the last events. */
const switchPatienceMs = 30_000;

/** Rebuilds the tables from the start of the store, while events flow and projectors run, and switches to them. */
export async function rebuild(
  options: RebuildOptions,
): Promise<{ events: number; seconds: number; failures: number }> {
  const admin = options.pool();
  const filling = options.pool(rebuildConnectionSettings);
  const filler = new Filler(options, new RowsStore(filling, true));
  const start = performance.now();
  try {
    await rebuildTables(admin, {
      fill: () => filler.fill(),
      reach: (position) => filler.reach(position),
    });
  } finally {
    await filler.stop();
    await Promise.all([admin.end(), filling.end()]);
  }
  return { events: filler.events, seconds: (performance.now() - start) / 1_000, failures: filler.failures };
}

/** Writes the rows of all sessions in the order of the store. */
class Filler {
  events = 0;
  failures = 0;
  private readonly abort = new AbortController();
  private readonly lane: BatchWriter<Positioned>;
  private writer: Writer = { slot: 0, owner: 'rebuild', epoch: 0n, position: null };
  private work: Promise<void> = Promise.resolve();
  private caughtUp = false;
  private broken: { error: unknown } | undefined;

  constructor(
    private readonly options: RebuildOptions,
    private readonly rows: RowsStore,
  ) {
    this.lane = new BatchWriter(
      {
        ...batchWriterSizes,
        passIntervalMs: 20,
        batchSize: 1_000,
        intervalMs: 0,
        write: async ({ items, position }) => {
          this.failures += (await this.rows.write(this.writer, items, position, null)).length;
          this.writer = { ...this.writer, position };
          this.events += items.length;
        },
        isTerminal: () => true,
        onRetry: () => undefined,
        onWritten: () => undefined,
      },
      this.abort.signal,
    );
  }

  /** Resolves when the tables have caught up with the store. */
  async fill(): Promise<void> {
    const head = await this.options.store.head();
    const start = performance.now();
    this.work = Promise.all([this.feed(), this.lane.run()]).then(
      () => undefined,
      (error: unknown) => {
        this.broken = { error };
      },
    );
    let told = start;
    await this.until(() => {
      const now = performance.now();
      if (now - told > progressEveryMs) {
        told = now;
        this.options.onProgress?.(this.progress(head, (now - start) / 1_000));
      }
      return this.caughtUp && this.lane.idle;
    });
  }

  /** Resolves, with the position, when everything up to a position is in. */
  async reach(position: bigint): Promise<bigint> {
    const end = performance.now() + switchPatienceMs;
    await this.until(() => {
      if (performance.now() > end) throw new Error('the last events did not arrive in time; run it again');
      return (this.writer.position ?? 0n) >= position;
    });
    await this.stop();
    return this.writer.position ?? 0n;
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.work;
  }

  private async feed(): Promise<void> {
    const { store, onInterruption } = this.options;
    const options = {
      prefixes: ['session-'],
      after: 'start' as const,
      signal: this.abort.signal,
      onInterruption: (error: unknown) => {
        if (!this.abort.signal.aborted) onInterruption?.(error);
      },
    };
    for await (const delivery of subscribeToSessions(store, options)) {
      if (delivery.kind === 'event') await this.lane.push(delivery);
      else if (delivery.kind === 'checkpoint') this.lane.pass(delivery.position);
      else if (delivery.kind === 'unprojectable') {
        this.failures += 1;
        this.lane.pass(delivery.position);
      } else this.caughtUp = true;
    }
  }

  private progress(head: bigint, seconds: number): RebuildProgress {
    const done = head === 0n ? 1 : Number(this.writer.position ?? 0n) / Number(head);
    return { events: this.events, percent: Math.min(100, done * 100), perSecond: this.events / seconds };
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.broken) throw this.broken.error;
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
  }
}
