/**
 * SQL condition that leaves out partners whose erasure is in progress, and restricted partners.
 * @param partner the column with the partner's id
 * @param withRestricted includes restricted partners
 */
export function isOpen(partner: string, withRestricted = false): string {
  const closed = withRestricted ? `('requested')` : `('requested', 'restricted')`;
  return `NOT EXISTS (SELECT FROM partner_privacy AS p WHERE p.partner_id = ${partner} AND p.erasure IN ${closed})`;
}
