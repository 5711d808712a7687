import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { deflateRaw, gzip, zstdCompress } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { compressFrame } from 'lz4-napi';
import { compress } from 'snappy';
import type { Budget, FetchedRecord } from './record-batch.ts';
import { readRecordBatches } from './record-batch.ts';

interface Sent {
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: { readonly [name: string]: Buffer | string | (Buffer | string)[] };
}
interface Encoded {
  readonly buffer: Buffer;
}

/** The encoders of kafkajs, which have no types. */
const load = createRequire(import.meta.url);
const encodeRecord = load('kafkajs/src/protocol/recordBatch/record/v0') as (sent: object) => Encoded;
const { RecordBatch: encodeBatch } = load('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (batch: object) => Promise<Encoded>;
};

const megabyte = 1_048_576;
const plenty = (): Budget => ({ left: 100 * megabyte });

function body(messages: readonly Sent[]): Buffer[] {
  return messages.map(
    (sent, offsetDelta) => encodeRecord({ offsetDelta, key: null, value: null, ...sent }).buffer,
  );
}

/** A batch whose records are these bytes, compressed with a codec. */
async function packedBatch(
  firstOffset: number,
  count: number,
  codec: number,
  packed: Buffer,
): Promise<Buffer> {
  const { buffer } = await encodeBatch({
    firstOffset: BigInt(firstOffset),
    lastOffsetDelta: count - 1,
    records: [],
  });
  const batch = Buffer.concat([buffer.subarray(0, 61), packed]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt16BE(codec, 21);
  batch.writeInt32BE(count, 57);
  return batch;
}

async function batch(firstOffset: number, ...messages: Sent[]): Promise<Buffer> {
  return packedBatch(firstOffset, messages.length, 0, Buffer.concat(body(messages)));
}

async function read(...batches: Buffer[]): Promise<FetchedRecord[]> {
  return readRecordBatches(Buffer.concat(batches), plenty());
}

const text = (value: string): Sent => ({ value: Buffer.from(value) });
const texts = (records: readonly FetchedRecord[]): string[] => records.map(({ value }) => String(value));

describe('records', () => {
  test('are read with their offsets, over several batches', async () => {
    const records = await read(await batch(7, text('a'), text('b')), await batch(20, text('c')));
    expect(records.map(({ offset }) => offset)).toEqual(['7', '8', '20']);
    expect(texts(records)).toEqual(['a', 'b', 'c']);
  });

  test('keep keys and headers; a repeated header is a list', async () => {
    const headers = { one: 'x', two: ['y', 'z'], ['__proto__']: 'p' };
    const [record] = await read(await batch(0, { key: Buffer.from('k'), headers }));
    expect(record?.key).toEqual(Buffer.from('k'));
    expect(record?.headers['two']).toEqual([Buffer.from('y'), Buffer.from('z')]);
    expect(Object.keys(record?.headers ?? {})).toEqual(Object.keys(headers));
  });

  // Linear reading takes no time; looking through all headers for each of them takes longer than any spec may.
  test('with 200,000 headers are read in one pass', async () => {
    const headers = Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [`h${n}`, 'x']));
    const [record] = await read(await batch(0, { headers }));
    expect(Object.keys(record?.headers ?? {})).toHaveLength(200_000);
  });

  test('of a truncated batch are left out', async () => {
    const cut = (await batch(9, text('b'))).subarray(0, -1);
    expect(texts(await read(await batch(0, text('a')), cut))).toEqual(['a']);
  });

  test('that exceed the memory limit are left for later', async () => {
    const budget = { left: 100 };
    const batches = Buffer.concat([await batch(0, text('a')), await batch(1, text('b'))]);
    expect(texts(await readRecordBatches(batches, budget))).toEqual(['a']);
  });

  test.each([
    ['gzip', 1, promisify(gzip)],
    ['snappy', 2, compress],
    ['lz4', 3, compressFrame],
    ['zstd', 4, promisify(zstdCompress)],
  ])('packed by %s are read', async (_, codec, pack) => {
    const packed = await pack(Buffer.concat(body([text('a'), text('b'.repeat(100_000))])));
    const records = await read(await packedBatch(3, 2, codec, packed));
    expect(records.map(({ offset, value }) => [offset, value?.length])).toEqual([
      ['3', 1],
      ['4', 100_000],
    ]);
  });
});

/** A message of the older formats: offset, size, checksum, format, attributes, time, key and value. */
const oldMessage = (format: number, offset: number, value: string): Buffer => {
  const head = Buffer.alloc(30);
  const message = Buffer.concat([head, Buffer.from(value)]);
  message.writeBigInt64BE(BigInt(offset), 0);
  message.writeInt32BE(message.length - 12, 8);
  message.writeInt8(format, 16);
  return message;
};

/** Good records, but more than may be unpacked. */
function bomb(megabytes = 40): Buffer {
  return Buffer.concat(body([text('a'), { value: Buffer.alloc(megabytes * megabyte) }]));
}

/** Two gzip streams in sequence, of which the last one is small. */
async function gzipInParts(data: Buffer): Promise<Buffer> {
  const parts = [data.subarray(0, -10), data.subarray(-10)];
  return Buffer.concat(await Promise.all(parts.map((part) => promisify(gzip)(part))));
}

/** Broken data that say how many megabytes they hold. */
async function gzipSaying(megabytes: number): Promise<Buffer> {
  const packed = await promisify(gzip)('x');
  packed.writeUInt32LE(megabytes * megabyte, packed.length - 4);
  return packed;
}

async function snappySaying(megabytes: number): Promise<Buffer> {
  return (await compress(Buffer.alloc(megabytes * megabyte))).subarray(0, 10);
}

async function lz4Saying(megabytes: number): Promise<Buffer> {
  const packed = await compressFrame(Buffer.alloc(megabytes * megabyte));
  packed.fill(0xff, packed.length - 8);
  return packed;
}

describe('an unreadable batch becomes one record with its bytes', () => {
  test.each<[string, () => Promise<Buffer>]>([
    ['an unknown codec', () => packedBatch(3, 2, 7, Buffer.from('x'))],
    ['broken gzip', () => packedBatch(3, 2, 1, Buffer.from('x'))],
    ['broken snappy', () => packedBatch(3, 2, 2, Buffer.from([0xff]))],
    ['broken lz4', () => packedBatch(3, 2, 3, Buffer.from('broken'))],
    ['broken zstd', () => packedBatch(3, 2, 4, Buffer.from('x'))],
    [
      'another compression of the right length',
      async () => packedBatch(3, 2, 1, await promisify(deflateRaw)('x')),
    ],
    ['records that end too early', () => packedBatch(3, 2, 0, Buffer.concat(body([text('a')])))],
    ['a gzip bomb', async () => packedBatch(3, 2, 1, await promisify(gzip)(bomb()))],
    ['a gzip bomb before a small part', async () => packedBatch(3, 2, 1, await gzipInParts(bomb()))],
    ['a snappy bomb', async () => packedBatch(3, 2, 2, await compress(bomb()))],
    ['an lz4 bomb', async () => packedBatch(3, 2, 3, await compressFrame(bomb()))],
    ['an lz4 bomb by its last block', async () => packedBatch(3, 2, 3, await compressFrame(bomb(32)))],
    ['a zstd bomb', async () => packedBatch(3, 2, 4, await promisify(zstdCompress)(bomb()))],
  ])('%s', async (_, make) => {
    const bad = await make();
    const records = await read(await batch(0, text('a')), bad, await batch(5, text('c')));
    expect(records.map(({ offset, fault }) => [offset, fault !== undefined])).toEqual([
      ['0', false],
      ['4', true],
      ['5', false],
    ]);
    expect(records[1]?.value?.equals(bad)).toBe(true);
  });

  test.each([
    ['gzip stream', 1, gzipSaying],
    ['snappy block', 2, snappySaying],
    ['lz4 frame', 3, lz4Saying],
  ])('without being unpacked, if its %s says that it is too large', async (_, codec, saying) => {
    const [record] = await read(await packedBatch(3, 2, codec, await saying(40)));
    expect(record?.fault).toContain('bytes unpacked');
  });

  test.each([
    [0, 'x'],
    [1, 'x'],
    [1, 'x'.repeat(100)],
  ])('a message of format %s, at its own offset', async (format, value) => {
    const [one, other] = [oldMessage(format, 7, value), oldMessage(format, 8, value)];
    const records = await read(one, other);
    expect(records.map(({ offset }) => offset)).toEqual(['7', '8']);
    expect(records[0]).toMatchObject({ value: one, fault: expect.stringContaining(`format ${format}`) });
  });

  test('a batch that is too short for its header', async () => {
    const short = oldMessage(2, 7, '');
    expect(await read(short, await batch(8, text('a')))).toMatchObject([
      { offset: '7', value: short },
      { offset: '8' },
    ]);
  });

  test('more records than the limit', async () => {
    expect(await read(await packedBatch(0, 100_001, 0, Buffer.alloc(0)))).toMatchObject([
      { offset: '100000', fault: expect.stringContaining('more than 100000 records') },
    ]);
  });
});
