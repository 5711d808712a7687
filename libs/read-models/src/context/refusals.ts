import { UnknownKeyError } from '#privacy';

/** How long Redis counts as full after it refused a write for lack of memory (ms). */
const fullMs = 1_000;
/** Redis is out of memory, or a script fails on this one context. Redis itself is available. */
const refusals = /^(OOM|WRONGTYPE) |user_script/;

/**
 * Contexts that cannot be written although Redis is available. They are dropped, which Redis allows even when full: a missing
 * context is folded on demand, while an outdated one would be wrong.
 */
export class RefusedContexts {
  private fullUntil = 0;

  /** @param onDropped called with the number of dropped contexts */
  constructor(readonly onDropped: (count: number) => void) {}

  /** Whether Redis was out of memory within the last second. */
  get isFull(): boolean {
    return performance.now() < this.fullUntil;
  }

  /** Notes an error of a write; returns whether it concerns only the context, not Redis as a whole. */
  register(error: unknown): boolean {
    if (!(error instanceof Error)) return false;
    if (error.message.startsWith('OOM ')) this.fullUntil = performance.now() + fullMs;
    if (error instanceof UnknownKeyError) return true;
    return error instanceof RangeError || error instanceof TypeError || refusals.test(error.message);
  }
}
