/** The parts of a request that determine its cell. */
export interface Destination {
  /** The caller names the cell: no other one is tried. */
  readonly cell?: string;
  readonly partnerId?: string;
  readonly sessionId?: string;
}

const session = /^\/v1\/sessions\/([^/?]+)/;
const partner = /^\/v1\/partners\/([^/?]+)/;
/** Requests whose body names a partner or session. */
const withBody: ReadonlySet<string> = new Set(['/v1/sessions', '/v1/turns/search', '/v1/journeys/search']);

/**
 * The destination of a request: the cell of the session or partner in its path, or else of the partner, or else of the session,
 * that its query or body names. A start belongs to its partner's cell, whichever id it chooses. Undefined: the address cannot be
 * parsed. Pure.
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
  const inQuery = named(searchParams.get('partner_id'), searchParams.get('session_id'));
  if (inQuery !== undefined || !withBody.has(pathname)) return inQuery ?? {};
  const sent = body() as { partner_id?: unknown; session_id?: unknown } | null | undefined;
  return named(sent?.partner_id, sent?.session_id) ?? {};
}

function named(partnerId: unknown, sessionId: unknown): Destination | undefined {
  if (typeof partnerId === 'string') return { partnerId };
  return typeof sessionId === 'string' ? { sessionId: sessionId.toLowerCase() } : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
