import type { Socket } from 'node:net';
import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** One for each connection, for all requests that come over it. */
const signals = new WeakMap<Socket, AbortSignal>();

/** Aborts when the caller has gone. Node closes the body of a request when it is read: the connection tells. */
export function whileThere({ raw: { socket } }: Pick<FastifyRequest, 'raw'>): AbortSignal {
  const known = signals.get(socket);
  if (known !== undefined) return known;
  const gone = new AbortController();
  if (socket.destroyed) gone.abort();
  else socket.once('close', () => gone.abort());
  signals.set(socket, gone.signal);
  return gone.signal;
}

/** Injects what says that the caller has gone, for reads that may be long. */
export const WhileThere = createParamDecorator((_: unknown, context: ExecutionContext) =>
  whileThere(context.switchToHttp().getRequest<FastifyRequest>()),
);
