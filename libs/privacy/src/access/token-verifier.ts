import { hash } from 'node:crypto';
import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { ProtectedHeaderParameters } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Caller } from './caller.ts';
import { callerOfClaims } from './claims.ts';
import type { Issuer } from './config.ts';
import { InvalidTokenError, IssuerUnavailableError } from './errors.ts';
import type { KeyFinder } from './keys.ts';
import { keyFinder } from './keys.ts';

/** The most characters of a token, and how many verified tokens are remembered. */
const longest = 8_192;
const mostRemembered = 10_000;
const form = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** Header members with which a token would bring its own key material or rules. */
const refusedMembers = ['jku', 'jwk', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'crit', 'b64'] as const;
/** The form of a key id: never a path or an address. */
const keyId = /^(?!.*\.\.)[\w.:=-]{1,128}$/;
const types: ReadonlySet<unknown> = new Set([undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt']);

/** Verifies tokens of the issuer, each once: the result is remembered until the token expires. */
export class TokenVerifier {
  private readonly verified = new LRUCache<string, Caller>({ max: mostRemembered });
  private readonly keys: KeyFinder;

  constructor(private readonly issuer: Issuer) {
    this.keys = keyFinder(issuer);
  }

  /** The caller of an already verified and still valid token; undefined: call `verify`. */
  known(token: string): Caller | undefined {
    const caller = this.verified.get(nameOf(token));
    return caller !== undefined && (caller.expires_at ?? 0) > Date.now() ? caller : undefined;
  }

  /** @throws InvalidTokenError, IssuerUnavailableError */
  async verify(token: string): Promise<Caller> {
    const known = this.known(token);
    if (known !== undefined) return known;
    checkHeader(token, this.issuer);
    const claims = await this.claims(token);
    // A token is not valid beyond the maximum age, nor is a connection that it opened.
    const exp = Math.min(claims.exp ?? 0, (claims.iat ?? 0) + this.issuer.maxAgeS);
    const caller = callerOfClaims({ ...claims, exp });
    this.verified.set(nameOf(token), caller);
    return caller;
  }

  private async claims(token: string) {
    const { issuer, audience, algorithms, leewayS, maxAgeS } = this.issuer;
    try {
      const { payload } = await jwtVerify(token, this.keys, {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: leewayS,
        maxTokenAge: maxAgeS,
        requiredClaims: ['sub', 'iat', 'exp'],
      });
      return payload;
    } catch (cause) {
      throw faultOf(cause);
    }
  }
}

/** The key of a remembered token: a hash, so that tokens are not kept in memory. */
function nameOf(token: string): string {
  return hash('sha256', token, 'base64url');
}

/** @throws InvalidTokenError for a token that is refused whatever its signature */
function checkHeader(token: string, { algorithms }: Issuer): void {
  if (token.length > longest || !form.test(token)) throw new InvalidTokenError('The token is no JWT.');
  let header: ProtectedHeaderParameters;
  try {
    header = decodeProtectedHeader(token);
  } catch (cause) {
    throw new InvalidTokenError('The token is no JWT.', { cause });
  }
  const refused = refusedMembers.find((name) => name in header);
  if (refused !== undefined) throw new InvalidTokenError(`The header of the token must not have ${refused}.`);
  if (typeof header.alg !== 'string' || !algorithms.includes(header.alg))
    throw new InvalidTokenError('The algorithm of the token is not allowed.');
  if (header.kid !== undefined && !(typeof header.kid === 'string' && keyId.test(header.kid)))
    throw new InvalidTokenError('The key id of the token is malformed.');
  if (!types.has(header.typ)) throw new InvalidTokenError('The token is of another type.');
}

function faultOf(error: unknown): Error {
  if (error instanceof errors.JWTExpired) return new InvalidTokenError('The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed)
    return new InvalidTokenError(`The claim ${error.claim} of the token is not accepted.`);
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid)
    return new IssuerUnavailableError({ cause: error });
  // jose reports a JWKS that cannot be fetched with its generic code.
  if (error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC')
    return new InvalidTokenError('The signature of the token is not valid.', { cause: error });
  return new IssuerUnavailableError({ cause: error });
}
