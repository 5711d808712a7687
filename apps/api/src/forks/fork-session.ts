import { Command, CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import type { PartnerPrivacy, Session } from '#domain';
import { newPartner, newSession, obstacleToSessions } from '#domain';
import { validationFailed } from '#platform';
import type { Caller } from '#privacy';
import { SessionCache } from '#read-models';
import type { CommandRequest, CommandResult } from '#sessions';
import {
  AccessLog,
  assertHere,
  CommandRejectedError,
  erasureInProgress,
  EventStore,
  foldEvent,
  foldPast,
  HistoryConfig,
  readPartner,
  truncateErased,
} from '#sessions';
import { assertReaches } from '../common/reach.ts';
import { isKnown } from '../privacy/masking.ts';
import { PartnerSessions } from '../sessions/partner-sessions.ts';
import { ExecuteCommands } from '../sessions/execute-commands.ts';
import type { ForkDto } from './dto.ts';

/** Starts a session with the state of another one, now or at a revision. The request is that of the new session. */
export class ForkSession extends Command<CommandResult> {
  constructor(
    readonly sourceId: string,
    readonly fork: ForkDto,
    readonly caller: Caller,
    readonly request: Omit<CommandRequest, 'commands'>,
  ) {
    super();
  }
}

type Source = Pick<Session, 'session_id' | 'revision' | 'state'>;

/** What is forked, and the session as it is now. */
interface Found {
  readonly source: Source;
  readonly latest: Source;
}

@CommandHandler(ForkSession)
export class ForkSessionHandler implements ICommandHandler<ForkSession> {
  constructor(
    private readonly store: EventStore,
    private readonly sessions: SessionCache,
    private readonly commands: CommandBus,
    private readonly accessLog: AccessLog,
    private readonly history: HistoryConfig,
    private readonly partners: PartnerSessions,
  ) {}

  async execute(command: ForkSession): Promise<CommandResult> {
    const { sourceId, request } = command;
    // A repeated request gets its first result, even if the forked session has changed or is gone.
    const earlier = await this.sessions.latest(request.sessionId);
    if (earlier.revision >= 0) return this.repeat(command, earlier);
    // Read before the copied events, so that an erasure that ends in between is noticed.
    const kept = await this.sessions.latest(sourceId);
    assertReaches(command.caller, kept);
    const { partner_id } = kept.state.identity;
    const partner = await readPartner(this.store, partner_id);
    assertHere(this.store, partner);
    const before = partner.state.privacy ?? {};
    const found = await this.source(command);
    const obstacle = obstacleToSessions({ ...newPartner, privacy: before });
    if (obstacle !== undefined) throw new CommandRejectedError(obstacle.rejection, 0, -1);
    await this.record(command, found.source);
    const result = await this.start(command, found);
    await this.followErasure(request.sessionId, partner_id, before);
    await this.partners.confirmHere(partner_id, result.session);
    return result;
  }

  /** The first attempt may have died before it noticed an erasure or a move of the partner. */
  private async repeat(command: ForkSession, earlier: Pick<Session, 'state'>): Promise<CommandResult> {
    const unknown = newSession(command.sourceId);
    const result = await this.start(command, { source: unknown, latest: unknown });
    const { session, identity } = earlier.state;
    if (session.status === 'erased') return result;
    const { state } = await this.sessions.latest(command.sourceId);
    const isErased = state.session.status === 'erased';
    const before = isErased ? {} : await this.privacyOf(identity.partner_id);
    await this.followErasure(command.request.sessionId, identity.partner_id, before);
    await this.partners.confirmHere(identity.partner_id, result.session);
    return result;
  }

  /** @throws ProblemError `not_found`, or `validation_failed` beyond the session's end; NoSuchPastError */
  private async source({ sourceId, fork, caller }: ForkSession): Promise<Found> {
    const latest = await this.sessions.latest(sourceId);
    assertReaches(caller, latest);
    const { at_revision = latest.revision } = fork;
    if (at_revision > latest.revision) {
      const message = `must be at most ${latest.revision}, the latest revision of the session`;
      throw validationFailed([{ field: 'at_revision', message }]);
    }
    // An erased session has nothing left at any revision.
    const isLatest = at_revision === latest.revision || latest.state.session.status === 'erased';
    const source = isLatest
      ? latest
      : await foldPast(this.store, sourceId, { revision: at_revision }, newSession(sourceId), foldEvent);
    return { source, latest };
  }

  private start({ fork, request }: ForkSession, { source, latest }: Found): Promise<CommandResult> {
    const { purpose, expires_in_s = null } = fork;
    const { partner_id } = source.state.identity;
    const now = latest.state.session;
    const command = { type: 'ForkSession', partner_id, source, latest: now, purpose, expires_in_s } as const;
    return this.commands.execute(new ExecuteCommands({ ...request, commands: [command] }));
  }

  private async privacyOf(partnerId: string): Promise<PartnerPrivacy> {
    return (await readPartner(this.store, partnerId)).state.privacy ?? {};
  }

  /** The fork copies personal data, though it shows none: the access is recorded first. */
  private async record({ caller, fork, request, sourceId }: ForkSession, source: Source): Promise<void> {
    if (!isKnown(caller)) return;
    await this.accessLog.record({
      isAct: true,
      caller,
      action: 'fork_session',
      partner_ids: [source.state.identity.partner_id],
      session_ids: [sourceId, request.sessionId],
      purpose: fork.purpose,
      what: `revision ${source.revision}`,
      correlationId: request.correlationId,
    });
  }

  /**
   * An erasure that began meanwhile has already listed the partner's sessions and may miss the fork, so the fork is
   * erased here.
   */
  private async followErasure(sessionId: string, partner_id: string, before: PartnerPrivacy): Promise<void> {
    const { erasure, receipt } = await this.privacyOf(partner_id);
    const isErased = receipt?.erasure_id !== before.receipt?.erasure_id;
    const last = erasure?.status === 'requested' ? erasure : isErased ? receipt : undefined;
    if (last === undefined) return;
    const { erasure_id } = last;
    const actor = { role: 'system', id: 'erasure' } as const;
    const { revision } = await this.commands.execute(
      new ExecuteCommands({
        sessionId,
        commands: [{ type: 'EraseSession', partner_id, erasure_id }],
        actor,
        commandIds: [],
        body: {},
        correlationId: erasure_id,
      }),
    );
    // The copied state may be sealed with the new key of a partner who returned after the erasure, and that key
    // stays.
    await truncateErased(this.store, sessionId, revision, this.history.signer);
    throw erasureInProgress(-1);
  }
}
