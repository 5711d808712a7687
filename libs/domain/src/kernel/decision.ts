import type { Event } from './event.ts';
import type { JsonObject } from './json.ts';

/** Why the state does not allow a command. Codes are stable. */
export interface Rejection<Code extends string = string> {
  readonly code: Code;
  readonly reason: string;
  /** Further details for the caller. */
  readonly data?: JsonObject;
}

/** The events to append; empty when the command changes nothing. */
export interface Accepted<E extends Event> {
  readonly events: readonly E[];
}

export interface Rejected<Code extends string> {
  readonly rejection: Rejection<Code>;
}

/** The outcome of a command: events or a rejection. */
export type Decision<E extends Event, Code extends string> = Accepted<E> | Rejected<Code>;

export function accept<E extends Event>(...events: E[]): Accepted<E> {
  return { events };
}

export function reject<Code extends string>(code: Code, reason: string, data?: JsonObject): Rejected<Code> {
  return { rejection: { code, reason, ...(data === undefined ? {} : { data }) } };
}
