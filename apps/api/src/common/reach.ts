import { Injectable } from '@nestjs/common';
import type { Session, SessionState } from '#domain';
import { isStarted } from '#domain';
import { SessionCache } from '#read-models';
import type { Caller, Reach } from '#privacy';
import { reaches } from '#privacy';
import { forbidden } from '../access/problems.ts';
import { partnerNotFound, sessionNotFound } from './problems.ts';

/** The parts of a session's state that decide whether a token reaches it. */
type Located = Pick<SessionState, 'identity' | 'session'>;

/** Checks whether tokens reach sessions. */
@Injectable()
export class SessionReach {
  constructor(private readonly sessions: SessionCache) {}

  /** @throws ProblemError `not_found` for a session that the caller does not reach, as for one that does not exist */
  async assert(caller: Caller, sessionId: string, signal?: AbortSignal): Promise<void> {
    if (!isLimited(caller)) return;
    assertReaches(caller, await this.sessions.latest(sessionId, signal));
  }
}

/** @throws ProblemError `not_found` for a session that the caller does not reach or that does not exist */
export function assertReaches(caller: Caller, { state }: Pick<Session, 'state'>): void {
  if (!isStarted(state) || !isReached(caller, state)) throw sessionNotFound();
}

export function isReached(caller: Caller, { identity, session }: Located): boolean {
  return reaches(caller, {
    partner_id: identity.partner_id,
    region: identity.region,
    channel: session.channel,
  });
}

/** @throws ProblemError `forbidden` when a caller would start a session that it does not reach */
export function assertMayStart(caller: Caller, session: Reach): void {
  if (!reaches(caller, session))
    throw forbidden('The token is not for sessions of this partner, region and channel.');
}

/**
 * @throws ProblemError `not_found` for a partner outside the token's limits, as for one that does not exist;
 * `forbidden` if the token is limited to regions or channels, since a partner as a whole is always outside of such
 * limits
 */
export function assertReachesPartner(caller: Caller, partnerId: string): void {
  if (reachedPartners(caller)?.includes(partnerId) === false) throw partnerNotFound();
}

/**
 * The partners that the token is limited to; undefined: all. @throws ProblemError `forbidden`, as
 * `assertReachesPartner`
 */
export function reachedPartners({
  limits: { partners, regions, channels },
}: Caller): readonly string[] | undefined {
  if ((regions ?? channels) === undefined) return partners;
  throw forbidden('A token that is limited to regions or channels is for sessions, not for partners.');
}

/** Whether there are sessions that a caller does not reach. */
export function isLimited({ limits: { partners, regions, channels } }: Caller): boolean {
  return (partners ?? regions ?? channels) !== undefined;
}
