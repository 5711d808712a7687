import { tooBusy } from '../rpc/errors.ts';

const DEFAULT_LIMIT = 64 * 1024 * 1024;

/**
 * Counts the bytes of all unfinished appends. They wait in memory, so together they have a limit; a
 * complete append is stored at once.
 */
export class UnfinishedAppends {
  private bytes = 0;

  constructor(private readonly limit = DEFAULT_LIMIT) {}

  /** Throws UNAVAILABLE when the limit is reached. */
  take(bytes: number): void {
    if (this.bytes + bytes > this.limit) throw tooBusy();
    this.bytes += bytes;
  }

  release(bytes: number): void {
    this.bytes -= bytes;
  }
}
