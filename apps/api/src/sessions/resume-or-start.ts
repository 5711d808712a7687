import { Command, CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import type { Session, StartSession } from '#domain';
import { isStarted } from '#domain';
import type { Caller } from '#privacy';
import type { CommandRequest, CommandResult, Partner } from '#sessions';
import { CommandRejectedError } from '#sessions';
import { ExecuteCommands } from './execute-commands.ts';
import type { FoundSession } from './partner-sessions.ts';
import { inherit, PartnerSessions } from './partner-sessions.ts';

export interface PartnerSessionResult extends CommandResult {
  /** Whether the session was active before. */
  readonly resumed: boolean;
}

/** The most recently active session of a partner, or a new one. */
export class ResumeOrStart extends Command<PartnerSessionResult> {
  constructor(
    readonly start: Omit<StartSession, 'memory'>,
    readonly request: Omit<CommandRequest, 'commands' | 'sessionId'>,
    readonly caller: Caller,
  ) {
    super();
  }
}

/**
 * The partner's stream decides: a new session is named there before it starts, at the revision at which no session
 * was active. Every caller that finds a named session that has not started starts it, so all callers get the same
 * one.
 */
@CommandHandler(ResumeOrStart)
export class ResumeOrStartHandler implements ICommandHandler<ResumeOrStart> {
  constructor(
    private readonly partners: PartnerSessions,
    private readonly commands: CommandBus,
  ) {}

  execute(command: ResumeOrStart): Promise<PartnerSessionResult> {
    return this.partners.inSequence(command.start.partner_id, (partner) => this.attempt(partner, command));
  }

  /** Undefined: the state has changed meanwhile. */
  private async attempt(partner: Partner, command: ResumeOrStart): Promise<PartnerSessionResult | undefined> {
    const found = await this.partners.find(partner);
    const active = mostRecentlyActive(found);
    if (active === undefined) return this.start(partner, found, command);
    const now = new Date().toISOString();
    if (active.state.session.expires_at > now)
      return { session: active, revision: active.revision, events: [], replayed: false, resumed: true };
    await this.expire(active, now);
    return undefined;
  }

  /** The bridge also expires sessions, but may be late; an expired session must not be resumed. */
  private async expire({ session_id }: Session, now: string): Promise<void> {
    const actor = { role: 'system', id: 'expiry' } as const;
    const request = { sessionId: session_id, actor, commandIds: [], body: {} };
    await this.commands.execute(
      new ExecuteCommands({ ...request, commands: [{ type: 'ExpireSession', now }] }),
    );
  }

  private async start(
    partner: Partner,
    found: readonly FoundSession[],
    { start, request, caller }: ResumeOrStart,
  ): Promise<PartnerSessionResult | undefined> {
    const named = found.findLast(
      ({ listed, session }) => listed.completable && session !== undefined && !isStarted(session.state),
    );
    const sessionId = named?.listed.session_id ?? this.partners.newSessionId(start.partner_id);
    const assignment = { session_id: sessionId, completable: true, language: start.language };
    const known = named
      ? inherit(partner.state, sessionId)
      : await this.partners.assign(partner, found, assignment, request);
    try {
      const memory = await this.partners.readable(known, start.partner_id, caller);
      const commands = [{ ...start, memory }];
      const result = await this.commands.execute(new ExecuteCommands({ ...request, sessionId, commands }));
      await this.partners.confirmHere(start.partner_id, result.session);
      return { ...result, resumed: false };
    } catch (error) {
      if (error instanceof CommandRejectedError && error.rejection.code === 'session_exists')
        return undefined;
      throw error;
    }
  }
}

/** Among sessions that were active at the same time, the one that was assigned last. */
function mostRecentlyActive(found: readonly FoundSession[]): Session | undefined {
  const active = found.flatMap(({ session }) =>
    session !== undefined && isStarted(session.state) && session.state.session.status === 'active'
      ? [session]
      : [],
  );
  return active.reduce<Session | undefined>(
    (latest, session) =>
      latest === undefined || lastActivity(session) >= lastActivity(latest) ? session : latest,
    undefined,
  );
}

function lastActivity({ state }: Session): string {
  return state.session.last_activity_time;
}
