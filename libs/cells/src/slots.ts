import { hash } from 'node:crypto';

/** Into how many slots the partners are divided. A slot is assigned to one cell. */
export const slots = 4_096;
const digits = 3;

/** The slot of a partner: the first 12 bits of the SHA-256 of the id. */
export function slotOf(partnerId: string): number {
  return Number.parseInt(hash('sha256', partnerId).slice(0, digits), 16);
}

/** A session's id that ends with the slot of its partner: whoever routes its requests needs not know the partner. */
export function withSlot(sessionId: string, slot: number): string {
  return sessionId.slice(0, -digits) + slot.toString(16).padStart(digits, '0');
}

/** The slot that a session's id ends with. An id that its caller has chosen ends with any. */
export function slotIn(sessionId: string): number {
  return Number.parseInt(sessionId.slice(-digits), 16);
}
