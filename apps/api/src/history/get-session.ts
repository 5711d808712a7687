import { Query, QueryHandler } from '@nestjs/cqrs';
import type { IQueryHandler } from '@nestjs/cqrs';
import type { Session } from '#domain';
import { SessionCache } from '#read-models';

/** A session as of the end of its stream; revision -1: there is no such session. */
export class GetSession extends Query<Session> {
  constructor(
    readonly sessionId: string,
    readonly signal: AbortSignal,
  ) {
    super();
  }
}

@QueryHandler(GetSession)
export class GetSessionHandler implements IQueryHandler<GetSession> {
  constructor(private readonly sessionCache: SessionCache) {}

  execute({ sessionId, signal }: GetSession): Promise<Session> {
    return this.sessionCache.latest(sessionId, signal);
  }
}
