import { crc32 } from 'node:zlib';
import type Database from 'libsql';

/** An open database file. */
export type Sqlite = Database.Database;

/** Bytes that a record adds to its payload. Positions grow by size, so not every number is a position. */
export const RECORD_OVERHEAD = 64;

/** The members that a checksum covers; position, stream and id are in the indexes too. */
interface Content {
  readonly type: string;
  readonly isJson: boolean;
  readonly created: number;
  readonly data: Buffer;
  readonly meta: Buffer;
}

/** Skips empty buffers: zlib restarts at 0 for them. */
export const checksum = ({ type, isJson, created, data, meta }: Content): number => {
  let sum = crc32(`${created} ${isJson ? 1 : 0} ${type}`);
  if (data.length > 0) sum = crc32(data, sum);
  return meta.length === 0 ? sum : crc32(meta, sum);
};
