import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from '#platform';
import { RetentionConfig } from '#privacy';
import { PrivacyWatch } from '#read-models';
import type { Rule } from '../access/access.decorator.ts';
import { RULE } from '../access/access.decorator.ts';
import { callerOf } from '../access/current-caller.ts';

/** What may be done with a restricted partner all the same: it shows nothing of the data. */
const allowed: ReadonlySet<Rule | undefined> = new Set(['erase', 'hold']);

/** Refuses restricted partners and their sessions to everybody but the named role. */
@Injectable()
export class RestrictedGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly watch: PrivacyWatch,
    @Inject(RetentionConfig) private readonly config: Pick<RetentionConfig, 'restrictedRole'>,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (!this.watch.hasClosed || context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!this.isClosed(request)) return true;
    if (allowed.has(this.reflector.get<Rule | undefined>(RULE, context.getHandler()))) return true;
    if (callerOf(request).role === this.config.restrictedRole) return true;
    throw new ProblemError(
      'partner_restricted',
      'The partner asked to be erased; until the law allows it, only one role reads the data.',
    );
  }

  private isClosed({ params }: FastifyRequest): boolean {
    const { partner_id, session_id } = (params ?? {}) as { partner_id?: string; session_id?: string };
    if (session_id !== undefined && this.watch.isClosedSession(session_id.toLowerCase())) return true;
    return partner_id !== undefined && this.watch.isClosed(partner_id);
  }
}
