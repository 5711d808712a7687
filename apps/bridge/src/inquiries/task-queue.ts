/** Runs tasks in their order, a limited number at a time. Tasks handle their own errors. */
export class TaskQueue {
  private readonly waiting: (() => Promise<unknown>)[] = [];
  private running = 0;
  private calm: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(private readonly atOnce: number) {}

  add(task: () => Promise<unknown>): void {
    this.waiting.push(task);
    this.next();
  }

  /** For work that can wait: resolves when there is nothing to do, or after `ms`. */
  async yieldToDeadlines(ms: number): Promise<void> {
    if (this.calm === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([this.calm.promise, late]);
    clearTimeout(timer);
  }

  /** Gives up what waits; resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.waiting.length = 0;
    await this.calm?.promise;
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
    if (this.running > 0) this.calm ??= Promise.withResolvers<void>();
    else {
      this.calm?.resolve();
      this.calm = undefined;
    }
  }
}
