import { crc32 } from 'node:zlib';
import type Database from 'libsql';

/** An open database file. */
export type Sqlite = Database.Database;

/** What a record takes up in the log besides its payload; positions grow by size, so not every number is one. */
export const RECORD_OVERHEAD = 64;

/** What a checksum covers; where an event is, in which stream and under which id, the indexes tell twice. */
export interface Content {
  readonly type: string;
  readonly isJson: boolean;
  readonly created: number;
  readonly data: Buffer;
  readonly meta: Buffer;
}

/** Empty buffers are left out: zlib starts again at 0 when it is given no memory. */
export const checksum = ({ type, isJson, created, data, meta }: Content): number => {
  let sum = crc32(`${created} ${isJson ? 1 : 0} ${type}`);
  if (data.length > 0) sum = crc32(data, sum);
  return meta.length === 0 ? sum : crc32(meta, sum);
};
