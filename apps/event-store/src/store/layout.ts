import { crc32 } from 'node:zlib';
import type Database from 'libsql';

/** An open database file. */
export type Sqlite = Database.Database;

/** What a record takes up in the log besides its payload; positions grow by size, so not every number is one. */
export const RECORD_OVERHEAD = 64;

/** Empty buffers are left out: zlib starts again at 0 when it is given no memory. */
export const checksum = (data: Buffer, meta: Buffer): number => {
  const first = data.length === 0 ? 0 : crc32(data);
  return meta.length === 0 ? first : crc32(meta, first);
};
