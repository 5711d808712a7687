import { once } from 'node:events';
import { connect } from 'node:http2';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import messages, {
  type BatchAppendReq,
  type BatchAppendResp,
  type ReadReq,
  type ReadResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import timestamps from 'google-protobuf/google/protobuf/timestamp_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_grpc_pb.js';

/** Host and port of a connection string. */
export const targetOf = (url: string): string => /^esdb:\/\/(?:[^@/]*@)?([^/?]+)/.exec(url)?.[1] ?? '';

/** The part that the client's own API hides: the Streams service as on the wire. */
export class RawClient {
  readonly stub: InstanceType<typeof streams.StreamsClient>;

  constructor(url: string) {
    this.stub = new streams.StreamsClient(targetOf(url), credentials.createInsecure());
  }

  close(): void {
    this.stub.close();
  }

  /** All messages of a Read call; rejects with the call's error. */
  read(configure: (options: ReadReq.Options) => void): Promise<ReadResp[]> {
    const options = new messages.ReadReq.Options();
    configure(options);
    const request = new messages.ReadReq();
    request.setOptions(options);
    const responses: ReadResp[] = [];
    return new Promise((resolve, reject) => {
      const call = this.stub.read(request, new Metadata());
      call.on('data', (response: ReadResp) => responses.push(response));
      call.on('error', (error: ServiceError) => reject(error));
      call.on('end', () => resolve(responses));
    });
  }

  /** Sends BatchAppend requests on one call; resolves with its first `count` answers, or with all when the server ends it. */
  batchAppend(requests: readonly BatchAppendReq[], count = requests.length): Promise<BatchAppendResp[]> {
    const responses: BatchAppendResp[] = [];
    return new Promise((resolve, reject) => {
      const call = this.stub.batchAppend(new Metadata());
      call.on('data', (response: BatchAppendResp) => {
        // A server may leave out pending answers when the client ends its half of the call.
        if (responses.push(response) === count) call.end();
      });
      call.on('error', (error: ServiceError) => reject(error));
      call.on('end', () => resolve(responses));
      for (const request of requests) call.write(request);
    });
  }
}

/** The messages that a Read call returns, and the HTTP/2 frames that they arrive in. */
export const framesOf = async (
  url: string,
  configure: (options: ReadReq.Options) => void,
): Promise<{ messages: number; frames: number }> => {
  const options = new messages.ReadReq.Options();
  configure(options);
  const request = new messages.ReadReq();
  request.setOptions(options);
  const bytes = Buffer.from(request.serializeBinary());
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes.length, 1);
  const session = connect(`http://${targetOf(url)}`);
  try {
    const { path } = streams.StreamsService.read;
    const call = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    call.end(Buffer.concat([prefix, bytes]));
    const frames: Buffer[] = [];
    call.on('data', (frame: Buffer) => frames.push(frame));
    await once(call, 'end');
    return { messages: countMessages(Buffer.concat(frames)), frames: frames.length };
  } finally {
    session.destroy();
  }
};

const countMessages = (bytes: Buffer): number => {
  let count = 0;
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt32BE(at + 1)) count += 1;
  return count;
};

export const streamIdentifier = (name: string) => {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(name).toString('base64'));
  return identifier;
};

const textUuid = (text: string) => {
  const uuid = new shared.UUID();
  uuid.setString(text);
  return uuid;
};

export const empty = () => new shared.Empty();

/** The options of most reads: ids as text, forwards, no filter. */
export const plainOptions = (options: ReadReq.Options): void => {
  const uuid = new messages.ReadReq.Options.UUIDOption();
  uuid.setString(empty());
  options.setUuidOption(uuid);
  options.setNoFilter(empty());
  options.setCount('1000000');
};

export const readStreamOptions = (options: ReadReq.Options, stream: string): void => {
  plainOptions(options);
  const from = new messages.ReadReq.Options.StreamOptions();
  from.setStreamIdentifier(streamIdentifier(stream));
  from.setStart(empty());
  options.setStream(from);
};

export const readAllOptions = (options: ReadReq.Options, position?: bigint): void => {
  plainOptions(options);
  const all = new messages.ReadReq.Options.AllOptions();
  if (position === undefined) all.setStart(empty());
  else {
    const from = new messages.ReadReq.Options.Position();
    from.setCommitPosition(String(position));
    from.setPreparePosition(String(position));
    all.setPosition(from);
  }
  options.setAll(all);
};

interface ProposedText {
  readonly type?: string;
  readonly contentType?: string;
  readonly data?: Buffer;
  readonly id?: string;
}

export const proposed = ({ type, contentType, data, id }: ProposedText) => {
  const message = new messages.BatchAppendReq.ProposedMessage();
  message.setId(textUuid(id ?? crypto.randomUUID()));
  if (type !== undefined) message.getMetadataMap().set('type', type);
  if (contentType !== undefined) message.getMetadataMap().set('content-type', contentType);
  message.setData(data ?? Buffer.alloc(0));
  return message;
};

interface BatchText {
  readonly correlation: string;
  readonly stream?: string;
  /** Milliseconds since 1970. */
  readonly deadline?: number;
  readonly events?: readonly ReturnType<typeof proposed>[];
  readonly final?: boolean;
  readonly options?: boolean;
}

export const batch = ({
  correlation,
  stream,
  deadline,
  events,
  final,
  options,
}: BatchText): BatchAppendReq => {
  const request = new messages.BatchAppendReq();
  request.setCorrelationId(textUuid(correlation));
  request.setIsFinal(final ?? true);
  request.setProposedMessagesList([...(events ?? [])]);
  if (options === false) return request;
  const given = new messages.BatchAppendReq.Options();
  if (stream !== undefined) given.setStreamIdentifier(streamIdentifier(stream));
  given.setAny(empty());
  if (deadline !== undefined) given.setDeadline(timestamp(deadline));
  request.setOptions(given);
  return request;
};

const timestamp = (milliseconds: number) => {
  const time = new timestamps.Timestamp();
  time.setSeconds(Math.floor(milliseconds / 1000));
  time.setNanos((milliseconds % 1000) * 1_000_000);
  return time;
};
