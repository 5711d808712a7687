import type { AllStreamSubscription, EventStoreDBClient, StreamingRead } from '@eventstore/db-client';
import { ReadStream } from '@eventstore/db-client/dist/streams/utils/ReadStream.js';
import { convertGrpcRecord } from '@eventstore/db-client/dist/utils/convertGrpcEvent.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_grpc_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import { openRead, openSubscription, openTakenRead } from './hidden.ts';
import type { Reading, StoredEvent, Take } from './page.ts';
import { readingOf } from './page.ts';
import { eventOf } from './wire-event.ts';

const { Options } = messages.ReadReq;

type ReadEvent = InstanceType<typeof messages.ReadResp.ReadEvent>;

/** An event with the exact bytes of its data and metadata, which the client's own reads parse and drop. */
export type ExactEvent = StoredEvent & {
  readonly bytes: { readonly data: Uint8Array; readonly metadata: Uint8Array };
};

/** Starts a read of a part of a stream, like the client's `readStream`. */
export function readExactly(
  client: EventStoreDBClient,
  stream: string,
  from: number,
  maxCount: number,
): StreamingRead<{ event?: ExactEvent }> {
  const position = new Options.StreamOptions();
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(new Uint8Array(Buffer.from(stream)));
  position.setStreamIdentifier(identifier);
  position.setRevision(String(from));
  const options = new Options();
  options.setStream(position);
  return begin(client, options, maxCount);
}

/** Starts a read of a part of the whole log, from the event at a position on; undefined: from the first event. */
export function readLogExactly(
  client: EventStoreDBClient,
  from: bigint | undefined,
  maxCount: number,
): StreamingRead<{ event?: ExactEvent }> {
  return begin(client, logFrom(from), maxCount);
}

/**
 * Starts the same read, whose answers are taken as they are: `eventOf` decodes them. They do not pass the streams between a call and
 * its reader, which cost more than decoding; so the read does not wait for a slow reader.
 */
export function readLogAnswers(
  client: EventStoreDBClient,
  from: bigint | undefined,
  maxCount: number,
  take: Take<Buffer>,
): Reading {
  const call = openTakenRead(client, requestOf(logFrom(from), maxCount), (answer) =>
    take(answer, answer.length),
  );
  // It ends with the call, and has no events.
  return readingOf(new ReadStream<object>(call, () => ({}), {}), () => undefined);
}

/** The client's `subscribeToAll`, its events decoded in less time. */
export function subscribeFast(
  client: EventStoreDBClient,
  options: Parameters<EventStoreDBClient['subscribeToAll']>[0],
): AllStreamSubscription {
  const { responseDeserialize } = streams.StreamsService.read;
  return openSubscription(client, options, (bytes) => {
    const answer = toAnswer(bytes);
    return answer.hasEvent() ? answer : responseDeserialize(bytes);
  });
}

function logFrom(from: bigint | undefined): InstanceType<typeof Options> {
  const all = new Options.AllOptions();
  if (from === undefined) all.setStart(new shared.Empty());
  else {
    const position = new Options.Position();
    position.setCommitPosition(String(from));
    position.setPreparePosition(String(from));
    all.setPosition(position);
  }
  const options = new Options();
  options.setAll(all);
  return options;
}

function begin(
  client: EventStoreDBClient,
  options: InstanceType<typeof Options>,
  maxCount: number,
): StreamingRead<{ event?: ExactEvent }> {
  return new ReadStream(openRead(client, requestOf(options, maxCount)), toExactEvent, {});
}

function requestOf(
  options: InstanceType<typeof Options>,
  maxCount: number,
): InstanceType<typeof messages.ReadReq> {
  const uuids = new Options.UUIDOption();
  uuids.setString(new shared.Empty());
  options.setCount(String(maxCount));
  options.setUuidOption(uuids);
  options.setNoFilter(new shared.Empty());
  options.setReadDirection(Options.ReadDirection.FORWARDS);
  const request = new messages.ReadReq();
  request.setOptions(options);
  return request;
}

/** An answer of the server with its event, as far as the client's stream inspects it. */
function toAnswer(bytes: Buffer): InstanceType<typeof messages.ReadResp> {
  const event = eventOf(bytes);
  const answer = { hasEvent: () => event !== undefined, getEvent: () => ({ event }) };
  return answer as unknown as InstanceType<typeof messages.ReadResp>;
}

function toExactEvent(read: ReadEvent): { event?: ExactEvent } {
  const record = read.getEvent();
  if (record === undefined) return {};
  const bytes = { data: record.getData_asU8(), metadata: record.getCustomMetadata_asU8() };
  return { event: { ...convertGrpcRecord(record), bytes } };
}
