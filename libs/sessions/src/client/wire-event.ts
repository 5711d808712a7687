import type { StoredEvent } from './page.ts';

const never = new Date(0);

/** The event of an answer to a read, decoded as the client does, but faster; undefined: the answer has none. */
export function eventOf(answer: Buffer): StoredEvent | undefined {
  const record = new Message(answer).inner(1)?.inner(1);
  return record && recordOf(record);
}

function recordOf(record: Message): StoredEvent {
  let [id, streamId, type, contentType] = ['', '', '<no-event-type-provided>', ''];
  let [revision, commit, prepare] = [0n, 0n, 0n];
  let created = never;
  let data = record.bytes.subarray(0, 0);
  let metadata: unknown;
  while (record.next()) {
    const { field } = record;
    if (field === 1) id = record.message().inner(2)?.text() ?? '';
    else if (field === 2) streamId = record.message().inner(3)?.text() ?? '';
    else if (field === 3) revision = record.number();
    else if (field === 4) prepare = record.number();
    else if (field === 5) commit = record.number();
    else if (field === 6) {
      const name = record.message().inner(1)?.text();
      const text = record.message().inner(2)?.text() ?? '';
      if (name === 'type') type = text;
      else if (name === 'content-type') contentType = text;
      else if (name === 'created') created = timeOf(text);
    } else if (field === 7) metadata = jsonOf(record.value(), (raw) => raw);
    else if (field === 8) data = record.value();
  }
  const isJson = contentType === 'application/json';
  const position = { commit, prepare };
  const content: unknown = isJson ? jsonOf(data, String) : data;
  const event = { streamId, id, revision, type, data: content, metadata, isJson, created, position };
  return event as unknown as StoredEvent;
}

/** The time of a tick count; a millisecond has 10,000 ticks. */
function timeOf(ticks: string): Date {
  return /^\d+$/.test(ticks) ? new Date(Number(ticks.slice(0, -4))) : never;
}

function jsonOf(bytes: Buffer, otherwise: (bytes: Buffer) => unknown): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return otherwise(bytes);
  }
}

/** A message of Protocol Buffers, read field by field. */
class Message {
  /** The number of the present field. */
  field = 0;
  /** Where the value of the present field begins; it ends at `at`. */
  private start: number;

  constructor(
    readonly bytes: Buffer,
    private at = 0,
    private readonly end = bytes.length,
  ) {
    this.start = at;
  }

  /** Moves to the next field; false: there is none. @throws RangeError when the message is truncated */
  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.varint();
    const kind = tag & 7;
    this.field = tag >>> 3;
    this.start = this.at;
    if (kind === 0) this.varint();
    else if (kind === 2) {
      const size = this.varint();
      this.start = this.at;
      this.at += size;
    } else if (kind === 1 || kind === 5) this.at += kind === 1 ? 8 : 4;
    else throw new RangeError(`unknown wire type ${kind}`);
    if (this.at > this.end) throw new RangeError('the message is truncated');
    return true;
  }

  /** The first value of a field of this message, which nobody has read yet; undefined: none. */
  inner(field: number): Message | undefined {
    while (this.next()) if (this.field === field) return this.message();
    return undefined;
  }

  /** The value of the present field as a message. */
  message(): Message {
    return new Message(this.bytes, this.start, this.at);
  }

  value(): Buffer {
    return this.bytes.subarray(this.start, this.at);
  }

  /** The whole of this message as a text. */
  text(): string {
    return this.bytes.toString('utf8', this.start, this.end);
  }

  /** The value of the present field as a number. */
  number(): bigint {
    this.at = this.start;
    const number = this.varint();
    return number <= Number.MAX_SAFE_INTEGER ? BigInt(number) : largeVarint(this.bytes, this.start);
  }

  private varint(): number {
    let [result, factor] = [0, 1];
    for (;;) {
      const byte = this.bytes[this.at++] ?? 0;
      result += (byte & 0x7f) * factor;
      if (byte < 0x80) return result;
      factor *= 128;
    }
  }
}

function largeVarint(bytes: Buffer, from: number): bigint {
  let result = 0n;
  for (let at = from, shift = 0n; ; at += 1, shift += 7n) {
    const byte = bytes[at] ?? 0;
    result |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asUintN(64, result);
  }
}
