export const roles = ['agent', 'analyst', 'auditor', 'admin', 'service'] as const;
export type Role = (typeof roles)[number];

/** Who sends a request, by its token. Where no issuer is configured (never in production), everybody is `openCaller`. */
export interface Caller {
  readonly role: Role;
  /** The token's subject. */
  readonly subject: string;
  /** The agent instance, from the token or, if the token allows it, from the request. */
  readonly instance: string | null;
  /** The token's id, by which it can be revoked. */
  readonly token_id: string | null;
  /** When the token was issued, and when it expires (ms since 1970); null: never. */
  readonly issued_at?: number | null;
  readonly expires_at: number | null;
  readonly limits: CallerLimits;
}

/** What a token is limited to; a limit that is absent is none. */
export interface CallerLimits {
  readonly partners?: readonly string[];
  readonly regions?: readonly string[];
  readonly channels?: readonly string[];
  readonly pools?: readonly string[];
  /** The agent instances that a request may name: ids, beginnings as `bot-*`, or `*`. */
  readonly instances?: readonly string[];
}

/** What the limits of a token apply to. */
export interface Reach {
  readonly partner_id: string;
  readonly region: string | null;
  readonly channel: string;
}

/** Whether the limits of a caller include a session. One that they do not is answered as if it was not there. */
export function reaches({ limits }: Caller, { partner_id, region, channel }: Reach): boolean {
  const { partners, regions, channels } = limits;
  return (
    (partners?.includes(partner_id) ?? true) &&
    (regions === undefined || (region !== null && regions.includes(region))) &&
    (channels?.includes(channel) ?? true)
  );
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
