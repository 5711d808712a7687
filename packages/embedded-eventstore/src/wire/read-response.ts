import { DELETED_REVISION, originalOf, type EventRecord, type ResolvedEvent } from '../store/records.ts';
import { uuidToString, writeStreamName, type UuidFormat } from './shared.ts';
import { encode, varintSize, type Writer } from './writer.ts';

const JSON_TYPE = 'application/json';
const BYTES_TYPE = 'application/octet-stream';

/** Writes a RecordedEvent as field `field`. */
const writeRecorded = (
  writer: Writer,
  field: number,
  record: EventRecord,
  pos: number,
  format: UuidFormat,
): void => {
  writer.message(field, (recorded) => {
    recorded.message(1, (id) => {
      if (format === 'string') id.string(2, uuidToString(record.id));
      else {
        id.message(1, (parts) =>
          parts.int64(1, record.id.readBigInt64BE(0)).int64(2, record.id.readBigInt64BE(8)),
        );
      }
    });
    writeStreamName(recorded, 2, record.stream);
    recorded.uint64(3, record.rev).uint64(4, pos).uint64(5, pos);
    writeMapEntry(recorded, 'type', record.type);
    writeMapEntry(recorded, 'created', `${record.created}0`);
    writeMapEntry(recorded, 'content-type', record.isJson ? JSON_TYPE : BYTES_TYPE);
    recorded.bytes(7, record.meta).bytes(8, record.data);
  });
};

const writeMapEntry = (writer: Writer, key: string, value: string): void => {
  writer.message(6, (entry) => entry.string(1, key).string(2, value));
};

/**
 * Writes the members of a ReadEvent message, of Streams and of PersistentSubscriptions. The target of a link has its own
 * position in Streams and the link's in PersistentSubscriptions.
 */
export const writeReadEvent = (
  writer: Writer,
  resolved: ResolvedEvent,
  format: UuidFormat,
  targetAt: 'own' | 'link',
): void => {
  const { pos } = originalOf(resolved);
  const { event } = resolved;
  if (event) writeRecorded(writer, 1, event, targetAt === 'own' ? event.pos : pos, format);
  if (resolved.link) writeRecorded(writer, 2, resolved.link, pos, format);
  writer.uint64(3, pos);
};

/** Fast path: writes a common event in one pass into a buffer of the exact size. */
export const encodeReadEvent = (resolved: ResolvedEvent, format: UuidFormat): Buffer => {
  const { event, link } = resolved;
  if (event && !link && format === 'string' && event.rev !== DELETED_REVISION) return encodePlainEvent(event);
  return encode((writer) => writer.message(1, (read) => writeReadEvent(read, resolved, format, 'own')));
};

const ID_SIZE = 2 + 2 + 36;
const HEX = Buffer.from('0123456789abcdef', 'latin1');
const HYPHEN = 0x2d;
const CREATED_ENTRY = Buffer.from('\x0a\x07created\x12', 'latin1');
const TYPE_ENTRY = Buffer.from('\x0a\x04type\x12', 'latin1');
const contentEntry = (type: string): Buffer =>
  Buffer.concat([
    Buffer.from([0x32, 2 + 12 + 2 + type.length, 0x0a, 12]),
    Buffer.from('content-type'),
    Buffer.from([0x12, type.length]),
    Buffer.from(type),
  ]);
const JSON_ENTRY = contentEntry(JSON_TYPE);
const BYTES_ENTRY = contentEntry(BYTES_TYPE);

const delimited = (size: number): number => 1 + varintSize(size) + size;

const encodePlainEvent = (event: EventRecord): Buffer => {
  const streamSize = Buffer.byteLength(event.stream);
  const typeSize = Buffer.byteLength(event.type);
  const created = `${event.created}0`;
  const content = event.isJson ? JSON_ENTRY : BYTES_ENTRY;
  const typeEntry = TYPE_ENTRY.length + varintSize(typeSize) + typeSize;
  const createdEntry = CREATED_ENTRY.length + 1 + created.length;
  const identifier = streamSize === 0 ? 0 : delimited(streamSize);
  const posSize = 1 + varintSize(event.pos);
  const recorded =
    ID_SIZE +
    delimited(identifier) +
    1 +
    varintSize(event.rev) +
    2 * posSize +
    delimited(typeEntry) +
    delimited(createdEntry) +
    content.length +
    (event.meta.length > 0 ? delimited(event.meta.length) : 0) +
    (event.data.length > 0 ? delimited(event.data.length) : 0);
  const read = delimited(recorded) + posSize;
  const out = new Cursor(Buffer.allocUnsafe(delimited(read)));
  out.length(0x0a, read).length(0x0a, recorded);
  out.length(0x0a, 38).length(0x12, 36).uuid(event.id);
  out.length(0x12, identifier);
  if (streamSize > 0) out.text(0x1a, event.stream, streamSize);
  out.length(0x18, event.rev).length(0x20, event.pos).length(0x28, event.pos);
  out.length(0x32, typeEntry).copy(TYPE_ENTRY).lengthOnly(typeSize).raw(event.type, typeSize);
  out.length(0x32, createdEntry).copy(CREATED_ENTRY).lengthOnly(created.length).raw(created, created.length);
  out.copy(content);
  if (event.meta.length > 0) out.length(0x3a, event.meta.length).copy(event.meta);
  if (event.data.length > 0) out.length(0x42, event.data.length).copy(event.data);
  out.length(0x18, event.pos);
  return out.buffer;
};

/** Writes into a buffer of the exact size. */
class Cursor {
  private pos = 0;
  constructor(readonly buffer: Buffer) {}

  length(tag: number, value: number): this {
    this.buffer[this.pos++] = tag;
    return this.lengthOnly(value);
  }

  lengthOnly(value: number): this {
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.pos++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.buffer[this.pos++] = rest;
    return this;
  }

  text(tag: number, value: string, size: number): this {
    return this.length(tag, size).raw(value, size);
  }

  raw(value: string, size: number): this {
    this.buffer.write(value, this.pos, size, size === value.length ? 'latin1' : 'utf8');
    this.pos += size;
    return this;
  }

  /** The text of an id. */
  uuid(id: Buffer): this {
    for (let index = 0; index < id.length; index += 1) {
      const byte = id[index] ?? 0;
      if (index === 4 || index === 6 || index === 8 || index === 10) this.buffer[this.pos++] = HYPHEN;
      this.buffer[this.pos++] = HEX[byte >> 4] ?? 0;
      this.buffer[this.pos++] = HEX[byte & 0xf] ?? 0;
    }
    return this;
  }

  copy(bytes: Buffer): this {
    this.buffer.set(bytes, this.pos);
    this.pos += bytes.length;
    return this;
  }
}

export const encodeConfirmation = (subscriptionId: string): Buffer =>
  encode((writer) => writer.message(2, (confirmation) => confirmation.string(1, subscriptionId)));

export const encodeCheckpoint = (commit: number, prepare: number): Buffer =>
  encode((writer) => writer.message(3, (checkpoint) => checkpoint.uint64(1, commit).uint64(2, prepare)));

export const encodeStreamNotFound = (stream: string): Buffer =>
  encode((writer) => writer.message(4, (missing) => writeStreamName(missing, 1, stream)));

export const encodeFirstRevision = (revision: number): Buffer =>
  encode((writer) => writer.uint64(5, revision));
export const encodeLastRevision = (revision: number): Buffer =>
  encode((writer) => writer.uint64(6, revision));

export const CAUGHT_UP = encode((writer) => writer.message(8));
