/** Number of streams with typical names that a cache holds by default. */
export const DEFAULT_CACHE_CAPACITY = 50_000;
/** The length of a typical name, such as that of a session's stream. */
const TYPICAL_NAME = 44;
/** The size of an entry besides its name. */
const OVERHEAD = 64;

/** A map that drops its oldest entries when their names take more than `capacity` typical ones would. */
export class BoundedCache<Key, Value> {
  private readonly entries = new Map<Key, Value>();
  private taken = 0;
  private readonly room: number;

  constructor(
    private readonly nameOf: (value: Value) => string,
    capacity: number,
  ) {
    this.room = capacity * (TYPICAL_NAME + OVERHEAD);
  }

  get(key: Key): Value | undefined {
    return this.entries.get(key);
  }

  set(key: Key, value: Value): void {
    this.delete(key);
    if (this.taken > this.room) this.evict();
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
      if (this.taken <= this.room * 0.8) return;
      this.delete(key);
    }
  }
}
