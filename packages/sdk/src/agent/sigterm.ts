interface Closable {
  close(): Promise<void>;
}

/** The used part of `process`. */
export interface Host {
  once(signal: 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGTERM', listener: () => void): unknown;
  listenerCount(signal: 'SIGTERM'): number;
  exit(code: number): void;
}

/** Closes the agents of a process on SIGTERM; once all are closed the process ends, if nothing else listens for the signal. */
export class SigtermShutdown {
  private readonly agents = new Set<Closable>();
  private isListening = false;

  constructor(private readonly host: Host) {}

  add(agent: Closable): void {
    this.agents.add(agent);
    if (this.isListening) return;
    this.isListening = true;
    this.host.once('SIGTERM', this.onSigterm);
  }

  /** The agent has ended. */
  remove(agent: Closable): void {
    if (!this.agents.delete(agent) || this.agents.size > 0 || !this.isListening) return;
    this.isListening = false;
    this.host.off('SIGTERM', this.onSigterm);
  }

  /** A second signal ends the process at once. */
  private readonly onSigterm = (): void => {
    this.isListening = false;
    void this.closeAll();
  };

  private async closeAll(): Promise<void> {
    while (this.agents.size > 0) {
      const closing = [...this.agents];
      await Promise.allSettled(closing.map((agent) => agent.close()));
      for (const agent of closing) this.remove(agent);
    }
    if (this.host.listenerCount('SIGTERM') === 0) this.host.exit(0);
  }
}

/** For this process. */
export const sigtermShutdown = new SigtermShutdown(process);
