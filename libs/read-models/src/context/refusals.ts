import { UnknownKeyError } from '#privacy';

/** For how long Redis counts as full after it refused a write for want of memory (ms). */
const fullMs = 1_000;
/** Redis has no room, or a script fails on what this one context is or shall be. Redis itself is available. */
const refusals = /^(OOM|WRONGTYPE) |user_script/;

/**
 * Contexts that cannot be written although Redis is available. They are dropped, which Redis allows when it is full: one
 * that is not there is folded on demand, one that stayed as it was would be wrong.
 */
export class RefusedContexts {
  private fullUntil = 0;

  /** @param onDropped called with the number of contexts that were dropped */
  constructor(readonly onDropped: (count: number) => void) {}

  /** Whether Redis had no room within the last second. */
  get isFull(): boolean {
    return performance.now() < this.fullUntil;
  }

  /** Takes an error of a write; whether it concerns the context that was to be written, not Redis as a whole. */
  register(error: unknown): boolean {
    if (!(error instanceof Error)) return false;
    if (error.message.startsWith('OOM ')) this.fullUntil = performance.now() + fullMs;
    if (error instanceof UnknownKeyError) return true;
    return error instanceof RangeError || error instanceof TypeError || refusals.test(error.message);
  }
}
