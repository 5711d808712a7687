import type { JWTPayload } from 'jose';
import type { Caller, CallerLimits, Role } from './caller.ts';
import { roles } from './caller.ts';
import { InvalidTokenError } from './errors.ts';
import { visiblePattern } from './forms.ts';

/** The most items of a limit, and the most characters of a name. */
const mostItems = 1_000;

/**
 * The caller of a verified token. A claim that is not understood refuses the token: ignoring a limit would
 * lift it.
 * @throws InvalidTokenError
 */
export function callerOfClaims(claims: JWTPayload): Caller {
  const { sub, jti, iat, exp } = claims;
  const instance = optional(claims, 'instance');
  return {
    role: roleOf(claims['role']),
    subject: text('sub', sub),
    instance,
    token_id: jti === undefined ? null : text('jti', jti),
    issued_at: iat === undefined ? null : iat * 1_000,
    expires_at: exp === undefined ? null : exp * 1_000,
    limits: {
      ...limitsOf(claims),
      instances: instance === null ? (list(claims, 'instances') ?? []) : [instance],
    },
  };
}

function limitsOf(claims: JWTPayload): CallerLimits {
  const names = ['partners', 'regions', 'channels', 'pools'] as const;
  const given = names.map((name) => [name, list(claims, name)] as const);
  return Object.fromEntries(given.filter(([, items]) => items !== undefined));
}

function roleOf(claim: unknown): Role {
  const role = roles.find((item) => item === claim);
  if (role === undefined) throw new InvalidTokenError(`The claim role must be one of ${roles.join(', ')}.`);
  return role;
}

function optional(claims: JWTPayload, name: string): string | null {
  return Object.hasOwn(claims, name) ? text(name, claims[name]) : null;
}

function text(name: string, claim: unknown): string {
  if (typeof claim === 'string' && visiblePattern.test(claim)) return claim;
  throw new InvalidTokenError(`The claim ${name} must be 1 to 128 visible ASCII characters.`);
}

function list(claims: JWTPayload, name: string): readonly string[] | undefined {
  if (!Object.hasOwn(claims, name)) return undefined;
  const claim = claims[name];
  const isList = Array.isArray(claim) && claim.length <= mostItems;
  if (isList && claim.every((item): item is string => typeof item === 'string' && visiblePattern.test(item)))
    return claim;
  throw new InvalidTokenError(`The claim ${name} must be a list of at most ${mostItems} names.`);
}
