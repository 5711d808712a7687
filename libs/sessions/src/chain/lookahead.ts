/** A sequence whose next items can be inspected before they are taken. */
export class Lookahead<T> {
  private readonly waiting: T[] = [];
  private readonly rest: AsyncIterator<T>;

  constructor(items: AsyncIterable<T>) {
    this.rest = items[Symbol.asyncIterator]();
  }

  /** Takes the next item; undefined: there is none. */
  async take(): Promise<T | undefined> {
    const [first] = await this.peek(1);
    this.waiting.shift();
    return first;
  }

  /** The next `count` items, or as many as there are. */
  async peek(count: number): Promise<readonly T[]> {
    while (this.waiting.length < count) {
      const { done, value } = await this.rest.next();
      if (done) break;
      this.waiting.push(value);
    }
    return this.waiting.slice(0, count);
  }

  /** Closes the source of the items. */
  async close(): Promise<void> {
    await this.rest.return?.();
  }
}
