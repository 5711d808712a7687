import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#platform';

/** Tries until it succeeds or the signal, with growing pauses; says once that it waits. */
export async function retryUntilAborted(
  work: () => Promise<void>,
  signal: AbortSignal,
  logger: Logger,
  waiting: string,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await work();
      return;
    } catch (err) {
      if (attempt === 0) logger.warn({ err }, waiting);
      await sleep(Math.min(5_000, 100 * 2 ** attempt), undefined, { signal }).catch(() => undefined);
    }
  }
}
