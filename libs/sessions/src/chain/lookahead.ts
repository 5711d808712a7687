/** A sequence of which some items can be seen before they are taken. */
export class Lookahead<T> {
  private readonly waiting: T[] = [];
  private readonly rest: AsyncIterator<T>;

  constructor(items: AsyncIterable<T>) {
    this.rest = items[Symbol.asyncIterator]();
  }

  /** The next item, which is taken; undefined: there is none. */
  async take(): Promise<T | undefined> {
    const [first] = await this.peek(1);
    this.waiting.shift();
    return first;
  }

  /** So many of the next items, or as many as there are. */
  async peek(count: number): Promise<readonly T[]> {
    while (this.waiting.length < count) {
      const { done, value } = await this.rest.next();
      if (done) break;
      this.waiting.push(value);
    }
    return this.waiting.slice(0, count);
  }

  /** Ends what the items come from. */
  async close(): Promise<void> {
    await this.rest.return?.();
  }
}
