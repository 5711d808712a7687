import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import { shuttingDown, toRpcError } from './errors.ts';
import type { OpenCall } from './open-call.ts';

/** The limits of messages, and of their bytes, that a client may be behind. */
const MAX_PENDING = 256;
const MAX_HELD_BYTES = 1024 * 1024;

type WritableCall = ServerWritableStream<never, Buffer> | ServerDuplexStream<never, Buffer>;

/** A message, or several, as gRPC writes it: behind a prefix of its length, into a buffer that it makes. */
type Message = Pick<Buffer, 'byteLength'> & { copy(target: Buffer, start: number): unknown };

/** What a call writes to. */
interface Output {
  sendMessage(message: Message, onSent: () => void): void;
}

/** The bytes before each message: that it is not compressed, and its length. */
const PREFIX = 5;

/** Messages that are written at once. Each gets its own prefix, the first one in place of that which gRPC writes for all. */
class Joined implements Message {
  readonly byteLength: number;

  constructor(private readonly messages: readonly Buffer[]) {
    this.byteLength = messages.reduce((sum, { length }) => sum + PREFIX + length, -PREFIX);
  }

  copy(target: Buffer, start: number): void {
    let at = start - PREFIX;
    for (const message of this.messages) {
      at = target.writeUInt8(0, at);
      at = target.writeUInt32BE(message.length, at);
      at += message.copy(target, at);
    }
  }
}

/** Messages of one turn of the event loop share packets; `onSent` of all is called when the last of them has left. */
function together(call: WritableCall): Output {
  return (call as unknown as { readonly call: Output }).call;
}

/** The call waits until each message has left before it writes the next, so each is a packet, and `onSent` says of each when it left. */
export function oneByOne(call: WritableCall): Output {
  return { sendMessage: (message, onSent) => void call.write(message as Buffer, () => onSent()) };
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
    this.write(message, 1, onSent);
  }

  /** Sends messages at once, which costs little more than sending one. */
  sendAll(messages: readonly Buffer[]): void {
    if (messages.length > 0) this.write(new Joined(messages), messages.length);
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

  private write(message: Message, count: number, onSent?: () => void): void {
    if (this.closed) return;
    const { byteLength } = message;
    this.bytes += byteLength;
    this.messages += count;
    this.output.sendMessage(message, () => {
      this.bytes -= byteLength;
      this.messages -= count;
      onSent?.();
      if (this.messages === 0) this.resume();
    });
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
