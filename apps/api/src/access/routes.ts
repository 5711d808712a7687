import type { FastifyRequest } from 'fastify';

/**
 * Whether a request is for a route of the API. The address does not tell, since it may be percent-encoded in many
 * ways.
 */
export function isOfApi({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.startsWith('/v1/') === true;
}
