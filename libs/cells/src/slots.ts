import { hash } from 'node:crypto';

/** The number of slots that partners are divided into. A slot is assigned to one cell. */
export const slots = 4_096;
const digits = 3;

/** The slot of a partner: the first 12 bits of the SHA-256 of the id. */
export function slotOf(partnerId: string): number {
  return Number.parseInt(hash('sha256', partnerId).slice(0, digits), 16);
}

/** A session id that ends with the slot of its partner, so that a router need not know the partner. */
export function withSlot(sessionId: string, slot: number): string {
  return sessionId.slice(0, -digits) + slot.toString(16).padStart(digits, '0');
}

/** The slot that a session's id ends with. An id chosen by a caller ends with any slot. */
export function slotIn(sessionId: string): number {
  return Number.parseInt(sessionId.slice(-digits), 16);
}
