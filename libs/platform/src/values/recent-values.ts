/**
 * Values by key, forgotten when they were not used for a while, or when there are too many. They leave by generations: for values
 * so cheap that a timer for each would cost more.
 */
export class RecentValues<V extends object | string> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();
  private turning: NodeJS.Timeout | undefined;

  /** @param max how many values are kept at most @param ms how long an unused value is kept at most */
  constructor(
    private readonly max: number,
    private readonly ms: number,
  ) {}

  get size(): number {
    return this.young.size + this.old.size;
  }

  get(key: string): V | undefined {
    const value = this.young.get(key);
    if (value !== undefined) return value;
    const older = this.old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, value: V): void {
    this.old.delete(key);
    this.young.set(key, value);
    if (this.young.size >= this.max / 2) this.turn();
    this.turning ??= setTimeout(() => this.turnAgain(), this.ms / 2).unref();
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
  }

  private turn(): void {
    this.old = this.young;
    this.young = new Map();
  }

  private turnAgain(): void {
    this.turn();
    this.turning = this.size > 0 ? setTimeout(() => this.turnAgain(), this.ms / 2).unref() : undefined;
  }
}
