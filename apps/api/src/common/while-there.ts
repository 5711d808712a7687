import type { Socket } from 'node:net';
import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** One signal per connection, shared by its requests. */
const signals = new WeakMap<Socket, AbortSignal>();

/** Aborts when the caller closes the connection. The request's own `close` event comes as soon as its body is read. */
export function whileThere({ raw: { socket } }: Pick<FastifyRequest, 'raw'>): AbortSignal {
  const known = signals.get(socket);
  if (known !== undefined) return known;
  const gone = new AbortController();
  if (socket.destroyed) gone.abort();
  else socket.once('close', () => gone.abort());
  signals.set(socket, gone.signal);
  return gone.signal;
}

/** Injects the signal that aborts when the caller has gone, for reads that may take long. */
export const WhileThere = createParamDecorator((_: unknown, context: ExecutionContext) =>
  whileThere(context.switchToHttp().getRequest<FastifyRequest>()),
);
