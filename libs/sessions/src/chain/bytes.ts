import type { ExactEvent } from '../client/exact-read.ts';
import type { EventBytes } from './link.ts';

/** What of an event its chain covers. */
export function bytesOf({ id, type, bytes }: ExactEvent): EventBytes {
  return { id, type, ...bytes };
}
