import type { TokenClaims } from '../../libs/privacy/src/access/development-issuer.ts';
import { roles } from '../../libs/privacy/src/access/caller.ts';

interface TokenOptions {
  readonly claims: TokenClaims;
  readonly expiresS: number;
}

interface Values {
  readonly role?: string | undefined;
  readonly subject?: string | undefined;
  readonly instance?: readonly string[] | undefined;
  readonly partner?: readonly string[] | undefined;
  readonly region?: readonly string[] | undefined;
  readonly channel?: readonly string[] | undefined;
  readonly pool?: readonly string[] | undefined;
  readonly expires?: string | undefined;
}

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** The claims of a token, from the options of `npm run token`; undefined: the options are wrong. */
export function tokenOptions(values: Values): TokenOptions | undefined {
  const { role: name = 'service', expires = '1h', partner, region, channel, pool } = values;
  const role = roles.find((item) => item === name);
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(expires) ?? [];
  const expiresS = Number(count) * (seconds[unit] ?? Number.NaN);
  if (role === undefined || !(expiresS > 0 && expiresS <= 86_400)) return undefined;
  const limits = { partners: partner, regions: region, channels: channel, pools: pool };
  const given = Object.entries(limits).filter(([, items]) => items !== undefined);
  const instances = values.instance ?? (role === 'service' ? ['*'] : undefined);
  const [only] = instances ?? [];
  const instance =
    instances?.length === 1 && only !== undefined && !only.endsWith('*') ? { instance: only } : { instances };
  return {
    claims: { role, sub: values.subject ?? role, ...Object.fromEntries(given), ...(instances && instance) },
    expiresS,
  };
}
