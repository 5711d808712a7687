import type { ExactEvent } from '../client/exact-read.ts';
import type { EventBytes } from './link.ts';

/** The part of an event that its chain hash covers. */
export function bytesOf({ id, type, bytes }: ExactEvent): EventBytes {
  return { id, type, ...bytes };
}
