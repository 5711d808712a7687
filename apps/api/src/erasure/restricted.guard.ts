import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from '#platform';
import { RetentionConfig } from '#privacy';
import { PrivacyWatch } from '#read-models';
import { callerOf } from '../access/current-caller.ts';

/** Refuses the sessions of restricted partners to everybody but the named role. */
@Injectable()
export class RestrictedGuard implements CanActivate {
  constructor(
    private readonly watch: PrivacyWatch,
    @Inject(RetentionConfig) private readonly config: Pick<RetentionConfig, 'restrictedRole'>,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (!this.watch.hasClosed || context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { session_id } = (request.params ?? {}) as { readonly session_id?: string };
    if (session_id === undefined || !this.watch.isClosedSession(session_id.toLowerCase())) return true;
    if (callerOf(request).role === this.config.restrictedRole) return true;
    throw new ProblemError(
      'partner_restricted',
      'The partner asked to be erased; until the law allows it, only one role reads the data.',
    );
  }
}
