import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, StoreOpenError } from './errors.ts';

export const HEAD_FILE = 'head';
const SIZE = 8;

/**
 * The position of the last acknowledged event, in a file next to the database. It is written after each commit and
 * never synced, so it may lag but is never ahead: a database that ends before it has lost events.
 */
export class Head {
  private readonly buffer = Buffer.alloc(SIZE);

  private constructor(
    private readonly file: number,
    /** The position when the file was opened; 0 for a new store. */
    readonly position: number,
  ) {}

  static open(dir: string): Head {
    try {
      const file = openSync(join(dir, HEAD_FILE), 'a+');
      closeSync(file);
      const descriptor = openSync(join(dir, HEAD_FILE), 'r+');
      const buffer = Buffer.alloc(SIZE);
      readSync(descriptor, buffer, 0, SIZE, 0);
      return new Head(descriptor, Number(buffer.readBigUInt64LE()));
    } catch (error) {
      throw new StoreOpenError('unusable', `Cannot use ${join(dir, HEAD_FILE)}: ${messageOf(error)}`);
    }
  }

  write(position: number): void {
    this.buffer.writeBigUInt64LE(BigInt(position));
    try {
      writeSync(this.file, this.buffer, 0, SIZE, 0);
    } catch {
      // The file only helps to detect a loss; the events are safe.
    }
  }

  close(): void {
    closeSync(this.file);
  }
}
