import type { Event, FieldClasses } from '../kernel/event.ts';

/** Who did something to whom. Not personal: ids are opaque, and a purpose is an identifier. */
interface Access {
  readonly role: string;
  /** The token's subject; for a program that an operator runs, the user of the machine. */
  readonly subject: string;
  readonly instance: string | null;
  /** Such as `read_turns`. */
  readonly action: string;
  readonly partner_ids: readonly string[];
  readonly session_ids: readonly string[];
  /**
   * The partner of each session of `session_ids`, in the same order; null: unknown. Absent: all are of the only partner; with
   * several partners, as in records of earlier releases, unknown.
   */
  readonly session_partners?: readonly (string | null)[];
  /** Null: the role needs no purpose. */
  readonly purpose: string | null;
  /** Further details, such as the topic of dead letters. */
  readonly what: string | null;
}

/** Personal data was shown unmasked. */
export type PersonalDataAccessed = Event<'PersonalDataAccessed', Access>;
/** An act of an administrator or operator. */
export type AdminActed = Event<'AdminActed', Access>;

/** The events of the streams `access-{yyyy-mm-dd}`. */
export type AccessEvent = PersonalDataAccessed | AdminActed;

const access = {
  role: 'plain',
  subject: 'plain',
  instance: 'plain',
  action: 'plain',
  partner_ids: 'plain',
  session_ids: 'plain',
  session_partners: 'plain',
  purpose: 'plain',
  what: 'plain',
} as const;

export const accessFieldClasses: FieldClasses<AccessEvent> = {
  PersonalDataAccessed: access,
  AdminActed: access,
};

/** Whether this version of the code knows an event type of an access log. */
export function isAccessEventType(type: string): type is AccessEvent['type'] {
  return Object.hasOwn(accessFieldClasses, type);
}
