import type { FastifyRequest } from 'fastify';
import type { Caller, Role } from '#privacy';
import { openCaller, purposeForm, purposePattern } from '#privacy';
import { validationFailed } from '#platform';

/** The header in which a reader names the purpose of an unmasked read. */
const purposeHeader = 'access-purpose';

/**
 * How a caller sees personal data. `own`: agents and services see their sessions unmasked, with occasional records;
 * `unmasked`: every read is recorded; `masked`: personal data are replaced.
 */
export type View = 'own' | 'unmasked' | 'masked';

/**
 * The only rule for who sees personal data, without a purpose and with one. Access to the session was decided before.
 */
const views: Readonly<Record<Role, readonly [without: View, withPurpose: View]>> = {
  agent: ['own', 'own'],
  service: ['own', 'own'],
  analyst: ['masked', 'masked'],
  auditor: ['masked', 'unmasked'],
  admin: ['masked', 'unmasked'],
};

export function viewOf({ role }: Pick<Caller, 'role'>, purpose: string | undefined): View {
  const [without, withPurpose] = views[role];
  return purpose === undefined ? without : withPurpose;
}

/** The purpose that a request names. @throws ProblemError `validation_failed` */
export function purposeOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const purpose = headers[purposeHeader];
  if (purpose === undefined) return undefined;
  if (typeof purpose === 'string' && purposePattern.test(purpose)) return purpose;
  throw validationFailed([{ field: purposeHeader, message: purposeForm }]);
}

/** As `purposeOf`, but the purpose is required. @throws ProblemError `validation_failed` */
export function requiredPurposeOf(request: Pick<FastifyRequest, 'headers'>): string {
  const purpose = purposeOf(request);
  if (purpose !== undefined) return purpose;
  throw validationFailed([{ field: purposeHeader, message: purposeForm }]);
}

/** The error of routes that show personal values only with a purpose. */
export function purposeMissing(): Error {
  return validationFailed([{ field: purposeHeader, message: 'must say why, as complaint:4711' }]);
}

/** Masks personal values of an answer, or leaves them. */
export type Masker = <T>(value: T, hide: (value: T) => T) => T;

/** The masker for a caller's answers. */
export function maskerFor(caller: Pick<Caller, 'role'>, purpose: string | undefined): Masker {
  return viewOf(caller, purpose) === 'masked' ? (value, hide) => hide(value) : (value) => value;
}

/**
 * As `maskerFor`, for a request. An invalid purpose counts as none, since a problem has to be answered in any case.
 */
export function maskerOf(request: Pick<FastifyRequest, 'headers' | 'caller'>): Masker {
  if (!request.caller) return maskerOfNobody;
  const purpose = request.headers[purposeHeader];
  const isPurpose = typeof purpose === 'string' && purposePattern.test(purpose);
  return maskerFor(request.caller, isPurpose ? purpose : undefined);
}

export const maskerOfNobody: Masker = (value, hide) => hide(value);

/** Whether the caller has an identity: without an issuer all callers are the same. */
export function isKnown({ subject, token_id }: Caller): boolean {
  return token_id !== null || subject !== openCaller.subject;
}
