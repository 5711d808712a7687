import { ByteBudget, jsonSize } from '#platform';
import type { NewEvent } from './append-request.ts';
import { StoreOverloadedError } from './errors.ts';

interface BudgetOptions {
  /** Bytes of the appends in flight at most. */
  readonly bytes?: number;
  /** What happens to an append that exceeds the limit: it is refused, or it waits. */
  readonly whenFull?: 'refuse' | 'wait';
}

/** An event's ids, type and frame on the wire. */
const frameBytes = 128;

/**
 * Limits the bytes of a process's unanswered appends. What the server does not take off the connection waits
 * in this process's memory and delays the answers of all others.
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

  /** @throws StoreOverloadedError when the limit is reached and appends are refused */
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
