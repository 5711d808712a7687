import { Injectable } from '@nestjs/common';
import type { AssignSession, Inheritance, ListedSession, Session } from '#domain';
import { decidePartner, evolvePartner, inheritance, isStarted } from '#domain';
import type { CommandRequest, Partner } from '#sessions';
import {
  appendToPartner,
  changePartner,
  EventStore,
  isUnreadable,
  readPartner,
  sessionStream,
  sessionUpdate,
} from '#sessions';
import { SessionCache } from '#read-models';

type Sender = Pick<CommandRequest, 'actor' | 'correlationId' | 'traceparent'>;
type Assignment = Pick<AssignSession, 'session_id' | 'completable' | 'language'>;

/** A listed session as of the end of its stream; undefined: its stream cannot be read. */
export interface FoundSession {
  readonly listed: ListedSession;
  readonly session: Session | undefined;
}

/** The sessions of partners: named in the partner's stream before they start. */
@Injectable()
export class PartnerSessions {
  constructor(
    private readonly store: EventStore,
    private readonly sessionCache: SessionCache,
  ) {}

  /**
   * Names a session that is about to start, unless it has been named before or exists.
   * @returns what it begins with; null: it exists
   */
  async register(partnerId: string, assignment: Assignment, sender: Sender): Promise<Inheritance | null> {
    const { session_id } = assignment;
    const { state } = await readPartner(this.store, partnerId);
    if (state.sessions.some((listed) => listed.session_id === session_id))
      return inheritance(state, session_id, new Date().toISOString());
    if (await this.exists(session_id)) return null;
    return changePartner(this.store, partnerId, async (partner) =>
      this.assign(partner, await this.find(partner), assignment, sender),
    );
  }

  /** The partner's sessions that are not known to be over. */
  async find({ partner_id, state }: Partner): Promise<FoundSession[]> {
    const open = state.sessions.filter(({ over }) => !over);
    const found = await Promise.all(
      open.map(async (listed) => ({ listed, session: await this.latest(listed.session_id) })),
    );
    return found.filter(({ session }) => session === undefined || isOf(session, partner_id));
  }

  /**
   * Names a session that is about to start, and records what the others have changed so far.
   * @returns what it begins with; undefined: others have changed the partner since
   */
  async assign(
    partner: Partner,
    found: readonly FoundSession[],
    assignment: Assignment,
    { actor, correlationId, traceparent }: Sender,
  ): Promise<Inheritance | undefined> {
    const { partner_id } = partner;
    const { session_id } = assignment;
    const changed = found.flatMap(({ listed, session }) =>
      session !== undefined && session.revision > 0 ? [sessionUpdate(this.store, listed, session)] : [],
    );
    const command = { ...assignment, partner_id, updates: await Promise.all(changed) };
    const { events } = decidePartner({ type: 'AssignSession', ...command }, partner.state);
    const [event] = events;
    const $correlationId = correlationId ?? session_id;
    const context = { actor, $correlationId, ...(traceparent === undefined ? {} : { traceparent }) };
    if (event !== undefined && !(await appendToPartner(this.store, partner, event, context)))
      return undefined;
    const state = event === undefined ? partner.state : evolvePartner(partner.state, event);
    return inheritance(state, session_id, new Date().toISOString());
  }

  private async latest(sessionId: string): Promise<Session | undefined> {
    try {
      return await this.sessionCache.latest(sessionId);
    } catch (error) {
      if (isUnreadable(error)) return undefined;
      throw error;
    }
  }

  private async exists(sessionId: string): Promise<boolean> {
    const first = await Array.fromAsync(this.store.read(sessionStream(sessionId), { limit: 1 }));
    return first.length > 0;
  }
}

/** Whether it is a session of the partner, or one that has not started yet. */
function isOf({ state }: Session, partnerId: string): boolean {
  return !isStarted(state) || state.identity.partner_id === partnerId;
}
