import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type {
  AssignSession,
  Inheritance,
  ListedSession,
  PartnerState,
  Session,
  SessionCommand,
} from '#domain';
import { evolvePartner, inheritance, isStarted } from '#domain';
import type { CommandRequest, Partner } from '#sessions';
import {
  appendToPartner,
  assertHere,
  changePartner,
  CommandExecutor,
  decideOn,
  EventStore,
  firstOf,
  readPartner,
  sessionStream,
  sessionUpdate,
  UnprojectableEventError,
} from '#sessions';
import { slotOf, withSlot } from '#cells';
import type { Logger } from '#platform';
import { BudgetExceededError, InjectLogger, isUnavailable, KeyedMutex, withBudget } from '#platform';
import type { Caller } from '#privacy';
import { SessionCache } from '#read-models';
import { SessionReach } from '../common/reach.ts';

type Sender = Pick<CommandRequest, 'actor' | 'correlationId' | 'traceparent'>;
type Assignment = Pick<AssignSession, 'session_id' | 'completable' | 'language'>;

/** How long the start of a session waits for the last contact with its partner. */
const contactBudgetMs = 500;

/** A listed session as of the end of its stream; undefined: its stream cannot be read, or was not read. */
export interface FoundSession {
  readonly listed: ListedSession;
  readonly session: Session | undefined;
}

/** The sessions of partners. They are named in the partner's stream before they start. */
@Injectable()
export class PartnerSessions {
  private readonly mutex = new KeyedMutex();

  constructor(
    private readonly store: EventStore,
    private readonly sessionCache: SessionCache,
    private readonly executor: CommandExecutor,
    private readonly reach: SessionReach,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  newSessionId(partnerId: string): string {
    return this.store.cell === undefined ? randomUUID() : withSlot(randomUUID(), slotOf(partnerId));
  }

  /**
   * Names a session that is about to start, unless it is named already or exists.
   * @returns what the session inherits; null: it exists
   */
  async register(partnerId: string, assignment: Assignment, sender: Sender): Promise<Inheritance | null> {
    const { session_id } = assignment;
    return this.inSequence(partnerId, async (partner) => {
      const { sessions } = partner.state;
      if (sessions.some((listed) => listed.session_id === session_id))
        return inherit(partner.state, session_id);
      const [exists, found] = await Promise.all([this.exists(session_id), this.find(partner, true)]);
      return exists ? null : this.assign(partner, found, assignment, sender);
    });
  }

  /** As `changePartner`, but in sequence within this process, since concurrent changes would only conflict. */
  inSequence<T>(partnerId: string, change: (partner: Partner) => Promise<T | undefined>): Promise<T> {
    return this.mutex.run(partnerId, () => changePartner(this.store, partnerId, change));
  }

  /** The partner's sessions that are not known to be over. `kept`: only cached ones, without reading whole streams. */
  async find({ partner_id, state }: Partner, kept = false): Promise<FoundSession[]> {
    const open = state.sessions.filter(({ over }) => !over);
    const found = await Promise.all(
      open.map(async (listed) => ({ listed, session: await this.latest(listed, kept) })),
    );
    return found.filter(({ session }) => session === undefined || isOf(session, partner_id));
  }

  /**
   * Names a session that is about to start, and records the changes of the partner's other sessions.
   * @returns what the session inherits
   * @throws when the partner's stream has changed since: a part of `inSequence`, which then retries
   */
  async assign(
    partner: Partner,
    found: readonly FoundSession[],
    assignment: Assignment,
    { actor, correlationId, traceparent }: Sender,
  ): Promise<Inheritance> {
    const { partner_id } = partner;
    const { session_id } = assignment;
    const changed = found.flatMap(({ listed, session }) =>
      session !== undefined && isStarted(session.state) && session.revision > 0
        ? [sessionUpdate(this.store, listed, session)]
        : [],
    );
    const command = { ...assignment, partner_id, updates: await Promise.all(changed) };
    const events = decideOn(partner, { type: 'AssignSession', ...command });
    const $correlationId = correlationId ?? session_id;
    const context = { actor, $correlationId, ...(traceparent === undefined ? {} : { traceparent }) };
    await appendToPartner(this.store, partner, events, context);
    return inherit(events.reduce(evolvePartner, partner.state), session_id);
  }

  /**
   * What a caller's new session inherits: nothing of a partner whose last contact is longer ago than the caller reads, or is unknown since
   * PostgreSQL does not answer in time.
   */
  async readable<T extends Inheritance | null>(known: T, partnerId: string, caller: Caller): Promise<T> {
    const isFirst = known === null || known.previous_session_id === null;
    if (isFirst || caller.readDays?.partners === undefined) return known;
    try {
      const late = (): Error => new BudgetExceededError(`No answer within ${contactBudgetMs} ms.`);
      if (await withBudget(this.reach.readsPartner(caller, partnerId), contactBudgetMs, late)) return known;
    } catch (err) {
      if (!isUnavailable(err)) throw err;
      this.logger.warn(
        { err },
        'a session starts without the memory of its partner: the last contact is unknown',
      );
    }
    return { ...known, language: null, preferences: {}, open_goals: [] };
  }

  /**
   * Called when a session of the partner has begun. If the partner is leaving for another cell, the mover may not know of
   * the session, so it takes no commands here. It takes commands again if the move is aborted.
   * @throws CommandRejectedError if the partner is leaving or has left: the request begins the session in the other cell
   */
  async confirmHere(partnerId: string, { session_id, state }: Session): Promise<void> {
    if (this.store.cell === undefined) return;
    const partner = await readPartner(this.store, partnerId);
    const { leaving, cell: from } = partner.state.home ?? {};
    if (leaving !== undefined && from !== undefined)
      await this.move(session_id, { type: 'MoveSession', move_id: leaving.move_id, from, to: leaving.to });
    assertHere(this.store, partner);
    const stopped = state.session.home?.leaving;
    if (stopped === undefined) return;
    const { own: cell } = this.store.cell;
    await this.move(session_id, { type: 'ArriveSession', move_id: stopped.move_id, cell });
  }

  private async move(sessionId: string, command: SessionCommand): Promise<void> {
    const actor = { role: 'system', id: 'cells' } as const;
    await this.executor.execute({ sessionId, commands: [command], actor, commandIds: [], body: {} });
  }

  private async latest({ session_id }: ListedSession, kept: boolean): Promise<Session | undefined> {
    try {
      const { sessionCache } = this;
      const session = await (kept ? sessionCache.latestKept(session_id) : sessionCache.latest(session_id));
      if (session === undefined) return undefined;
      const isDeleted = session.revision < 0 && (await this.store.wasDeleted(sessionStream(session_id)));
      return isDeleted ? undefined : session;
    } catch (error) {
      if (error instanceof UnprojectableEventError) return undefined;
      throw error;
    }
  }

  private async exists(sessionId: string): Promise<boolean> {
    return (await firstOf(this.store, sessionId)) !== undefined;
  }
}

/** What a listed session inherits now. */
export function inherit(partner: PartnerState, sessionId: string): Inheritance {
  return inheritance(partner, sessionId, new Date().toISOString());
}

/** Whether the session belongs to the partner, or has not started yet. */
function isOf({ state }: Session, partnerId: string): boolean {
  return !isStarted(state) || state.identity.partner_id === partnerId;
}
