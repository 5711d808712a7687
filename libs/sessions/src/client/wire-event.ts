import type { StoredEvent } from './page.ts';

const never = new Date(0);
/** A time has 10,000 ticks in a millisecond. */
const tickDigits = 4;
const [zero, nine] = [0x30, 0x39];

/** The event of an answer to a read, decoded as the client does, but faster; undefined: the answer has none. */
export function eventOf(answer: Buffer): StoredEvent | undefined {
  const message = new Message(answer);
  return message.enterFirst(1) && message.enterFirst(1) ? recordIn(message) : undefined;
}

function recordIn(record: Message): StoredEvent {
  let [id, streamId, type, isJson] = ['', '', '<no-event-type-provided>', false];
  let [revision, commit, prepare] = [0n, 0n, 0n];
  let created = never;
  let data = record.nothing;
  let metadata: Range | undefined;
  while (record.next()) {
    const { field } = record;
    if (field === 1) id = textIn(record, 2);
    else if (field === 2) streamId = textIn(record, 3);
    else if (field === 3) revision = record.number();
    else if (field === 4) prepare = record.number();
    else if (field === 5) commit = record.number();
    else if (field === 6) {
      const end = record.enter();
      let [name, value] = [record.nothing, record.nothing];
      while (record.next())
        if (record.field === 1) name = record.range();
        else if (record.field === 2) value = record.range();
      if (record.isText(name, 'type')) type = record.text(value);
      else if (record.isText(name, 'content-type')) isJson = record.isText(value, 'application/json');
      else if (record.isText(name, 'created')) created = timeOf(record.bytes, value);
      record.leave(end);
    } else if (field === 7) metadata = record.range();
    else if (field === 8) data = record.range();
  }
  const position = { commit, prepare };
  const event = {
    streamId,
    id,
    revision,
    type,
    data: isJson ? jsonOf(record, data, (text) => text) : record.value(data),
    metadata: metadata && jsonOf(record, metadata, () => record.value(metadata)),
    isJson,
    created,
    position,
  };
  return event as unknown as StoredEvent;
}

/** The text of a field of the present field's message. */
function textIn(record: Message, field: number): string {
  const end = record.enter();
  const text = record.text(record.first(field));
  record.leave(end);
  return text;
}

/** The time of a tick count. */
function timeOf(bytes: Buffer, { start, end }: Range): Date {
  let ms = 0;
  for (let at = start; at < end; at += 1) {
    const digit = bytes[at] ?? 0;
    if (digit < zero || digit > nine) return never;
    if (at < end - tickDigits) ms = ms * 10 + digit - zero;
  }
  return start === end ? never : new Date(ms);
}

function jsonOf(record: Message, range: Range, otherwise: (text: string) => unknown): unknown {
  const text = record.text(range);
  try {
    return JSON.parse(text);
  } catch {
    return otherwise(text);
  }
}

/** Where a value is. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** A message of Protocol Buffers, read field by field; fields that are messages can be entered. */
class Message {
  readonly nothing: Range = { start: 0, end: 0 };
  /** The number of the present field. */
  field = 0;
  /** Where the value of the present field begins; it ends at `at`. */
  private start = 0;
  private at = 0;
  private end: number;

  constructor(readonly bytes: Buffer) {
    this.end = bytes.length;
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

  /** Continues with the fields of the present one. Returns where the message ends that it is a part of. */
  enter(): number {
    const { end } = this;
    this.end = this.at;
    this.at = this.start;
    return end;
  }

  /** Continues behind the message that was entered. */
  leave(end: number): void {
    this.at = this.end;
    this.end = end;
  }

  /** Enters the first field with a number; false: there is none. */
  enterFirst(field: number): boolean {
    while (this.next())
      if (this.field === field) {
        this.enter();
        return true;
      }
    return false;
  }

  /** Where the first of the next fields with a number is; empty: there is none. */
  first(field: number): Range {
    while (this.next()) if (this.field === field) return this.range();
    return this.nothing;
  }

  /** Where the present field is. */
  range(): Range {
    return { start: this.start, end: this.at };
  }

  value({ start, end }: Range): Buffer {
    return this.bytes.subarray(start, end);
  }

  text({ start, end }: Range): string {
    return this.bytes.toString('utf8', start, end);
  }

  /** Whether a value is this text, of ASCII. */
  isText({ start, end }: Range, text: string): boolean {
    if (end - start !== text.length) return false;
    for (let at = 0; at < text.length; at += 1)
      if (this.bytes[start + at] !== text.charCodeAt(at)) return false;
    return true;
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
