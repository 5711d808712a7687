import type { AllStreamSubscription, EventStoreDBClient } from '@eventstore/db-client';
import streams from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type {
  CallOptions,
  ClientDuplexStream,
  ClientReadableStream,
  Interceptor,
  Metadata,
} from '@grpc/grpc-js';
import { Subchannel } from '@grpc/grpc-js/build/src/subchannel.js';
import type { AppendAnswer } from './append-answer.ts';
import { readAnswer } from './append-answer.ts';
import type { TakeAnswer } from './taken-read.ts';
import { takingAnswers } from './taken-read.ts';

type StreamsClient = InstanceType<typeof streams.StreamsClient>;

/** A long call on which appends are sent as bytes and answered. */
export type BatchAppendCall = ClientDuplexStream<Uint8Array, AppendAnswer>;

type CallArguments = [Metadata, CallOptions];

type ReadCall = ClientReadableStream<ReadResp>;

/** How the client begins a read, on the part of its own client for gRPC that it uses for that. */
type CreateRead = (grpc: { read(request: ReadReq, ...rest: CallArguments): ReadCall }) => ReadCall;

interface Channel {
  close(): void;
}

/** Members of the client that its type hides. */
interface Hidden {
  readonly disposableStreams: ReadonlySet<unknown>;
  createChannel: () => Promise<Channel>;
  handleError: (...failed: readonly unknown[]) => Promise<void>;
  readonly callArguments: (options: object, callOptions: { deadline: number }) => CallArguments;
  readonly GRPCStreamCreator: <Call>(
    service: typeof streams.StreamsClient,
    name: string,
    create: (client: StreamsClient) => Call,
  ) => () => Promise<Call>;
}

function hidden(client: EventStoreDBClient): Hidden {
  return client as unknown as Hidden;
}

/** Opens a call for appends, with the client's discovery, credentials and error handling. */
export function openBatchAppend(client: EventStoreDBClient): Promise<BatchAppendCall> {
  const { callArguments, GRPCStreamCreator } = hidden(client);
  const { path } = streams.StreamsService.batchAppend;
  const open = GRPCStreamCreator(streams.StreamsClient, 'batchAppend', (grpc) =>
    grpc.makeBidiStreamRequest(
      path,
      (request: Uint8Array) => Buffer.from(request.buffer, request.byteOffset, request.byteLength),
      readAnswer,
      ...callArguments({}, { deadline: Infinity }),
    ),
  );
  return open();
}

/** Opens a call that reads from the leader of a cluster, as `openBatchAppend` does. */
export function openRead(client: EventStoreDBClient, request: ReadReq): () => Promise<ReadCall> {
  return openReadWith(client, request, streams.StreamsService.read.responseDeserialize, []);
}

/** The same; the stream of the call has no answers: they are taken when they arrive. */
export function openTakenRead(
  client: EventStoreDBClient,
  request: ReadReq,
  take: TakeAnswer,
): () => Promise<ReadCall> {
  return openReadWith(client, request, take as (answer: Buffer) => never, [takingAnswers(take)]);
}

function openReadWith(
  client: EventStoreDBClient,
  request: ReadReq,
  answerOf: (bytes: Buffer) => ReadResp,
  interceptors: Interceptor[],
): () => Promise<ReadCall> {
  const { callArguments, GRPCStreamCreator } = hidden(client);
  const { path, requestSerialize } = streams.StreamsService.read;
  return GRPCStreamCreator(streams.StreamsClient, 'readStream', (grpc) => {
    const [metadata, options] = callArguments({ requiresLeader: true }, { deadline: Infinity });
    const rest = { ...options, interceptors };
    return grpc.makeServerStreamRequest(path, requestSerialize, answerOf, request, metadata, rest);
  });
}

/**
 * Begins a subscription, as the client's `subscribeToAll`.
 * @param answerOf makes an answer of its bytes; the event in it is passed on as it is
 */
export function openSubscription(
  client: EventStoreDBClient,
  options: Parameters<EventStoreDBClient['subscribeToAll']>[0],
  answerOf: (bytes: Buffer) => ReadResp,
): AllStreamSubscription {
  const { GRPCStreamCreator } = hidden(client);
  const { path, requestSerialize } = streams.StreamsService.read;
  const decoding = Object.create(client, {
    GRPCStreamCreator: {
      value: (service: typeof streams.StreamsClient, name: string, create: CreateRead) =>
        GRPCStreamCreator(service, name, (grpc) =>
          create({
            read: (request, ...rest) =>
              grpc.makeServerStreamRequest(path, requestSerialize, answerOf, request, ...rest),
          }),
        ),
    },
  }) as EventStoreDBClient;
  const subscription = decoding.subscribeToAll(options);
  return Object.assign(subscription, { convertGrpcEvent: (event: unknown) => event });
}

/** The calls that a client holds: those in flight, and those that were never ended. */
export function heldCalls(client: EventStoreDBClient): number {
  return hidden(client).disposableStreams.size;
}

/** Members of a gRPC subchannel that its type hides. */
interface HiddenSubchannel {
  continueConnecting: boolean;
  readonly refcount: number;
  handleBackoffTimer: (this: HiddenSubchannel) => void;
}

const subchannels = Subchannel.prototype as unknown as HiddenSubchannel;
const { handleBackoffTimer } = subchannels;
/**
 * When a channel is closed while it waits to reconnect, gRPC connects it once more and never closes that connection. An outage
 * of the server would leave a connection open for each attempt to reach it.
 */
subchannels.handleBackoffTimer = function () {
  if (this.refcount === 0) this.continueConnecting = false;
  handleBackoffTimer.call(this);
};

/** Tracks a client's channels, which its `dispose` leaves open. Returns a function that closes them; calls in flight continue. */
export function trackChannels(client: EventStoreDBClient): () => void {
  const internals = hidden(client);
  const { createChannel } = internals;
  const channels: Channel[] = [];
  let closed = false;
  internals.createChannel = async () => {
    const channel = await createChannel();
    channels.push(channel);
    if (closed) channel.close();
    return channel;
  };
  return () => {
    closed = true;
    for (const channel of channels) channel.close();
  };
}

/**
 * After a failed call the client changes its connection in the background, which nobody awaits. When no node of a cluster is
 * discovered, that fails as an unhandled rejection, which would end the process. The next call reports the same error itself.
 */
export function catchFailedReactions(client: EventStoreDBClient): void {
  const internals = hidden(client);
  const { handleError } = internals;
  internals.handleError = (...failed) => handleError(...failed).catch(() => undefined);
}
