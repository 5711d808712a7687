/**
 * The longest turn of this thread's event loop, in milliseconds of its own processor time: what it does counts, not what
 * else the machine has to do.
 */
export class LongestTurn {
  private longestMs = 0;
  private lastMs = processorMs();
  private readonly timer = setInterval(() => this.note(), 10).unref();

  /** The longest since it was last asked. */
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
