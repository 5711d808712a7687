import { Injectable } from '@nestjs/common';
import type { Session, SessionState } from '#domain';
import { isStarted } from '#domain';
import { SessionCache } from '#read-models';
import type { Caller, Reach } from '#privacy';
import { reaches } from '#privacy';
import { forbidden } from '../access/problems.ts';
import { sessionNotFound } from './problems.ts';

/** What is asked of a session's state for its reach. */
type Located = Pick<SessionState, 'identity' | 'session'>;

/** Whether tokens reach sessions. */
@Injectable()
export class SessionReach {
  constructor(private readonly sessions: SessionCache) {}

  /** @throws ProblemError `not_found` for a session that the caller does not reach, as for one that is not there */
  async assert(caller: Caller, sessionId: string): Promise<void> {
    if (!isLimited(caller)) return;
    assertReaches(caller, await this.sessions.latest(sessionId));
  }
}

/** @throws ProblemError `not_found` for a session that the caller does not reach, or that is not there */
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

/** @throws ProblemError `forbidden` where a caller would start what it does not reach */
export function assertMayStart(caller: Caller, session: Reach): void {
  if (!reaches(caller, session))
    throw forbidden('The token is not for sessions of this partner, region and channel.');
}

/** Whether there are sessions that a caller does not reach. */
export function isLimited({ limits: { partners, regions, channels } }: Caller): boolean {
  return (partners ?? regions ?? channels) !== undefined;
}
