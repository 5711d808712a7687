import { Injectable } from '@nestjs/common';
import { AbandonedError, Breaker, isPoolBusy, isUnavailable } from '#platform';
import { KeyStoreUnavailableError } from '#privacy';

const retryMs = 1_000;
/** PostgreSQL itself says that a statement has had its time: the query is slow, the others may not be. */
const tooSlow = '57014';

/**
 * Queries fail at once while PostgreSQL does not answer, but for one a second that tries it. How long a query may wait for
 * a connection, and its statement run, is limited by the pool.
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
