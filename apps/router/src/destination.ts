/** The parts of a request that determine its cell. */
export interface Destination {
  /** The caller names the cell: no other one is tried. */
  readonly cell?: string;
  readonly partnerId?: string;
  readonly sessionId?: string;
}

const session = /^\/v1\/sessions\/([^/?]+)/;
const partner = /^\/v1\/partners\/([^/?]+)/;

/**
 * The destination of a request, by its address and body: the cell of its session, or else of its partner. A start
 * belongs to its partner's cell, whichever id it chooses. Undefined: the address cannot be parsed. Pure.
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
