import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import { shuttingDown, toRpcError } from './errors.ts';
import type { OpenCall } from './open-call.ts';

/** The limits of messages, and of their bytes, that a client may be behind. */
const MAX_PENDING = 256;
const MAX_HELD_BYTES = 1024 * 1024;

type WritableCall = ServerWritableStream<never, Buffer> | ServerDuplexStream<never, Buffer>;

/** What a call writes to. */
interface Output {
  sendMessage(message: Buffer, onSent: () => void): void;
}

/** Messages of one turn of the event loop share packets; `onSent` of all is called when the last of them has left. */
function together(call: WritableCall): Output {
  return (call as unknown as { readonly call: Output }).call;
}

/** The call waits until each message has left before it writes the next, so each is a packet, and `onSent` says of each when it left. */
export function oneByOne(call: WritableCall): Output {
  return { sendMessage: (message, onSent) => void call.write(message, () => onSent()) };
}

/** The server's side of a streaming call, with back-pressure. It ends the call once, at the latest when the server stops. */
export class Sender implements OpenCall {
  private isClosed = false;
  private bytes = 0;
  private messages = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly closeListeners: (() => void)[] = [];

  constructor(
    private readonly call: WritableCall,
    private readonly openCalls: Set<OpenCall>,
    private readonly output = together(call),
  ) {
    openCalls.add(this);
    call.on('cancelled', () => this.close());
    call.on('close', () => this.close());
    this.closeListeners.push(() => this.resume());
  }

  get closed(): boolean {
    return this.isClosed;
  }

  /** Calls `listener` when the call has ended, for whatever reason. */
  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.closeListeners.push(listener);
  }

  /** Messages that the client has not received yet. */
  get pending(): number {
    return this.messages;
  }

  /** The bytes of these messages. */
  get heldBytes(): number {
    return this.bytes;
  }

  /** Whether the client is so far behind that it gets nothing more until it reads. */
  get isBehind(): boolean {
    return this.pending >= MAX_PENDING || this.heldBytes >= MAX_HELD_BYTES;
  }

  /** `onSent` is called when the message has left the send buffer. */
  send(message: Buffer, onSent?: () => void): void {
    if (this.closed) return;
    this.bytes += message.length;
    this.messages += 1;
    this.output.sendMessage(message, () => {
      this.bytes -= message.length;
      this.messages -= 1;
      onSent?.();
      if (this.messages === 0) this.resume();
    });
  }

  /** Resolves when the send buffer is empty, or the call has ended. */
  async drained(): Promise<void> {
    if (this.closed) return;
    if (this.messages === 0) {
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

  shutdown(): void {
    this.fail(shuttingDown());
  }

  private resume(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private close(): void {
    if (this.closed) return;
    this.isClosed = true;
    this.openCalls.delete(this);
    for (const listener of this.closeListeners.splice(0)) listener();
  }
}
