import { ByteBudget, jsonSize } from '#platform';
import type { NewEvent } from './append-request.ts';
import { StoreOverloadedError } from './errors.ts';

interface BudgetOptions {
  /** Bytes of the appends in flight at most. */
  readonly bytes?: number;
  /** What becomes of an append for which there is no room: its caller is refused, or waits. */
  readonly whenFull?: 'refuse' | 'wait';
}

/** An event's ids, type and frame on the wire. */
const frameBytes = 128;

/**
 * Bounds the bytes of a process's appends that are not answered yet. What a server does not take off the connection waits
 * in this process's memory, and behind it the answers of all others.
 */
export class AppendBudget {
  private readonly budget: ByteBudget;
  private readonly waits: boolean;

  constructor({ bytes = 32 * 1_024 * 1_024, whenFull = 'refuse' }: BudgetOptions = {}) {
    this.budget = new ByteBudget(bytes);
    this.waits = whenFull === 'wait';
  }

  get used(): number {
    return this.budget.used;
  }

  /** @throws StoreOverloadedError when there is no room and nobody waits for it */
  async run<T>(events: readonly NewEvent[], append: () => Promise<T>): Promise<T> {
    const bytes = sizeOf(events);
    if (!this.budget.tryTake(bytes)) {
      if (!this.waits) throw new StoreOverloadedError();
      await this.budget.take(bytes);
    }
    try {
      return await append();
    } finally {
      this.budget.give(bytes);
    }
  }
}

function sizeOf(events: readonly NewEvent[]): number {
  let size = 0;
  for (const { data, metadata } of events) size += frameBytes + lengthOf(data) + lengthOf(metadata);
  return size;
}

function lengthOf(value: unknown): number {
  if (value === undefined) return 0;
  return value instanceof Uint8Array ? value.length : jsonSize(value);
}
