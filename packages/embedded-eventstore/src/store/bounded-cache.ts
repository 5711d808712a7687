/** Size of a cache's keys and names, in characters: some 50,000 streams with typical names. */
const ROOM = 5 * 1024 * 1024;
/** The size of an entry besides its name. */
const OVERHEAD = 64;

/** A map that drops its oldest entries when their names exceed its size. */
export class BoundedCache<Key, Value> {
  private readonly entries = new Map<Key, Value>();
  private taken = 0;

  constructor(private readonly nameOf: (value: Value) => string) {}

  get(key: Key): Value | undefined {
    return this.entries.get(key);
  }

  set(key: Key, value: Value): void {
    this.delete(key);
    if (this.taken > ROOM) this.evict();
    this.entries.set(key, value);
    this.taken += this.weightOf(value);
  }

  delete(key: Key): void {
    const value = this.entries.get(key);
    if (value === undefined) return;
    this.entries.delete(key);
    this.taken -= this.weightOf(value);
  }

  clear(): void {
    this.entries.clear();
    this.taken = 0;
  }

  private weightOf(value: Value): number {
    return this.nameOf(value).length + OVERHEAD;
  }

  private evict(): void {
    for (const key of this.entries.keys()) {
      if (this.taken <= ROOM * 0.8) return;
      this.delete(key);
    }
  }
}
