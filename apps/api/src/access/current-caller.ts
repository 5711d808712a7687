import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '#privacy';
import { unauthenticated } from './problems.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The authenticated caller; null before authentication. */
    caller: Caller | null;
  }
}

/** Injects the authenticated caller. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

export function callerOf({ caller }: Pick<FastifyRequest, 'caller'>): Caller {
  if (caller) return caller;
  throw unauthenticated('Send a token as Authorization: Bearer.');
}
