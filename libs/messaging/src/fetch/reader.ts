/** Reads the primitive types of Kafka's protocol in sequence. Throws a RangeError beyond the end. */
export class Reader {
  offset = 0;

  constructor(readonly buffer: Buffer) {}

  get remaining(): number {
    return this.buffer.length - this.offset;
  }

  int8(): number {
    return this.buffer.readInt8(this.advance(1));
  }

  int16(): number {
    return this.buffer.readInt16BE(this.advance(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.advance(4));
  }

  int64(): bigint {
    return this.buffer.readBigInt64BE(this.advance(8));
  }

  /** A slice of the buffer, not a copy. */
  bytes(length: number): Buffer {
    const from = this.advance(length);
    return this.buffer.subarray(from, from + length);
  }

  /** A text after a two-byte length. */
  string(): string {
    return this.bytes(this.int16()).toString('utf8');
  }

  /** Items after a four-byte count; a negative count means none. */
  array<T>(read: (reader: Reader) => T): T[] {
    const items: T[] = [];
    for (let left = this.int32(); left > 0; left -= 1) items.push(read(this));
    return items;
  }

  /** A signed variable-length number of up to 32 bits. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer.readUInt8(this.advance(1));
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new RangeError('a number of more than 5 bytes');
  }

  /** A signed variable-length number of up to 64 bits. */
  varlong(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.buffer.readUInt8(this.advance(1));
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return (value >> 1n) ^ -(value & 1n);
    }
    throw new RangeError('a number of more than 10 bytes');
  }

  /** Bytes after their length; null when it is negative. */
  varBytes(): Buffer | null {
    const length = this.varint();
    return length < 0 ? null : this.bytes(length);
  }

  private advance(length: number): number {
    const from = this.offset;
    if (length < 0 || length > this.remaining) throw new RangeError('bytes are missing');
    this.offset += length;
    return from;
  }
}
