import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from '#platform';
import { RetentionConfig } from '#privacy';
import { PrivacyWatch, SessionCache } from '#read-models';
import type { Rule } from '../access/access.decorator.ts';
import { RULE } from '../access/access.decorator.ts';
import { callerOf } from '../access/current-caller.ts';
import { restrictionsUnknown } from '../common/problems.ts';
import { SessionReach } from '../common/reach.ts';

/** Rules that are allowed for a restricted partner: they show none of its data. */
const allowed: ReadonlySet<Rule | undefined> = new Set(['erase', 'hold']);

/** Refuses every role but the named one access to restricted partners and their sessions. */
@Injectable()
export class RestrictedGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly watch: PrivacyWatch,
    private readonly sessionCache: SessionCache,
    private readonly reach: SessionReach,
    @Inject(RetentionConfig) private readonly config: Pick<RetentionConfig, 'restrictedRole'>,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if ((this.watch.isKnown && !this.watch.hasClosed) || context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const rule = this.reflector.get<Rule | undefined>(RULE, context.getHandler());
    const { partner_id, session_id } = (request.params ?? {}) as { partner_id?: string; session_id?: string };
    if (partner_id === undefined && session_id === undefined) return true;
    if (allowed.has(rule) || callerOf(request).role === this.config.restrictedRole) return true;
    if (!this.watch.isKnown && (request.method === 'GET' || rule === 'detokenise'))
      throw restrictionsUnknown();
    if (partner_id === undefined || !this.watch.isClosed(partner_id)) {
      if (session_id === undefined || !(await this.isClosed(session_id.toLowerCase()))) return true;
    }
    // A caller that does not reach it must not learn that it is restricted.
    if (partner_id !== undefined) await this.reach.assertPartner(callerOf(request), partner_id);
    if (session_id !== undefined) await this.reach.assert(callerOf(request), session_id.toLowerCase());
    throw new ProblemError(
      'partner_restricted',
      'The partner asked to be erased; until the law allows it, only one role reads the data.',
    );
  }

  /**
   * The table has a session somewhat later than it starts, so the partner is taken from a cached session where there
   * is one.
   */
  private async isClosed(sessionId: string): Promise<boolean> {
    if (this.watch.isClosedSession(sessionId)) return true;
    const session = await this.sessionCache.load(sessionId);
    return session !== undefined && this.watch.isClosed(session.state.identity.partner_id);
  }
}
