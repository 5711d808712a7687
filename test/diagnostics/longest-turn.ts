/**
 * The longest turn of this thread's event loop, in milliseconds of its own CPU time, so that other work of the
 * machine does not count.
 */
export class LongestTurn {
  private longestMs = 0;
  private lastMs = processorMs();
  private readonly timer = setInterval(() => this.note(), 10).unref();

  /** The longest turn since the last call. */
  take(): number {
    this.note();
    const { longestMs } = this;
    this.longestMs = 0;
    return longestMs;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private note(): void {
    const now = processorMs();
    this.longestMs = Math.max(this.longestMs, now - this.lastMs);
    this.lastMs = now;
  }
}

function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
