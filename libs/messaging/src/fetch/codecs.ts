import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { decompressFrame } from 'lz4-napi';
import { uncompress } from 'snappy';
import { Reader } from './reader.ts';

/** Decompresses bytes. @throws when they are broken, or exceed `limit` bytes decompressed */
type Decompress = (packed: Buffer, limit: number) => Promise<Buffer>;

/** Kafka's codecs, by their number in the attributes of a batch. */
export const codecs: { readonly [codec: number]: Decompress } = {
  1: unzip,
  2: unsnap,
  3: unpackLz4,
  4: (packed, limit) => promisify(zstdDecompress)(packed, { maxOutputLength: limit }),
};

function tooLarge(limit: number): Error {
  return new RangeError(`more than ${limit} bytes unpacked`);
}

/** The size at the end of a gzip stream is looked at first: what is too large takes no memory. */
async function unzip(packed: Buffer, limit: number): Promise<Buffer> {
  if (packed.length >= gzipSizeBytes && packed.readUInt32LE(packed.length - gzipSizeBytes) > limit)
    throw tooLarge(limit);
  return promisify(gunzip)(packed, { maxOutputLength: limit });
}

/** The header that Java's clients write before snappy blocks; others send a bare block. */
const snappyStream = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const snappyStreamVersions = 8;
const gzipSizeBytes = 4;

async function unsnap(packed: Buffer, limit: number): Promise<Buffer> {
  const blocks = snappyBlocks(packed);
  const size = blocks.reduce((sum, block) => sum + snappySize(block), 0);
  if (size > limit) throw tooLarge(limit);
  const parts: Buffer[] = [];
  for (const block of blocks) parts.push((await uncompress(block, { asBuffer: true })) as Buffer);
  return Buffer.concat(parts);
}

function snappyBlocks(packed: Buffer): Buffer[] {
  if (!packed.subarray(0, snappyStream.length).equals(snappyStream)) return [packed];
  const reader = new Reader(packed.subarray(snappyStream.length + snappyStreamVersions));
  const blocks: Buffer[] = [];
  while (reader.remaining > 0) blocks.push(reader.bytes(reader.int32()));
  return blocks;
}

/** The decompressed size declared by a block: a variable-length number at its beginning. */
function snappySize(block: Buffer): number {
  let size = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = block.readUInt8(index);
    size += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return size;
  }
  throw new RangeError('not a snappy block');
}

async function unpackLz4(packed: Buffer, limit: number): Promise<Buffer> {
  if (lz4Bound(packed) > limit) throw tooLarge(limit);
  const unpacked = await decompressFrame(packed);
  if (unpacked.length > limit) throw tooLarge(limit);
  return unpacked;
}

/** An upper bound of a frame's decompressed size. Its codec takes no limit, so the blocks are counted; all but the last are full. */
function lz4Bound(packed: Buffer): number {
  const flags = packed.readUInt8(4);
  const blockSize = 2 ** (8 + 2 * ((packed.readUInt8(5) >> 4) & 7));
  const checksum = flags & 0x10 ? 4 : 0;
  let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  let full = -1;
  for (; at + 4 <= packed.length; full += 1) {
    const size = packed.readUInt32LE(at) & 0x7fffffff;
    if (size === 0) break;
    at += 4 + size + checksum;
  }
  return Math.max(0, full) * blockSize;
}
