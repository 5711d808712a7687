/** SQL: the ids of the kept updates that name something which belongs to a partner. */
export const aboutThingsOf = (partner: string): string =>
  `SELECT n.update_id FROM reference_owner AS o JOIN kept_update_reference AS n USING (kind, reference)
   WHERE o.partner_id = ${partner}`;

/**
 * SQL: whether a kept update concerns a partner: it names the partner or, without naming anybody, things of which none belongs
 * to somebody else.
 */
export const concernsPartner = (update: string, partner: string): string =>
  `(${update}.partner_id = ${partner} OR (${update}.partner_id IS NULL AND ${update}.id IN (${aboutThingsOf(partner)})
    AND NOT EXISTS (SELECT FROM kept_update_reference AS n LEFT JOIN reference_owner AS o USING (kind, reference)
      WHERE n.update_id = ${update}.id AND (n.kind = 'partner' OR o.partner_id <> ${partner}))))`;
