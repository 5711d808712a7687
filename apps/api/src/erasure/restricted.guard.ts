import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from '#platform';
import { RetentionConfig } from '#privacy';
import { PrivacyWatch, SessionCache } from '#read-models';
import { callerOf } from '../access/current-caller.ts';

/** Refuses the sessions of restricted partners to everybody but the named role. */
@Injectable()
export class RestrictedGuard implements CanActivate {
  constructor(
    private readonly watch: PrivacyWatch,
    private readonly sessionCache: SessionCache,
    @Inject(RetentionConfig) private readonly config: Pick<RetentionConfig, 'restrictedRole'>,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if ((this.watch.isKnown && !this.watch.hasClosed) || context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { session_id } = (request.params ?? {}) as { readonly session_id?: string };
    if (session_id === undefined || callerOf(request).role === this.config.restrictedRole) return true;
    if (!this.watch.isKnown && request.method === 'GET')
      throw new ProblemError('engine_unavailable', 'It is not known yet which partners are restricted.');
    if (!(await this.isClosed(session_id.toLowerCase()))) return true;
    throw new ProblemError(
      'partner_restricted',
      'The partner asked to be erased; until the law allows it, only one role reads the data.',
    );
  }

  /** The table has a session somewhat later than it starts: whose it is counts where that is at hand. */
  private async isClosed(sessionId: string): Promise<boolean> {
    if (this.watch.isClosedSession(sessionId)) return true;
    const session = await this.sessionCache.load(sessionId);
    return session !== undefined && this.watch.isClosed(session.state.identity.partner_id);
  }
}
