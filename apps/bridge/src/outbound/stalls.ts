import type { Lease, Stall, WriterState } from '#partitions';
import { checkStalls, Progress, stallOf } from '#partitions';
import { repeat } from '#platform';

/** The work of a partition, with the state of each of its writers. */
interface Observed {
  readonly lease: Lease;
  writers(): Readonly<Record<string, WriterState>>;
}

/** What is known of a partition, and when it was last owned. */
interface Known {
  readonly writers: Map<string, Progress>;
  readonly seenAt: number;
}

/** How often the positions of the writers are checked (ms). */
const lookEveryMs = 500;
/** How long a partition without work is remembered (ms): its work is restarted sooner. */
const keptMs = 10_000;

/** How long the writers of the owned partitions have made no progress, also over restarts of their work. */
export class Stalls {
  private readonly known = new Map<number, Known>();

  constructor(private readonly work: () => readonly Observed[]) {}

  /** Observes the writers until the signal. */
  run(signal: AbortSignal): Promise<void> {
    return repeat(() => this.look(), { everyMs: lookEveryMs, signal, onError: () => undefined });
  }

  list(): Stall[] {
    return this.work().flatMap(({ lease: { partition } }) =>
      [...(this.known.get(partition)?.writers ?? [])].map(([writer, progress]) =>
        stallOf(partition, writer, progress),
      ),
    );
  }

  /** @throws when a writer has made no progress for longer than this */
  check(afterS: number): void {
    checkStalls(this.list(), afterS);
  }

  private look(): void {
    const now = performance.now();
    for (const work of this.work()) {
      const { partition } = work.lease;
      const { writers } = this.known.get(partition) ?? { writers: new Map<string, Progress>() };
      this.known.set(partition, { writers, seenAt: now });
      for (const [writer, state] of Object.entries(work.writers())) {
        const progress = writers.get(writer) ?? new Progress();
        writers.set(writer, progress);
        progress.observe(state);
      }
    }
    for (const [partition, { seenAt }] of this.known) if (now - seenAt > keptMs) this.known.delete(partition);
  }
}
