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
 * partner's cell, whichever id it chooses. Pure.
 */
export function destinationOf(
  url: string,
  headers: Readonly<Record<string, unknown>>,
  body: () => unknown,
): Destination {
  const { pathname, searchParams } = new URL(url, 'http://router');
  const cell = headers['turnstream-cell'] ?? searchParams.get('cell');
  if (typeof cell === 'string') return { cell };
  const sessionId = session.exec(pathname)?.[1];
  if (sessionId !== undefined) return { sessionId: decodeURIComponent(sessionId).toLowerCase() };
  const named = partner.exec(pathname)?.[1];
  const partnerId = named === undefined ? searchParams.get('partner_id') : decodeURIComponent(named);
  if (partnerId !== null) return { partnerId };
  const sent =
    pathname === '/v1/sessions' ? (body() as { partner_id?: unknown } | null | undefined) : undefined;
  return typeof sent?.partner_id === 'string' ? { partnerId: sent.partner_id } : {};
}
