import { backOffMs, retry, sleep, withTimeout } from '#platform';
import { isStoreUnavailable, StoreUnavailableError } from './errors.ts';

/** How long one attempt may wait for an answer, and all attempts of a call together, in milliseconds. */
export interface CallLimits {
  readonly answerMs: number;
  readonly totalMs: number;
}

export const callLimits: CallLimits = { answerMs: 2_000, totalMs: 5_000 };

/** The time budget of a call, for all its attempts. */
export class Deadline {
  private readonly endsAt: number;

  constructor(private readonly limits: CallLimits) {
    this.endsAt = performance.now() + limits.totalMs;
  }

  get isOver(): boolean {
    return this.leftMs <= 0;
  }

  /** How long the next attempt may take, in milliseconds. */
  get attemptMs(): number {
    return Math.max(1, Math.min(this.limits.answerMs, this.leftMs));
  }

  /** @throws StoreUnavailableError when no time is left */
  check(): void {
    if (this.isOver) throw new StoreUnavailableError({ cause: 'other calls took all the time' });
  }

  /** Bounds work that also waits for other calls. Ends a little later, so that the work can report its own error first. */
  bound<T>(work: Promise<T>): Promise<T> {
    return withTimeout(work, this.leftMs + 100, () => new StoreUnavailableError());
  }

  private get leftMs(): number {
    return this.endsAt - performance.now();
  }
}

/**
 * Retries a call until it succeeds, as long as the store is unavailable and there is time.
 * @throws StoreUnavailableError when the time is over
 */
export async function untilAnswered<T>(deadline: Deadline, attempt: () => Promise<T>): Promise<T> {
  const isRetryable = (error: unknown): boolean =>
    !(error instanceof StoreUnavailableError) && isStoreUnavailable(error) && !deadline.isOver;
  const work = async (): Promise<T> => {
    deadline.check();
    return attempt();
  };
  try {
    return (await retry(work, { minMs: 20, maxMs: 250, isRetryable })) as T;
  } catch (error) {
    if (error instanceof StoreUnavailableError || !isStoreUnavailable(error)) throw error;
    throw new StoreUnavailableError({ cause: error });
  }
}

/** Whether a read up to a revision has seen the whole stream; if not, resolves when to read again. */
export function visibility(
  limits: CallLimits,
  stream: string,
  reaching: number,
): (seen: number) => Promise<boolean> {
  const deadline = new Deadline(limits);
  let reads = 0;
  return async (seen) => {
    if (seen >= reaching) return true;
    if (deadline.isOver)
      throw new StoreUnavailableError({ cause: `revision ${reaching} of ${stream} is not visible` });
    reads += 1;
    await sleep(backOffMs(reads, { minMs: 2, maxMs: 100 }));
    return false;
  };
}
