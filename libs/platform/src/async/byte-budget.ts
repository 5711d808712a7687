interface Waiting {
  readonly bytes: number;
  readonly start: () => void;
}

/** Limits the bytes in use at once. A request larger than the limit is admitted alone. */
export class ByteBudget {
  private taken = 0;
  private readonly waiting: Waiting[] = [];

  constructor(private readonly limit: number) {}

  /** The bytes in use. */
  get used(): number {
    return this.taken;
  }

  /** Takes bytes; false when there is no room for them, or others wait. `give` returns them. */
  tryTake(bytes: number): boolean {
    if (this.waiting.length > 0 || !this.hasRoom(bytes)) return false;
    this.taken += bytes;
    return true;
  }

  /** Takes bytes as soon as there is room for them, in the order of requests. */
  async take(bytes: number): Promise<void> {
    if (this.tryTake(bytes)) return;
    await new Promise<void>((start) => this.waiting.push({ bytes, start }));
  }

  /** Returns bytes that were taken. */
  give(bytes: number): void {
    this.taken -= bytes;
    for (let next = this.waiting[0]; next && this.hasRoom(next.bytes); next = this.waiting[0]) {
      this.waiting.shift();
      this.taken += next.bytes;
      next.start();
    }
  }

  private hasRoom(bytes: number): boolean {
    return this.taken === 0 || this.taken + bytes <= this.limit;
  }
}
