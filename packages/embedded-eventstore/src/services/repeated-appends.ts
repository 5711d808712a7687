/** The appends in flight: one that repeats another gets a Timeout, as from EventStoreDB. */
export class RepeatedAppends {
  private readonly inFlight = new Set<string>();

  constructor(private readonly timeoutMs: number) {}

  /** Returns what ends the flight. Undefined when the same append is in flight: `timedOut` is called after a while. */
  begin(key: string, timedOut: () => void): (() => void) | undefined {
    if (this.inFlight.has(key)) {
      setTimeout(timedOut, this.timeoutMs).unref();
      return undefined;
    }
    this.inFlight.add(key);
    return () => void this.inFlight.delete(key);
  }
}
