/** What of a request says in which cell it belongs. */
export interface Destination {
  /** The caller names it: it belongs there and nowhere else. */
  readonly cell?: string;
  readonly partnerId?: string;
  readonly sessionId?: string;
}

const session = /^\/v1\/sessions\/([^/?]+)/;
const partner = /^\/v1\/partners\/([^/?]+)/;

/**
 * Where a request belongs, by its address and body: that of its session, else that of its partner. A start belongs to its
 * partner's cell, whichever id it chooses. Undefined: the address cannot be read. Pure.
 */
export function destinationOf(
  url: string,
  headers: Readonly<Record<string, unknown>>,
  body: () => unknown,
): Destination | undefined {
  const address = URL.parse(url, 'http://router');
  if (address === null) return undefined;
  const { pathname, searchParams } = address;
  const cell = headers['turnstream-cell'] ?? searchParams.get('cell');
  if (typeof cell === 'string') return { cell };
  const inPath = session.exec(pathname)?.[1] ?? partner.exec(pathname)?.[1];
  if (inPath !== undefined) {
    const id = decoded(inPath);
    if (id === undefined) return undefined;
    return session.test(pathname) ? { sessionId: id.toLowerCase() } : { partnerId: id };
  }
  const partnerId = searchParams.get('partner_id');
  if (partnerId !== null) return { partnerId };
  const sent =
    pathname === '/v1/sessions' ? (body() as { partner_id?: unknown } | null | undefined) : undefined;
  return typeof sent?.partner_id === 'string' ? { partnerId: sent.partner_id } : {};
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
