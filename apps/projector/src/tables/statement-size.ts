import { batchWriterSizes } from '#platform';

/** The maximum number of items of a batch. */
const largest = 2 * batchWriterSizes.batchSize;
/** SQLSTATE of a cancelled statement, usually by its timeout. */
const canceled = '57014';

/**
 * How many items one statement takes: an eighth after a timeout, and twice as many with each written batch. A batch
 * that always takes too long would otherwise be retried for ever.
 */
export class StatementSize {
  private size = largest;

  /** Divides items, unless they are few; an item whose command continues stays with the next one. */
  divide<T>(items: readonly T[], isContinued: (item: T) => boolean): T[][] {
    const parts: T[][] = [[]];
    for (const [index, item] of items.entries()) {
      const previous = items[index - 1];
      const part = parts.at(-1);
      const isWhole = previous === undefined || !isContinued(previous);
      if (part === undefined || (part.length >= this.size && isWhole)) parts.push([item]);
      else part.push(item);
    }
    return parts;
  }

  /** A batch was written. */
  written(): void {
    this.size = Math.min(largest, 2 * this.size);
  }

  /** A statement failed, with so many items or fewer. */
  failed(error: unknown, items: number): void {
    const isTooSlow = error instanceof Error && 'code' in error && error.code === canceled;
    if (isTooSlow) this.size = Math.max(1, Math.ceil(Math.min(this.size, items) / 8));
  }
}
