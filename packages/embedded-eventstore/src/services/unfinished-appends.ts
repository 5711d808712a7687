import { tooBusy } from '../rpc/errors.ts';

const DEFAULT_LIMIT = 64 * 1024 * 1024;

/**
 * Counts the bytes of all appends of which more is to come. They wait in memory, so together they have a limit; an
 * append that is complete is stored at once.
 */
export class UnfinishedAppends {
  private bytes = 0;

  constructor(private readonly limit = DEFAULT_LIMIT) {}

  /** Throws UNAVAILABLE when there is no room. */
  take(bytes: number): void {
    if (this.bytes + bytes > this.limit) throw tooBusy();
    this.bytes += bytes;
  }

  release(bytes: number): void {
    this.bytes -= bytes;
  }
}
