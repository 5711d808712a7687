import { withBudget } from '../async/with-budget.ts';
import { isUnavailable } from './unavailable.ts';

interface BreakerOptions {
  /** How long one call may take, in milliseconds; left out: the call limits its own time. */
  readonly budgetMs?: number;
  /** How long no call is made after a failed one, in milliseconds; then one call at a time is the trial. */
  readonly retryMs: number;
  /** Whether an error of a call means that the service does not answer; undefined: the error does not tell. By default `isUnavailable`. */
  readonly isFailure?: (error: unknown) => boolean | undefined;
  /** Called for each call that timed out, failed or was skipped. */
  readonly onSkipped?: () => void;
}

/** Thrown when a backing service did not answer within its budget, or is skipped since it just failed. Worth a retry. */
export class BudgetExceededError extends Error {
  readonly code = 'budget_exceeded';
}

/**
 * A circuit breaker for a dispensable backing service: a call that exceeds its budget times out, and after
 * that, or after the service was unavailable, no other call is made for a while.
 */
export class Breaker {
  private openUntil: number | undefined;
  private trial = false;

  constructor(private readonly options: BreakerOptions) {}

  /** Whether the last call to the service got no answer. */
  get isOpen(): boolean {
    return this.openUntil !== undefined;
  }

  /** @throws BudgetExceededError, or what the call throws */
  async run<T>(call: () => Promise<T>): Promise<T> {
    const isTrial = this.openUntil !== undefined;
    if (isTrial && !this.isTrialDue()) {
      this.options.onSkipped?.();
      throw new BudgetExceededError('The backing service is left alone for a moment.');
    }
    this.trial ||= isTrial;
    try {
      const result = await this.inBudget(call());
      this.openUntil = undefined;
      return result;
    } catch (error) {
      this.failed(error);
      throw error;
    } finally {
      if (isTrial) this.trial = false;
    }
  }

  private isTrialDue(): boolean {
    return !this.trial && this.openUntil !== undefined && performance.now() >= this.openUntil;
  }

  private failed(error: unknown): void {
    const { isFailure = isUnavailable } = this.options;
    const failed = error instanceof BudgetExceededError || isFailure(error);
    if (failed === false) this.openUntil = undefined;
    if (failed !== true) return;
    this.openUntil = performance.now() + this.options.retryMs;
    this.options.onSkipped?.();
  }

  private async inBudget<T>(call: Promise<T>): Promise<T> {
    const { budgetMs } = this.options;
    if (budgetMs === undefined) return call;
    return withBudget(call, budgetMs, () => new BudgetExceededError(`No answer within ${budgetMs} ms.`));
  }
}
