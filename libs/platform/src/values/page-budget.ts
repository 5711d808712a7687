import { jsonSize } from './json-size.ts';

/** Bytes of JSON at which a list in an answer ends, however many items were requested. */
export const pageBytes = 1_048_576;

/** The most bytes of a character: an escape such as \u0001. */
const mostBytesPerCharacter = 6;

/** Counts the bytes of a list's items as JSON; exactly only near the limit, since that means serialising each item. */
export class PageBudget {
  private hasItems = false;
  private used = 0;
  /** Items that are not counted yet, and the most bytes they can take. */
  private uncounted: unknown[] = [];
  private most = 0;

  constructor(private readonly limit = pageBytes) {}

  /** Whether one more item fits. The first one always does, so that every page makes progress. */
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

/** The leading items of a list that fit. */
export function withinBytes<T>(items: readonly T[], limit = pageBytes): T[] {
  const budget = new PageBudget(limit);
  const end = items.findIndex((item) => !budget.takes(item));
  return end < 0 ? [...items] : items.slice(0, end);
}
