/** Runs tasks in their order, a limited number at a time. Tasks handle their own errors. */
export class TaskQueue {
  private readonly waiting: (() => Promise<unknown>)[] = [];
  private running = 0;
  private readonly idlers: (() => void)[] = [];

  constructor(private readonly atOnce: number) {}

  add(task: () => Promise<unknown>): void {
    this.waiting.push(task);
    this.next();
  }

  /** Resolves when nothing runs; what waits is given up. */
  async idle(): Promise<void> {
    this.waiting.length = 0;
    if (this.running === 0) return;
    await new Promise<void>((resolve) => {
      this.idlers.push(resolve);
    });
  }

  private next(): void {
    while (this.running < this.atOnce) {
      const task = this.waiting.shift();
      if (task === undefined) break;
      this.running += 1;
      void task().finally(() => {
        this.running -= 1;
        this.next();
      });
    }
    if (this.running === 0) for (const resolve of this.idlers.splice(0)) resolve();
  }
}
