/**
 * Leaves out partners whose erasure is under way, and those who are restricted.
 * @param partner the column with the partner's id
 * @param withRestricted those who are restricted are not left out
 */
export function isOpen(partner: string, withRestricted = false): string {
  const closed = withRestricted ? `('requested')` : `('requested', 'restricted')`;
  return `NOT EXISTS (SELECT FROM partner_privacy AS p WHERE p.partner_id = ${partner} AND p.erasure IN ${closed})`;
}
