/** Lets the works of one name take turns in this process, side by side with those of other names. */
export class KeyedMutex {
  /** The last work of each name. */
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs a work when those before it of the same name are over, however they ended. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(name);
    const mine = before === undefined ? work() : before.then(work, work);
    this.last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.last.get(name) === mine) this.last.delete(name);
    }
  }
}
