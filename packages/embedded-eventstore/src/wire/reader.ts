/** Reads protobuf fields from a buffer, without copying. The same reader is used for nested messages. */
export class Reader {
  pos = 0;
  end: number;

  constructor(readonly buffer: Buffer) {
    this.end = buffer.length;
  }

  /** An unsigned 32-bit varint; higher bits are dropped. */
  uint32(): number {
    let shift = 0;
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
      shift += 7;
    }
    throw new RangeError('Malformed varint');
  }

  int32(): number {
    return this.uint32() | 0;
  }

  bool(): boolean {
    return this.uint32() !== 0;
  }

  /** An unsigned 64-bit varint as a number: exact up to 2^53, beyond that rounded. */
  uint64(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new RangeError('Malformed varint');
  }

  /** A signed 64-bit varint, exact. */
  int64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new RangeError('Malformed varint');
  }

  bytes(): Buffer {
    const end = this.lengthEnd();
    const slice = this.buffer.subarray(this.pos, end);
    this.pos = end;
    return slice;
  }

  string(): string {
    const end = this.lengthEnd();
    const value = this.buffer.toString('utf8', this.pos, end);
    this.pos = end;
    return value;
  }

  /** Calls `field` for every field of the nested message at the cursor. `field` must consume it or call skip(). */
  message<T>(target: T, field: FieldReader<T>): T {
    const outer = this.end;
    this.end = this.lengthEnd();
    this.fields(target, field);
    this.end = outer;
    return target;
  }

  /** Calls `field` for every field up to the end of the current message. */
  fields<T>(target: T, field: FieldReader<T>): T {
    while (this.pos < this.end) {
      const tag = this.uint32();
      const before = this.pos;
      field(target, tag >>> 3, this);
      if (this.pos === before) this.skip(tag & 7);
    }
    if (this.pos > this.end) throw new RangeError('Truncated message');
    return target;
  }

  /** Skips an empty nested message and returns true. */
  present(): true {
    this.pos = this.lengthEnd();
    return true;
  }

  private skip(wireType: number): void {
    if (wireType === 0) this.uint64();
    else if (wireType === 1) this.pos += 8;
    else if (wireType === 2) this.pos = this.lengthEnd();
    else if (wireType === 5) this.pos += 4;
    else throw new RangeError(`Unknown wire type ${wireType}`);
  }

  private byte(): number {
    const byte = this.buffer[this.pos++];
    if (byte === undefined) throw new RangeError('Truncated message');
    return byte;
  }

  private lengthEnd(): number {
    const length = this.uint32();
    const end = this.pos + length;
    if (end > this.end) throw new RangeError('Truncated message');
    return end;
  }
}

type FieldReader<T> = (target: T, field: number, reader: Reader) => void;

/** A decoder of a whole message: `create` returns the defaults, given the size in bytes; `field` reads one field into it. */
export const decoder =
  <T>(create: (size: number) => T, field: FieldReader<T>) =>
  (buffer: Buffer): T =>
    new Reader(buffer).fields(create(buffer.length), field);
