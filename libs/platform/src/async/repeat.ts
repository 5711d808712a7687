import { sleep } from './sleep.ts';

interface RepeatOptions {
  /** Pause before each run, in milliseconds. */
  readonly everyMs: number;
  /** Ends the repetition; the current run is completed. */
  readonly signal: AbortSignal;
  /** Called after a failed run; the repetition continues. */
  readonly onError: (error: unknown) => void;
}

/** Runs `work` periodically, one run at a time. Resolves once the signal has aborted and the last run has ended. */
export async function repeat(
  work: () => Promise<void> | void,
  { everyMs, signal, onError }: RepeatOptions,
): Promise<void> {
  for (;;) {
    await sleep(everyMs, signal);
    if (signal.aborted) return;
    try {
      await work();
    } catch (error) {
      onError(error);
    }
  }
}
