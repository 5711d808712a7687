/** Runs work of one key in sequence within this process, work of different keys in parallel. */
export class KeyedMutex {
  /** The last work of each key. */
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs `work` once the earlier work of the same key has settled, however it ended. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(key);
    const own = before === undefined ? work() : before.then(work, work);
    this.last.set(key, own);
    try {
      return await own;
    } finally {
      if (this.last.get(key) === own) this.last.delete(key);
    }
  }
}
