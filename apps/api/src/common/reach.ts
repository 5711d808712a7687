import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { Session, SessionState } from '#domain';
import { isStarted, inactiveSince } from '#domain';
import { lastContact, SessionCache } from '#read-models';
import type { Caller, Reach } from '#privacy';
import { reaches, readableSince } from '#privacy';
import { forbidden } from '../access/problems.ts';
import { PostgresBreaker } from './postgres-breaker.ts';
import { partnerNotFound, sessionNotFound } from './problems.ts';

/** The parts of a session's state that decide whether a caller reaches it. */
type Located = Pick<SessionState, 'identity' | 'session'>;

/** Checks whether callers reach sessions and partners. */
@Injectable()
export class SessionReach {
  constructor(
    private readonly sessions: SessionCache,
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
  ) {}

  /** @throws ProblemError `not_found` for a session that the caller does not reach, as for one that does not exist */
  async assert(caller: Caller, sessionId: string, signal?: AbortSignal): Promise<void> {
    if (!isLimited(caller)) return;
    assertReaches(caller, await this.sessions.latest(sessionId, signal));
  }

  /**
   * For what is shown of a partner. @throws ProblemError as `assertReachesPartner`; `not_found` also for a partner whose last contact is
   * longer ago than the caller reads
   */
  async assertPartner(caller: Caller, partnerId: string): Promise<void> {
    assertReachesPartner(caller, partnerId);
    if (!(await this.readsPartner(caller, partnerId))) throw partnerNotFound();
  }

  /** Whether the last contact with a partner is as recent as the caller reads; an unknown one is not. */
  async readsPartner({ readDays }: Caller, partnerId: string): Promise<boolean> {
    const since = readableSince(readDays?.partners);
    if (since === undefined) return true;
    const contact = await this.breaker.run(() => lastContact(this.pool, partnerId));
    return contact !== null && (contact.active || contact.at >= since);
  }
}

/** @throws ProblemError `not_found` for a session that the caller does not reach or that does not exist */
export function assertReaches(caller: Caller, { state }: Pick<Session, 'state'>): void {
  if (!isStarted(state) || !isReached(caller, state)) throw sessionNotFound();
}

export function isReached(caller: Caller, state: Located): boolean {
  const { partner_id, region } = state.identity;
  return reaches(caller, {
    partner_id,
    region,
    channel: state.session.channel,
    inactive_since: inactiveSince(state),
  });
}

/** @throws ProblemError `forbidden` when a caller would start a session that it does not reach */
export function assertMayStart(caller: Caller, session: Omit<Reach, 'inactive_since'>): void {
  if (!reaches(caller, { ...session, inactive_since: null }))
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
export function isLimited({ limits: { partners, regions, channels }, readDays }: Caller): boolean {
  return (partners ?? regions ?? channels ?? readDays?.sessions) !== undefined;
}
