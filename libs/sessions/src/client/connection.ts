import { EventStoreDBClient } from '@eventstore/db-client';
import { withTimeout } from '#platform';
import { connectionString } from './address.ts';
import type { AppendOutcome } from './append-answer.ts';
import type { NewEvent } from './append-request.ts';
import { AppendStream } from './append-stream.ts';
import { StoreUnavailableError } from './errors.ts';
import { catchFailedReactions, heldCalls, trackChannels } from './hidden.ts';

/** One client and its connection. A replaced connection stays open until its last call has ended. */
export class Connection {
  readonly client: EventStoreDBClient;
  private readonly closeChannels: () => void;
  private appends: AppendStream | undefined;
  private calls = 0;
  private retired = false;
  private disposed = false;
  private answeredAt = -Infinity;

  constructor(
    url: string,
    private readonly onClosed: (connection: Connection) => void,
  ) {
    this.client = EventStoreDBClient.connectionString(connectionString(url));
    this.closeChannels = trackChannels(this.client);
    catchFailedReactions(this.client);
  }

  /** Whether new calls may use it. */
  get isUsable(): boolean {
    return !this.retired && this.appends?.ended !== true;
  }

  /** Calls in flight. */
  get open(): number {
    return this.calls;
  }

  /** Calls that the client holds, including those that nobody awaits any more. */
  get held(): number {
    return heldCalls(this.client);
  }

  /** Notes that the server has answered. */
  answered(): void {
    this.answeredAt = performance.now();
  }

  /** Whether the server has answered any call since a time of `performance.now()`. */
  hasAnsweredSince(time: number): boolean {
    return this.answeredAt >= time;
  }

  /** Keeps the connection open until the function that it returns is called. */
  hold(): () => void {
    this.calls += 1;
    return () => {
      this.calls -= 1;
      if (this.retired && this.calls === 0) this.close();
    };
  }

  /** @throws StoreUnavailableError when the connection was closed meanwhile: a read may have returned only a part */
  async use<T>(call: (connection: Connection) => Promise<T>): Promise<T> {
    const release = this.hold();
    try {
      const result = await call(this);
      if (this.disposed) throw new StoreUnavailableError({ cause: 'the connection was closed' });
      return result;
    } finally {
      release();
    }
  }

  append(
    stream: string,
    events: readonly NewEvent[],
    expected: number,
    limitMs: number,
  ): Promise<AppendOutcome> {
    this.appends ??= new AppendStream(this.client, () => this.answered());
    return this.appends.append(stream, events, expected, limitMs);
  }

  /** Closes the connection once its last call has ended; it gets no new calls. */
  retire(): void {
    if (this.retired) return;
    this.retired = true;
    if (this.calls === 0) this.close();
  }

  /** Closes the connection at once; calls in flight fail. The client waits for each of them, but some never end. */
  async dispose(): Promise<void> {
    this.retired = true;
    this.disposed = true;
    const disposed = this.client.dispose();
    await withTimeout(disposed, 250, () => new Error('calls still open')).catch(() => undefined);
    this.close();
  }

  private close(): void {
    this.appends?.cancel();
    this.closeChannels();
    this.onClosed(this);
  }
}
