import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '#privacy';
import {
  AccessConfig,
  InvalidTokenError,
  mayActAs,
  openCaller,
  readDaysByRole,
  RetentionConfig,
  TokenVerifier,
  visiblePattern,
} from '#privacy';
import { forbidden, toAccessProblem, unauthenticated } from './problems.ts';
import { Revocations } from './revocations.ts';

type Headers = Pick<IncomingHttpHeaders, 'authorization'> & { readonly 'agent-id'?: unknown };

const bearer = /^Bearer +(\S+)$/i;
/** A token must not be in an address: logs, histories and proxies keep addresses. */
const tokenInAddress = /[?&](access_token|token|id_token|jwt|authorization)=|[=&?]eyJ[\w-]{8,}\.eyJ/i;

/** Authenticates the caller of a request by its token. */
@Injectable()
export class Authentication {
  private readonly verifier: TokenVerifier | undefined;
  private readonly readDays: ReturnType<typeof readDaysByRole>;

  constructor(
    { issuer }: AccessConfig,
    private readonly revocations: Revocations,
    @Inject(RetentionConfig) { read }: Pick<RetentionConfig, 'read'>,
  ) {
    this.verifier = issuer && new TokenVerifier(issuer);
    this.readDays = readDaysByRole(read);
  }

  /** Whether every caller is accepted. */
  get isOpen(): boolean {
    return this.verifier === undefined;
  }

  /** Synchronous for a token that was verified before. @throws ProblemError, also by rejecting */
  caller(headers: Headers): Caller | Promise<Caller> {
    if (this.verifier === undefined) return this.completed(openCaller, headers);
    const [, token] = bearer.exec(headers.authorization ?? '') ?? [];
    if (token === undefined) throw unauthenticated('Send a token as Authorization: Bearer.');
    const known = this.verifier.known(token);
    return known ? this.admitted(known, headers) : this.verified(this.verifier, token, headers);
  }

  /** The caller of a token, unless the token is revoked. @throws ProblemError */
  admitted(caller: Caller, headers: Headers): Caller {
    if (this.revocations.includes(caller))
      throw toAccessProblem(new InvalidTokenError('The token was revoked.'));
    return this.completed(caller, headers);
  }

  /** Adds what the caller's token does not say: the instance that the request names, and how far back the role reads here. */
  private completed(caller: Caller, headers: Headers): Caller {
    const readDays = this.readDays[caller.role];
    const known = withInstance(caller, headers);
    return known.readDays === readDays ? known : { ...known, readDays };
  }

  private async verified(verifier: TokenVerifier, token: string, headers: Headers): Promise<Caller> {
    try {
      return this.admitted(await verifier.verify(token), headers);
    } catch (error) {
      throw toAccessProblem(error);
    }
  }
}

/** Whether an address holds a token. */
export function hasTokenInAddress(url: string | undefined): boolean {
  return url !== undefined && url.includes('?') && tokenInAddress.test(url);
}

/** Adds the instance that a request names, if the token allows it. A malformed name is refused where it is used. */
function withInstance(caller: Caller, { 'agent-id': instance }: Headers): Caller {
  if (typeof instance !== 'string' || !visiblePattern.test(instance) || instance === caller.instance)
    return caller;
  if (!mayActAs(caller, instance)) throw forbidden(`The token is not for the instance ${instance}.`);
  return { ...caller, instance };
}
