/** Bytes of JSON at which a list in an answer ends, whatever number of items was asked for. */
export const pageBytes = 1_048_576;

/** Counts the bytes of a list's items, as JSON. */
export class PageBudget {
  private used = 0;

  constructor(private readonly limit = pageBytes) {}

  /** Whether one more item fits. The first one always does: a list goes on by at least one item. */
  takes(item: unknown): boolean {
    const isFirst = this.used === 0;
    this.used += Buffer.byteLength(JSON.stringify(item)) + 1;
    return isFirst || this.used <= this.limit;
  }
}

/** The items at the beginning of a list that fit. */
export function withinBytes<T>(items: readonly T[], limit = pageBytes): T[] {
  const budget = new PageBudget(limit);
  const end = items.findIndex((item) => !budget.takes(item));
  return end < 0 ? [...items] : items.slice(0, end);
}
