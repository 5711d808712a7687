import { daysBefore } from '#platform';

export const roles = ['agent', 'analyst', 'auditor', 'admin', 'service'] as const;
export type Role = (typeof roles)[number];

/** The sender of a request, by its token. Without a configured issuer (never in production), every caller is `openCaller`. */
export interface Caller {
  readonly role: Role;
  /** The token's subject. */
  readonly subject: string;
  /** The agent instance: from the token or, if the token allows it, from the request. */
  readonly instance: string | null;
  /** The token's id, by which it can be revoked. */
  readonly token_id: string | null;
  /** When the token was issued, and when it expires (ms since 1970); null: never. */
  readonly issued_at?: number | null;
  readonly expires_at: number | null;
  readonly limits: CallerLimits;
  /** How far back the role reads, by the configuration of the node; absent: without limit. */
  readonly readDays?: ReadDays | undefined;
}

/** Days: of sessions that are over by their last activity, of partners by their last contact, of the access log by its entries. */
export interface ReadDays {
  readonly sessions?: number | undefined;
  readonly partners?: number | undefined;
  readonly access?: number | undefined;
}

/** The limits of a token; an absent limit does not apply. */
export interface CallerLimits {
  readonly partners?: readonly string[];
  readonly regions?: readonly string[];
  readonly channels?: readonly string[];
  readonly pools?: readonly string[];
  /** The agent instances that a request may name: ids, prefixes such as `bot-*`, or `*`. */
  readonly instances?: readonly string[];
}

/** The properties that the limits of a caller are checked against. */
export interface Reach {
  readonly partner_id: string;
  readonly region: string | null;
  readonly channel: string;
  /** The last activity of a session that is over; null: it is active. */
  readonly inactive_since: string | null;
}

/** Whether a session is within the limits of a caller. A session outside is answered as not found. */
export function reaches({ limits, readDays }: Caller, session: Reach): boolean {
  const { partners, regions, channels } = limits;
  const { partner_id, region, channel, inactive_since } = session;
  return (
    (partners?.includes(partner_id) ?? true) &&
    (regions === undefined || (region !== null && regions.includes(region))) &&
    (channels?.includes(channel) ?? true) &&
    (inactive_since === null || inactive_since >= (readableSince(readDays?.sessions) ?? ''))
  );
}

/** The time (ISO 8601) since which a caller reads, by its days; undefined: without limit. */
export function readableSince(days: number | undefined): string | undefined {
  return days === undefined ? undefined : daysBefore(new Date().toISOString(), days);
}

/** Whether a token may be used for an agent instance. */
export function mayActAs({ limits: { instances } }: Caller, instance: string): boolean {
  return (
    instances?.some((item) =>
      item.endsWith('*') ? instance.startsWith(item.slice(0, -1)) : item === instance,
    ) ?? true
  );
}

/** Whether a token may be used in a pool of agents. */
export function mayJoin({ limits: { pools } }: Caller, pool: string): boolean {
  return pools?.includes(pool) ?? true;
}

export const openCaller: Caller = {
  role: 'service',
  subject: 'anonymous',
  instance: null,
  token_id: null,
  expires_at: null,
  limits: {},
};
