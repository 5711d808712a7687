import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '#privacy';
import { unauthenticated } from './problems.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends the request; null: nobody has looked yet. */
    caller: Caller | null;
  }
}

/** Injects who sends the request. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

export function callerOf({ caller }: Pick<FastifyRequest, 'caller'>): Caller {
  if (caller) return caller;
  throw unauthenticated('Send a token as Authorization: Bearer.');
}
