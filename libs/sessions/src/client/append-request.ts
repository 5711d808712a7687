import protobuf from 'protobufjs/minimal.js';

type Writer = protobuf.Writer;

/** An event to append. Data and metadata are stored as JSON; bytes are stored unchanged. */
export interface NewEvent {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: unknown;
  readonly metadata?: unknown;
}

/** The server's own limit for an append is 2 s. This deadline is so late that differing clocks do not matter. */
const deadlineS = 86_400;

/** Protobuf wire types: a number, and length-delimited bytes (also texts and messages). */
const number = 0;
const bytes = 2;

/**
 * A request (`BatchAppendReq`) to append events on top of a revision (-1: no stream), under an id that its answer repeats.
 * Encoded straight into bytes: with the client's messages each append costs three times as much.
 */
export function appendRequest(
  id: string,
  stream: string,
  events: readonly NewEvent[],
  expected: number,
): Uint8Array {
  const writer = protobuf.Writer.create();
  writeUuid(writer, 1, id);
  writeOptions(field(writer, 2, bytes).fork(), stream, expected).ldelim();
  for (const event of events) writeEvent(field(writer, 3, bytes).fork(), event).ldelim();
  return field(writer, 4, number).bool(true).finish();
}

function writeOptions(writer: Writer, stream: string, expected: number): Writer {
  const identifier = field(writer, 1, bytes).fork();
  field(identifier, 3, bytes).bytes(Buffer.from(stream)).ldelim();
  if (expected < 0) field(writer, 3, bytes).fork().ldelim();
  else field(writer, 2, number).uint64(expected);
  const deadline = field(writer, 6, bytes).fork();
  return field(deadline, 1, number)
    .int64(Math.round(Date.now() / 1_000) + deadlineS)
    .ldelim();
}

function writeEvent(writer: Writer, { id, type, contentType, data, metadata }: NewEvent): Writer {
  writeUuid(writer, 1, id);
  writeEntry(writer, 2, 'type', type);
  writeEntry(writer, 2, 'content-type', contentType);
  if (metadata !== undefined) writeContent(writer, 3, metadata);
  return writeContent(writer, 4, data);
}

function writeContent(writer: Writer, name: number, value: unknown): Writer {
  const content = field(writer, name, bytes);
  return value instanceof Uint8Array ? content.bytes(value) : content.string(JSON.stringify(value));
}

function writeUuid(writer: Writer, name: number, text: string): void {
  field(field(writer, name, bytes).fork(), 2, bytes)
    .string(text)
    .ldelim();
}

/** An entry of a map. */
function writeEntry(writer: Writer, name: number, key: string, value: string): void {
  const entry = field(field(writer, name, bytes).fork(), 1, bytes).string(key);
  field(entry, 2, bytes).string(value).ldelim();
}

/** The number and the wire type of the field whose value follows. */
function field(writer: Writer, name: number, kind: number): Writer {
  return writer.uint32((name << 3) | kind);
}
