import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import { toRpcError } from './errors.ts';

type WritableCall = ServerWritableStream<never, Buffer> | ServerDuplexStream<never, Buffer>;

/** The answering side of a streaming call: says when the client is behind, and ends the call once. */
export class Sender {
  closed = false;
  private waiting: (() => void)[] = [];
  private readonly closeListeners: (() => void)[] = [];

  constructor(private readonly call: WritableCall) {
    const wake = (): void => {
      for (const resolve of this.waiting.splice(0)) resolve();
    };
    call.on('drain', wake);
    call.on('cancelled', () => this.close());
    call.on('close', () => this.close());
    this.closeListeners.push(wake);
  }

  /** Calls `listener` when the call is over, however it ended. */
  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.closeListeners.push(listener);
  }

  /** Messages that the client has not taken yet. */
  get pending(): number {
    return this.call.writableLength;
  }

  send(message: Buffer): void {
    if (!this.closed) this.call.write(message);
  }

  /** Resolves when the client has taken enough, or the call is over. */
  async drained(): Promise<void> {
    if (this.closed) return;
    if (!this.call.writableNeedDrain) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
      return;
    }
    await new Promise<void>((resolve) => void this.waiting.push(resolve));
  }

  end(): void {
    if (this.closed) return;
    this.call.end();
    this.close();
  }

  fail(error: unknown): void {
    if (this.closed) return;
    this.call.emit('error', toRpcError(error));
    this.close();
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const listener of this.closeListeners.splice(0)) listener();
  }
}
