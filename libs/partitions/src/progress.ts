import type { Gauge } from '#platform';
import { partitionNumber } from './division.ts';

/** The state of a writer of a partition. */
export interface WriterState {
  /** Undefined while it is not known. */
  readonly position: bigint | null | undefined;
  /** Whether there are, or may be, events after its position. */
  readonly isBehind: boolean;
  /** Why its current batch is not written yet; undefined: no failure is known. */
  readonly failure?: unknown;
}

/** How long a writer has made no progress although it had work. Has to be called periodically. */
export class Progress {
  private position: bigint | null = null;
  private since: number;
  private failure: unknown;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.since = now();
  }

  observe({ position, isBehind, failure }: WriterState): void {
    if (failure !== undefined) this.failed(failure);
    if (isBehind && (position === undefined || position === this.position)) return;
    if (position !== undefined) this.position = position;
    this.since = this.now();
    this.failure = failure;
  }

  /** A failure that may be the reason for the lack of progress. */
  failed(error: unknown): void {
    this.failure = error;
  }

  /** The last failure since the writer moved or had no work. */
  get reason(): string | undefined {
    return this.failure instanceof Error ? this.failure.message : undefined;
  }

  /** Seconds since the writer moved or had no work. */
  get stalledS(): number {
    return (this.now() - this.since) / 1_000;
  }
}

/** A writer of a partition, and how long it has made no progress. */
export interface Stall {
  /** The number of the partition. */
  readonly slot: number;
  readonly writer: string;
  readonly seconds: number;
  /** The last failure; undefined: none is known. */
  readonly reason: string | undefined;
}

export function stallOf(partition: number, writer: string, { stalledS, reason }: Progress): Stall {
  return { slot: partitionNumber(partition), writer, seconds: stalledS, reason };
}

/** Sets the gauge to the seconds of each writer. */
export function showStalls(gauge: Gauge<'partition' | 'writer'>, stalls: readonly Stall[]): void {
  gauge.reset();
  for (const { slot, writer, seconds } of stalls) gauge.set({ partition: String(slot), writer }, seconds);
}

/** @throws when writers have made no progress for longer than this; the error names each, and its last failure */
export function checkStalls(stalls: readonly Stall[], afterS: number): void {
  const stalled = stalls.filter(({ seconds }) => seconds > afterS);
  if (stalled.length > 0) throw new Error(`no progress: ${stalled.map(describe).join('; ')}`);
}

function describe({ slot, writer, seconds, reason = 'no reason is known' }: Stall): string {
  return `${writer} of partition ${slot} for ${Math.round(seconds)} s (${reason})`;
}
