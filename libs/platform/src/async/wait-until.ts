import { sleep } from './sleep.ts';

interface WaitOptions {
  /** What is waited for, for the error: "the context of session …". */
  readonly what?: string;
  /** In milliseconds; generous by default, since it only bounds a failure. */
  readonly timeoutMs?: number;
  /** Pause between two checks, in milliseconds; by default it grows from 20 to 100. */
  readonly everyMs?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

const firstPauseMs = 20;
const lastPauseMs = 100;

/**
 * Polls until `condition` holds.
 * @throws the signal's reason when it aborts, Error when the condition does not hold in time; an error of the condition itself counts as "not yet" and is its cause
 */
export async function waitUntil(
  condition: () => Promise<boolean> | boolean,
  { what = 'a condition', timeoutMs = 180_000, everyMs, signal }: WaitOptions = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let pauseMs = everyMs ?? firstPauseMs;
  for (;;) {
    signal?.throwIfAborted();
    let cause: unknown;
    try {
      if (await condition()) return;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline)
      throw new Error(`Timed out after ${timeoutMs} ms waiting for ${what}.`, { cause });
    await sleep(pauseMs, signal);
    if (everyMs === undefined) pauseMs = Math.min(1.25 * pauseMs, lastPauseMs);
  }
}
