import { Injectable } from '@nestjs/common';
import { AbandonedError, Breaker, isPoolBusy, isUnavailable } from '#platform';
import { KeyStoreUnavailableError } from '#privacy';

const retryMs = 1_000;
/** PostgreSQL's code for a statement timeout: this query is slow, others may not be. */
const tooSlow = '57014';

/**
 * While PostgreSQL does not answer, queries fail at once, except one a second that probes it. The pool limits how
 * long a query may wait for a connection and how long its statement may run.
 */
@Injectable()
export class PostgresBreaker extends Breaker {
  constructor() {
    super({ retryMs, isFailure });
  }
}

function isFailure(error: unknown): boolean | undefined {
  if (isPoolBusy(error) || error instanceof KeyStoreUnavailableError || error instanceof AbandonedError)
    return undefined;
  return isUnavailable(error) && (error as { code?: unknown }).code !== tooSlow;
}
