import { DELETED_REVISION } from '../store/records.ts';

const TWO_63_LESS_1 = 2n ** 63n - 1n;

/** Writes protobuf fields. Fields with their default value are left out, as proto3 does, unless they are in a oneof. */
export class Writer {
  private buffer = Buffer.allocUnsafe(256);
  private length = 0;

  finish(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  uint32(field: number, value: number): this {
    return value === 0 ? this : this.tag(field, 0).varint(value);
  }

  /** A signed 32-bit number: a negative one takes ten bytes. */
  int32(field: number, value: number): this {
    if (value === 0) return this;
    this.tag(field, 0);
    return value > 0 ? this.varint(value) : this.varint64(BigInt.asUintN(64, BigInt(value)));
  }

  bool(field: number, value: boolean): this {
    return value ? this.tag(field, 0).varint(1) : this;
  }

  /** A revision or a position, written even when it is 0. */
  uint64(field: number, value: number): this {
    this.tag(field, 0);
    if (value === DELETED_REVISION) return this.varint64(TWO_63_LESS_1);
    return value > Number.MAX_SAFE_INTEGER ? this.varint64(clampUint64(value)) : this.varint(value);
  }

  int64(field: number, value: bigint): this {
    return this.tag(field, 0).varint64(BigInt.asUintN(64, value));
  }

  string(field: number, value: string): this {
    if (value === '') return this;
    const size = Buffer.byteLength(value);
    this.tag(field, 2).varint(size).reserve(size);
    this.buffer.write(value, this.length, 'utf8');
    this.length += size;
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    if (value.length === 0) return this;
    this.tag(field, 2).varint(value.length).reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
    return this;
  }

  /** A nested message; `write` fills it. Without `write` it is an empty one. */
  message(field: number, write?: (writer: this) => void): this {
    this.tag(field, 2).varint(0);
    const start = this.length;
    write?.(this);
    const size = this.length - start;
    if (size < 0x80) {
      this.buffer[start - 1] = size;
      return this;
    }
    const extra = varintSize(size) - 1;
    this.reserve(extra);
    this.buffer.copyWithin(start + extra, start, this.length);
    this.length = start - 1;
    this.varint(size);
    this.length += size;
    return this;
  }

  private tag(field: number, wireType: number): this {
    return this.varint((field << 3) | wireType);
  }

  private varint(value: number): this {
    this.reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.buffer[this.length++] = rest;
    return this;
  }

  private varint64(value: bigint): this {
    this.reserve(10);
    let rest = value;
    while (rest >= 0x80n) {
      this.buffer[this.length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.buffer[this.length++] = Number(rest);
    return this;
  }

  private reserve(size: number): void {
    if (this.length + size <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + size));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }
}

export const varintSize = (value: number): number => {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) size++;
  return size;
};

const clampUint64 = (value: number): bigint => (value >= 2 ** 64 ? 2n ** 64n - 1n : BigInt(value));

/** An encoder of a whole message. */
export const encode = (write: (writer: Writer) => void): Buffer => {
  const writer = new Writer();
  write(writer);
  return writer.finish();
};
