import { jsonSize } from './json-size.ts';

/** Bytes of JSON at which a list in an answer ends, whatever number of items was asked for. */
export const pageBytes = 1_048_576;

/** What a character takes at most: an escape such as \u0001. */
const mostBytesPerCharacter = 6;

/** Counts the bytes of a list's items, as JSON; exactly only once they could be too many, since that makes text of each. */
export class PageBudget {
  private hasItems = false;
  private used = 0;
  /** Items that are not counted yet, and what they take at most. */
  private uncounted: unknown[] = [];
  private most = 0;

  constructor(private readonly limit = pageBytes) {}

  /** Whether one more item fits. The first one always does: a list goes on by at least one item. */
  takes(item: unknown): boolean {
    const isFirst = !this.hasItems;
    this.hasItems = true;
    this.uncounted.push(item);
    this.most += mostBytesPerCharacter * jsonSize(item) + 1;
    if (this.used + this.most > this.limit) this.count();
    return isFirst || this.used + this.most <= this.limit;
  }

  private count(): void {
    for (const item of this.uncounted) this.used += Buffer.byteLength(JSON.stringify(item)) + 1;
    this.uncounted = [];
    this.most = 0;
  }
}

/** The items at the beginning of a list that fit. */
export function withinBytes<T>(items: readonly T[], limit = pageBytes): T[] {
  const budget = new PageBudget(limit);
  const end = items.findIndex((item) => !budget.takes(item));
  return end < 0 ? [...items] : items.slice(0, end);
}
