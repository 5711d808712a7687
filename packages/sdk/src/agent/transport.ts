import { Unavailable } from '../client/errors.ts';
import { retry } from '../client/retry.ts';
import type { TokenSource } from '../client/token.ts';
import type { Answer, Request } from '../client/transport.ts';
import { Transport } from '../client/transport.ts';

interface FailoverOptions {
  readonly urls: readonly string[];
  readonly agentId: string;
  readonly token: TokenSource;
  readonly timeoutMs: number;
  readonly retryForMs: number;
  readonly cells?: Readonly<Record<string, string>> | undefined;
}

/** Sends to one of several API nodes: the one that the agent is connected to, or the next one when that is unavailable. */
export class FailoverTransport {
  private readonly transports: readonly { readonly url: string; readonly transport: Transport }[];
  private current = 0;

  constructor(private readonly options: FailoverOptions) {
    const { urls, agentId, token, timeoutMs, cells } = options;
    this.transports = urls.map((url) => ({
      url,
      transport: new Transport({ url, agentId, token, timeoutMs, retryForMs: 0, connections: 16, cells }),
    }));
  }

  /** Sends to this node from now on. */
  prefer(url: string): void {
    const index = this.transports.findIndex((item) => item.url === url);
    if (index >= 0) this.current = index;
  }

  send<T>(request: Request): Promise<Answer<T>> {
    const { signal } = request;
    return retry(() => this.sendOnce<T>(request), { forMs: this.options.retryForMs, signal });
  }

  async close(): Promise<void> {
    await Promise.all(this.transports.map(({ transport }) => transport.close()));
  }

  private async sendOnce<T>(request: Request): Promise<Answer<T>> {
    const index = this.current;
    try {
      const chosen = this.transports[index];
      if (chosen === undefined) throw new RangeError('No address of the API was given.');
      return await chosen.transport.send<T>(request);
    } catch (error) {
      if (error instanceof Unavailable && this.current === index)
        this.current = (index + 1) % this.transports.length;
      throw error;
    }
  }
}
