import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '#privacy';
import { openCaller } from '#privacy';

declare module 'fastify' {
  interface FastifyRequest {
    caller?: Caller;
  }
}

/** Who sends a request. */
export function callerOf(request: Pick<FastifyRequest, 'caller'>): Caller {
  return request.caller ?? openCaller;
}

/** Injects the `Caller` of a request. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
