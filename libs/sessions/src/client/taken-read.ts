import type { InterceptingListener, Interceptor } from '@grpc/grpc-js';
import { InterceptingCall } from '@grpc/grpc-js';
import { Http2SubchannelCall } from '@grpc/grpc-js/build/src/subchannel-call.js';

/** Takes an answer of a server, as bytes. */
export type TakeAnswer = (answer: Buffer) => void;

/** The bytes before each answer: whether it is compressed, and its length. */
const prefix = 5;

/** A layer of a call, with the members that lead to the one below. */
interface Layer {
  readonly nextCall?: Layer;
  readonly call?: Layer;
  readonly child?: Layer;
  readonly underlyingCalls?: readonly { readonly state: string; readonly call: Layer }[];
}

/** Members of the lowest layer that its type hides: it makes messages of the bytes that arrive, and passes each on. */
interface Lowest {
  readonly decoder?: Partial<Decoder>;
}

interface Decoder {
  readonly maxReadMessageLength: number;
  write: (bytes: Buffer) => Buffer[];
}

/**
 * Takes the answers of a call where their bytes arrive: each layer of gRPC above costs more than to decode an event. An answer
 * that is compressed, and those after it, pass the layers, which do not pass them on but ask for the next one: the one who
 * deserializes them takes them.
 */
export function takingAnswers(take: TakeAnswer): Interceptor {
  return (options, nextCall) => {
    const call = nextCall(options);
    // gRPC takes listeners whose `onReceiveMetadata` has one parameter as they are; others it would wait for.
    const taking = (listener: InterceptingListener): InterceptingListener => ({
      onReceiveMetadata: (metadata) => {
        // Before the first answer, and in the same tick.
        takeFrom(lowestOf(call as unknown as Layer)?.decoder, take);
        listener.onReceiveMetadata(metadata);
      },
      onReceiveMessage: () => call.startRead(),
      onReceiveStatus: (status) => listener.onReceiveStatus(status),
    });
    return new InterceptingCall(call, {
      start: (metadata, listener, next) => next(metadata, taking(listener)),
    });
  };
}

/** Undefined: this version of gRPC has other layers. */
function lowestOf(top: Layer): Lowest | undefined {
  let layer: Layer | undefined = top;
  while (layer !== undefined && !(layer instanceof Http2SubchannelCall)) {
    const { nextCall, call, child, underlyingCalls }: Layer = layer;
    layer = nextCall ?? call ?? child ?? underlyingCalls?.find(({ state }) => state === 'ACTIVE')?.call;
  }
  return layer as Lowest | undefined;
}

/** Without these members, as in another version of gRPC, answers pass the layers. */
function takeFrom(decoder: Partial<Decoder> | undefined, take: TakeAnswer): void {
  if (decoder?.write === undefined || decoder.maxReadMessageLength === undefined) return;
  const passOn = decoder.write.bind(decoder);
  const answers = new Answers(take, decoder.maxReadMessageLength);
  decoder.write = (bytes) => {
    const rest = answers.add(bytes);
    return rest === undefined ? [] : passOn(rest);
  };
}

/** Divides the bytes of a call into its answers. */
export class Answers {
  private pieces: Buffer[] = [];
  private held = 0;
  /** How many bytes have to be there until an answer may be complete. */
  private needed = prefix;
  private isOver = false;

  /** @param longest bytes of an answer; -1: any number */
  constructor(
    private readonly take: TakeAnswer,
    private readonly longest: number,
  ) {}

  /** Returns the bytes from the first answer on that is compressed, or too long. */
  add(bytes: Buffer): Buffer | undefined {
    if (this.isOver) return bytes;
    this.pieces.push(bytes);
    this.held += bytes.length;
    if (this.held < this.needed) return undefined;
    const [first = bytes] = this.pieces;
    const all = this.pieces.length === 1 ? first : Buffer.concat(this.pieces);
    let at = 0;
    this.needed = prefix;
    while (all.length - at >= prefix) {
      const size = all.readUInt32BE(at + 1);
      this.isOver = all[at] !== 0 || (this.longest !== -1 && size > this.longest);
      if (this.isOver) return all.subarray(at);
      this.needed = prefix + size;
      if (all.length - at < this.needed) break;
      this.take(all.subarray(at + prefix, at + this.needed));
      at += this.needed;
      this.needed = prefix;
    }
    this.held = all.length - at;
    this.pieces = this.held === 0 ? [] : [all.subarray(at)];
    return undefined;
  }
}
