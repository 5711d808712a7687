import type { FastifyReply, FastifyRequest } from 'fastify';

/** Links of a list to other pages: the query parameters that change, by relation. */
type PageLinks = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;

/** Sets `Link` (RFC 8288): the request's own address with other query parameters, by relation. */
export function linkPages({ url }: Pick<FastifyRequest, 'url'>, reply: FastifyReply, links: PageLinks): void {
  const [path = '', query = ''] = url.split('?', 2);
  const texts = Object.entries(links).flatMap(([rel, members]) => {
    if (members === undefined) return [];
    const parameters = new URLSearchParams(query);
    for (const [name, value] of Object.entries(members)) parameters.set(name, value);
    return [`<${path}?${parameters.toString()}>; rel="${rel}"`];
  });
  if (texts.length > 0) void reply.header('link', texts.join(', '));
}

/** For the documentation of an answer. */
export const linkHeader = {
  Link: {
    description: '`rel="next"`: the next page. `rel="latest"`: where a reader of the newest page continues.',
    schema: { type: 'string' },
  },
} as const;

export const pageEnds =
  'A page ends at `limit` items or 1 MiB, whichever comes first, and has at least one item.';
