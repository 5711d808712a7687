import { Injectable } from '@nestjs/common';
import { Breaker, Config, isUnavailable } from '#platform';

/** How long a query may wait for a connection beside the time of its statement, in milliseconds. */
const connectMs = 1_000;
const retryMs = 1_000;
/** PostgreSQL itself says that a statement has had its time: the query is slow, the others may not be. */
const tooSlow = '57014';

/** Queries fail at once while PostgreSQL does not answer, but for one a second that tries it. */
@Injectable()
export class PostgresBreaker extends Breaker {
  constructor({ postgresStatementMs }: Config) {
    super({ budgetMs: postgresStatementMs + connectMs, retryMs, isFailure });
  }
}

function isFailure(error: unknown): boolean {
  return isUnavailable(error) && (error as { code?: unknown }).code !== tooSlow;
}
