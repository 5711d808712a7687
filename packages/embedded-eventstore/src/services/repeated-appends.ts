/** The appends in flight: a repetition of one gets a Timeout, as from EventStoreDB. */
export class RepeatedAppends {
  private readonly inFlight = new Set<string>();

  constructor(private readonly timeoutMs: number) {}

  /** Returns a function that ends the flight. Undefined when the same append is in flight: `timedOut` is then called after a while. */
  begin(key: string, timedOut: () => void): (() => void) | undefined {
    if (this.inFlight.has(key)) {
      setTimeout(timedOut, this.timeoutMs).unref();
      return undefined;
    }
    this.inFlight.add(key);
    return () => void this.inFlight.delete(key);
  }
}
