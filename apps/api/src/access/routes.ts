import type { FastifyRequest } from 'fastify';

/** Whether a request is for a route of the API. Not by its address, which may be percent-encoded in many ways. */
export function isOfApi({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.startsWith('/v1/') === true;
}
