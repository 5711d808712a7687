import type { FastifyRequest } from 'fastify';
import type { Caller, Role } from '#privacy';
import { openCaller, purposeForm, purposePattern } from '#privacy';
import { validationFailed } from '#platform';

/** The header in which a reader names why masked values are to be shown. */
export const purposeHeader = 'access-purpose';

/**
 * How a caller sees personal data. `own`: agents and services see what they work with, and leave a record now and then;
 * `unmasked`: as it is, and each read is recorded; `masked`: not at all.
 */
export type View = 'own' | 'unmasked' | 'masked';

/** The one rule who sees personal data, without a purpose and with one. Whose session it is was decided before. */
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

/** As `purposeOf`, where there must be one. @throws ProblemError `validation_failed` */
export function requiredPurposeOf(request: Pick<FastifyRequest, 'headers'>): string {
  const purpose = purposeOf(request);
  if (purpose !== undefined) return purpose;
  throw validationFailed([{ field: purposeHeader, message: purposeForm }]);
}

/** For what shows personal values to nobody without a purpose. */
export function purposeMissing(): Error {
  return validationFailed([{ field: purposeHeader, message: 'must say why, as complaint:4711' }]);
}

/** Hides personal values of an answer, or leaves them. */
export type Masker = <T>(value: T, hide: (value: T) => T) => T;

/** What a caller's answers go through. */
export function maskerFor(caller: Pick<Caller, 'role'>, purpose: string | undefined): Masker {
  return viewOf(caller, purpose) === 'masked' ? (value, hide) => hide(value) : (value) => value;
}

/** As `maskerFor`, for a request. A problem is answered in any case: a purpose that is none counts as none. */
export function maskerOf(request: Pick<FastifyRequest, 'headers' | 'caller'>): Masker {
  if (!request.caller) return maskerOfNobody;
  const purpose = request.headers[purposeHeader];
  const isPurpose = typeof purpose === 'string' && purposePattern.test(purpose);
  return maskerFor(request.caller, isPurpose ? purpose : undefined);
}

export const maskerOfNobody: Masker = (value, hide) => hide(value);

/** Whether anybody is known by name: without an issuer all are the same. */
export function isKnown({ subject, token_id }: Caller): boolean {
  return token_id !== null || subject !== openCaller.subject;
}
