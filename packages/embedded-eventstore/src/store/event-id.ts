import { randomUUID } from 'node:crypto';

/** A new event id: the 16 bytes of a random UUID. Clients check that it is one. */
export const newId = (): Buffer => Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
