import { Unavailable } from './errors.ts';
import { withRetries } from './retry.ts';
import type { Answer, Request } from './transport.ts';
import { Transport } from './transport.ts';

export interface AgentTransportOptions {
  readonly urls: readonly string[];
  readonly agentId: string;
  readonly timeoutMs: number;
  readonly retryForMs: number;
}

/** Sends to one of several api nodes: the one that the agent is connected to, the next when that one is away. */
export class AgentTransport {
  private readonly transports: readonly { readonly url: string; readonly transport: Transport }[];
  private current = 0;

  constructor(private readonly options: AgentTransportOptions) {
    const { urls, agentId, timeoutMs } = options;
    this.transports = urls.map((url) => ({
      url,
      transport: new Transport({ url, agentId, timeoutMs, retryForMs: 0, connections: 16 }),
    }));
  }

  prefer(url: string): void {
    const index = this.transports.findIndex((item) => item.url === url);
    if (index >= 0) this.current = index;
  }

  send<T>(request: Request): Promise<Answer<T>> {
    const { signal } = request;
    return withRetries(() => this.once<T>(request), { forMs: this.options.retryForMs, signal });
  }

  async close(): Promise<void> {
    await Promise.all(this.transports.map(({ transport }) => transport.close()));
  }

  private async once<T>(request: Request): Promise<Answer<T>> {
    const tried = this.current;
    try {
      const chosen = this.transports[tried];
      if (chosen === undefined) throw new RangeError('No address of the api was given.');
      return await chosen.transport.send<T>(request);
    } catch (error) {
      if (error instanceof Unavailable && this.current === tried)
        this.current = (tried + 1) % this.transports.length;
      throw error;
    }
  }
}
